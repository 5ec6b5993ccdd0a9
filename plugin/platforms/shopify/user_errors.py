"""Why a store did not do what it was asked for about discounts: its ``userErrors`` as errors of ours."""

from __future__ import annotations

from typing import Any

from plugin.platforms import shape
from plugin.platforms.protocol import InDoubt, Rejected, Taken
from plugin.platforms.shopify import notices
from plugin.platforms.shopify.admin import AdminClient

#: more discounts, or codes, than a store may have
TOO_MANY = frozenset({"EXCEEDED_MAX", "MAX_APP_DISCOUNTS"})
#: the last word of the field that such an error is about; at another field it is our question that is too long
COUNTED = frozenset({"basicCodeDiscount", "freeShippingCodeDiscount", "code", "codes", "discountId"})
FULL = "the store takes no more discount codes; old ones have to be deleted under Discounts in its admin"
LONGEST_MESSAGE = 300


def check(client: AdminClient, payload: dict[str, Any]) -> None:
    """Raises Taken, InDoubt or Rejected with Shopify's code, the first that fits; nothing for an empty list.

    A store that is full is noticed beside it: every offer will fail until there is room.
    """
    errors = shape.items(payload.get("userErrors"), "list of errors")
    codes = [error.get("code") for error in errors]
    if "TAKEN" in codes:
        raise Taken("the store has this code already")
    if "INTERNAL_ERROR" in codes:
        raise InDoubt("the store failed inside (INTERNAL_ERROR)")
    if any(map(_says_full, errors)):
        client.notice(notices.FULL, "no more discount codes")
        raise Rejected(FULL, code=next(code for code in codes if code in TOO_MANY))
    if errors:
        code = codes[0] if isinstance(codes[0], str) else "UNKNOWN"
        raise Rejected(str(errors[0].get("message", ""))[:LONGEST_MESSAGE], code=code)


def _says_full(error: dict[str, Any]) -> bool:
    field = error.get("field")
    about = field[-1] if isinstance(field, list) and field else None
    return error.get("code") in TOO_MANY and (about is None or about in COUNTED)

"""Money of a payload in the store's own currency, never in the buyer's."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from storage import money
from webhooks.facts import Unexpected

# an order tells the same few amounts over and over
_to_minor = lru_cache(maxsize=10_000)(money.to_minor)


def of(both: dict[str, Any] | None, plain: Decimal | None) -> Decimal | None:
    """The amount in the store's currency of a set, where there is one, else the plain amount."""
    inside = of_set(both)
    return plain if inside is None else inside


def of_set(both: dict[str, Any] | None) -> Decimal | None:
    """The amount in the store's currency of a set, and nothing instead of it."""
    if both is None or (inside := both["shop_money"]) is None:
        return None
    amount: Decimal | None = inside["amount"]
    return amount


def currency(sets: Iterable[dict[str, Any] | None], *, otherwise: str | None) -> str:
    """The one currency that the shop money of all sets is in, else ``otherwise``. Raises Unexpected for two or none."""
    found = {
        code
        for item in sets
        if item is not None and (inside := item["shop_money"]) is not None
        if (code := inside["currency_code"] or inside["currency"]) is not None
    }
    if len(found) > 1:
        raise Unexpected("shop_money: two currencies")
    if not (code := found.pop() if found else otherwise):
        raise Unexpected("currency: none is given")
    return code


def minor(amount: Decimal, code: str) -> int:
    """Minor units. Raises Unexpected for what is too large to be money."""
    try:
        return _to_minor(amount, code)
    except ValueError:
        raise Unexpected("an amount too large to be money") from None

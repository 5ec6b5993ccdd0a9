"""Money of a Magento payload in the store's currency: the website's base currency, or converted by the store's own rate."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from storage import money
from webhooks.facts import Unexpected

ONE = Decimal(1)


def rate(payload: dict[str, Any], currency: str) -> Decimal:
    """What base amounts are multiplied by to be in ``currency``. Raises Unexpected where the payload cannot tell.

    Websites may have base currencies of their own; then the rate to the global currency counts that Magento wrote on
    the order when it was placed.
    """
    if payload["base_currency_code"] in {None, currency}:
        return ONE
    told: Decimal | None = payload["base_to_global_rate"]
    if payload["global_currency_code"] != currency or told is None or told <= 0:
        raise Unexpected("base_currency_code: not the store's currency, and no rate to it")
    return told


def minor(amount: Decimal | None, factor: Decimal, currency: str) -> int:
    """Minor units of ``currency``; nothing is 0. Raises Unexpected for what is too large to be money."""
    if amount is None:
        return 0
    try:
        return money.to_minor(amount if factor == ONE else amount * factor, currency)
    except ValueError:
        raise Unexpected("an amount too large to be money") from None

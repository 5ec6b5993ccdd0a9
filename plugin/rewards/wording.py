"""Numbers, amounts and days as the merchant reads them in a reason."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from plugin.rewards.decision import Benefit
from storage.money import to_decimal_text

# Not the machine's language: reasons are stored, and read the same everywhere.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


# the same few dates and amounts stand in the reasons of very many customers
@lru_cache(maxsize=4096)
def date_text(moment: datetime, zone: ZoneInfo) -> str:
    """The day in the shop's zone: "3 Dec 2026"."""
    local = moment.astimezone(zone)
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}"


def days_text(days: float) -> str:
    """Whole days: "1 day", "19 days"."""
    whole = round(days)
    return f"{whole} day" if whole == 1 else f"{whole} days"


def count_text(number: int, one: str, many: str) -> str:
    """The number and what it counts: "1 order is", "3 orders are"."""
    return f"{number} {one if number == 1 else many}"


@lru_cache(maxsize=4096, typed=True)
def money_text(minor: int, currency: str) -> str:
    """Decimal text and currency: "12.34 USD"."""
    return f"{to_decimal_text(minor, currency)} {currency}"


def gives_text(benefit: Benefit, currency: str) -> str:
    """What an offer gives: "10 %", "5.00 USD off", "free shipping up to 8.00 USD", "a gift of 12.00 USD"."""
    amount = money_text(benefit.cap, currency)
    return {
        "fixed": f"{amount} off",
        "shipping": f"free shipping up to {amount}",
        "gift": f"a gift of {amount}",
    }.get(benefit.type, f"{benefit.value} %")


def gives_numbers(benefit: Benefit, currency: str) -> dict[str, Any]:
    """The same as numbers for a reason."""
    return {"type": benefit.type, "value": benefit.value, "amount_minor": benefit.cap, "currency": currency}

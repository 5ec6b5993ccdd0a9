"""A program as people write it (``regulars program show | set``): JSON with money as decimal text, like "200.00"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from plugin.rewards.currencies import CURRENCIES
from plugin.rewards.program import Program
from plugin.rewards.shape import MoneyForm, Unreadable, from_plain, to_plain
from storage.money import exponent, to_decimal_text, to_minor

PLAIN_DECIMAL = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")


def to_wire(program: Program) -> dict[str, Any]:
    """The JSON value to show; ``from_wire`` gives an equal program back."""
    return to_plain(program, _money_of(program.currency))


def from_wire(value: Any) -> Program:
    """The program that somebody wrote. Raises InvalidProgram with every fault of form, or every fault of content."""
    currency = value.get("currency") if isinstance(value, Mapping) else None
    # an unknown currency is reported as such; until then two digits do for reading the rest
    return from_plain(value, _money_of(currency if isinstance(currency, str) and currency in CURRENCIES else "USD"))


def _money_of(currency: str) -> MoneyForm:
    def write(minor: int) -> str:
        return to_decimal_text(minor, currency)

    def read(value: Any) -> int:
        if not isinstance(value, str):
            raise Unreadable("not_text", 'Write amounts as text, like "200.00".')
        if not PLAIN_DECIMAL.fullmatch(value):
            raise Unreadable("not_money", "Enter an amount, like 200.00.")
        try:
            minor = to_minor(value, currency)
        except ValueError:
            raise Unreadable("amount_range", "This is too large to be an amount of money.") from None
        if Decimal(value) != Decimal(to_decimal_text(minor, currency)):
            raise Unreadable("too_fine", f"Use at most {exponent(currency)} digits after the point.")
        return minor

    return MoneyForm(suffix="", write=write, read=read)

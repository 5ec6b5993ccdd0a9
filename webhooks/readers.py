"""One function per kind of value that stores write: the JSON value in, ours out, ValueError for anything else.

The messages are the same for every value, so that no part of a payload can travel in them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LONGEST_TEXT_CHARACTERS = 255
LONGEST_LABEL_CHARACTERS = 60
LARGEST_COUNT = 10**9
#: more than any price; keeps the sums inside what columns hold
LARGEST_AMOUNT = 10**15

#: amounts that were read lately
MOST_AMOUNTS = 10_000
_AMOUNTS: dict[str, Decimal] = {}

_AMOUNT = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,18})?")
# 1970 to 2199, so that no zone can push an instant out of what a datetime or a column holds
_INSTANT = re.compile(
    r"(?:19[7-9][0-9]|2[01][0-9]{2})-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_CURRENCY = re.compile(r"[A-Z]{3}")
#: those that were read; there are no more than there are words of three letters
_CURRENCIES: set[str] = set()
_COUNTRY = re.compile(r"[A-Z]{2}")


def instant(value: Any) -> datetime:
    """An ISO 8601 time with a zone, in UTC; finer than microseconds is cut off."""
    if isinstance(value, str):
        return _read_instant(value)
    raise ValueError("not a time with a zone")


def amount(value: Any) -> Decimal:
    """Money as decimal text or as a JSON number; 15 digits before the point."""
    if type(value) is str:
        # an order tells the same few amounts over and over
        known = _AMOUNTS.get(value)
        return _read_amount(value) if known is None else known
    if type(value) is int:
        value = Decimal(value)
    elif type(value) is float:
        # its shortest text is what stood there: ``decoder.lightly``
        value = Decimal(repr(value))
    if isinstance(value, Decimal) and value.is_finite() and abs(value) < LARGEST_AMOUNT:
        return value
    raise ValueError("not an amount")


def flag(value: Any) -> bool:
    """True or false, nothing that looks like it."""
    if isinstance(value, bool):
        return value
    raise ValueError("not true or false")


def count(value: Any) -> int:
    """A whole number of things, zero included."""
    if type(value) is int and 0 <= value <= LARGEST_COUNT:
        return value
    raise ValueError("not a count")


def currency(value: Any) -> str:
    """Three capitals."""
    if type(value) is str and value in _CURRENCIES:
        return value
    if isinstance(value, str) and _CURRENCY.fullmatch(value):
        _CURRENCIES.add(value)
        return value
    raise ValueError("not a currency")


def text(value: Any) -> str:
    """A short text."""
    if isinstance(value, str) and len(value) <= LONGEST_TEXT_CHARACTERS:
        return value
    raise ValueError(f"not a text of at most {LONGEST_TEXT_CHARACTERS} characters")


def label(value: Any) -> str | None:
    """A word that somebody chose, in one line; None for anything else, since nothing else depends on it."""
    found = value.strip() if isinstance(value, str) else ""
    return found if found.isprintable() and 0 < len(found) <= LONGEST_LABEL_CHARACTERS else None


def country(value: Any) -> str | None:
    """Two capitals; None for anything else, since nothing else depends on it."""
    return value if isinstance(value, str) and _COUNTRY.fullmatch(value) else None


def zone(value: Any) -> str:
    """The name of a time zone that this machine knows."""
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise ValueError("not a known time zone") from None


# an order tells the same few times over and over
@lru_cache(maxsize=1_000)
def _read_instant(value: str) -> datetime:
    if _INSTANT.fullmatch(value):
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except ValueError:
            pass
    raise ValueError("not a time with a zone")


def _read_amount(value: str) -> Decimal:
    if not _AMOUNT.fullmatch(value):
        raise ValueError("not an amount")
    if len(_AMOUNTS) >= MOST_AMOUNTS:
        _AMOUNTS.clear()
    read = _AMOUNTS[value] = Decimal(value)
    return read

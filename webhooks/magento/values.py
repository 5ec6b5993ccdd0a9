"""One function per kind of value that Magento writes: the JSON value in, ours out, ValueError for anything else.

Numbers come as numbers or as text that looks like one (Adobe's events write text), times without a zone and in UTC.
The messages are the same for every value, so that no part of a payload can travel in them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from webhooks import readers

_ID = re.compile(r"[1-9][0-9]{0,18}")
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,18})?")
# 1970 to 2199, as everywhere
_INSTANT = re.compile(r"(?:19[7-9][0-9]|2[01][0-9]{2})-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|\+00:00)?")
#: the longest address that mail knows
LONGEST_EMAIL_CHARACTERS = 254


def entity_id(value: Any) -> str:
    """The number of an order, a customer, a product, as text."""
    text = str(value) if type(value) is int else value
    if isinstance(text, str) and _ID.fullmatch(text):
        return text
    raise ValueError("not an id")


def view(value: Any) -> int:
    """The number of a store view; 0 is the admin's own."""
    return 0 if type(value) in {int, str} and str(value) == "0" else int(entity_id(value))


def view_name(value: Any) -> str | None:
    """The name of a store view, which stands under its website and group; None for anything else."""
    return readers.label(value.splitlines()[-1]) if isinstance(value, str) and value.strip() else None


def instant(value: Any) -> datetime:
    """A time as Magento's database has it: whole seconds, UTC."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            return datetime.fromisoformat(value[:19]).replace(tzinfo=UTC)
        except ValueError:
            pass
    raise ValueError("not a time")


def number(value: Any) -> Decimal:
    """An amount of money, a quantity, a rate."""
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            raise ValueError("not an amount")
        value = Decimal(value)
    return readers.amount(value)


def email(value: Any) -> str:
    """An address, lower-cased and without blanks around it: to be hashed at once, never kept. May be empty."""
    if isinstance(value, str) and len(found := value.strip().lower()) <= LONGEST_EMAIL_CHARACTERS:
        return found
    raise ValueError("not an address")

"""How Shopify names things: numbers, or gids that end in them. ValueError, the same for every value, for anything else."""

from __future__ import annotations

import re
from typing import Any

#: the first number of 20 digits
LONGER_THAN_ANY = 10**19
_ID = re.compile(r"(?:gid://shopify/[A-Za-z]+/)?([1-9][0-9]{0,18})")
_DISCOUNT = re.compile(r"gid://shopify/Discount[A-Za-z]{0,20}Node/([1-9][0-9]{0,18})")
_OPERATION = re.compile(r"gid://shopify/BulkOperation/[1-9][0-9]{0,18}")
_CUSTOMER = re.compile(r"gid://shopify/Customer/([1-9][0-9]{0,18})")


def platform_id(value: Any) -> str:
    """The digits of an id, whether it stands as number, text or gid: ids pass 2^53, so they are text with us."""
    if type(value) is int and 0 < value < LONGER_THAN_ANY:
        return str(value)
    if isinstance(value, str) and (found := _ID.fullmatch(value)):
        return found[1]
    raise ValueError("not an id")


def discount_id(value: Any) -> str:
    """The digits of a discount's gid, and of no other thing's: the topic is not signed."""
    if isinstance(value, str) and (found := _DISCOUNT.fullmatch(value)):
        return found[1]
    raise ValueError("not a discount's id")


def operation_id(value: Any) -> str:
    """A bulk operation's gid as it is: its digits alone name nothing to the API."""
    if isinstance(value, str) and _OPERATION.fullmatch(value):
        return value
    raise ValueError("not a bulk operation's id")


def customer_id(value: Any) -> str:
    """The digits of a customer's gid, and of no other thing's: the topic is not signed."""
    if isinstance(value, str) and (found := _CUSTOMER.fullmatch(value)):
        return found[1]
    raise ValueError("not a customer's id")

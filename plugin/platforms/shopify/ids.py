"""Shopify's two spellings of an id: a number as text with us, gid://shopify/Customer/123 in GraphQL."""

from __future__ import annotations

import re

from plugin.platforms.protocol import InDoubt

NUMBER = re.compile(r"[0-9]{1,20}")


def to_gid(kind: str, number: str) -> str:
    """The GraphQL spelling. Raises ValueError for what is no id of Shopify's."""
    if not NUMBER.fullmatch(number):
        raise ValueError(f"not an id of Shopify's: {number[:40]!r}")
    return f"gid://shopify/{kind}/{number}"


def number_of(gid: str) -> str:
    """Our spelling of a GraphQL id, whatever its kind. Raises InDoubt for what is none: only stores write them."""
    number = gid.rpartition("/")[2]
    if not gid.startswith("gid://shopify/") or not NUMBER.fullmatch(number):
        raise InDoubt("the answer's id is none of Shopify's")
    return number

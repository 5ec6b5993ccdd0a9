"""Shopify's two spellings of an id: a number as text inside, gid://shopify/Customer/123 in GraphQL."""

from __future__ import annotations

import re
from typing import Any

from plugin.platforms.protocol import InDoubt

GID = re.compile(r"gid://shopify/([A-Za-z]+)/([0-9]{1,20})(?:\?[^\s]{0,200})?")
NUMBER = re.compile(r"[0-9]{1,20}")


def to_gid(kind: str, number: str) -> str:
    """The GraphQL spelling. Raises ValueError for what is no id of Shopify's."""
    if not NUMBER.fullmatch(number):
        raise ValueError(f"not an id of Shopify's: {number[:40]!r}")
    return f"gid://shopify/{kind}/{number}"


def from_gid(kind: str, gid: Any) -> str:
    """The number of a GraphQL id of this kind. Raises InDoubt for any other answer."""
    found = GID.fullmatch(gid) if isinstance(gid, str) else None
    if found is None or found[1] != kind:
        raise InDoubt(f"the answer's {kind} id is none")
    return found[2]

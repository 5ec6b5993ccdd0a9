"""Connections: lists that are read page by page."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLResolveInfo

from plugin.sandbox.admin.call import Call, refusal

MOST_PER_PAGE = 250

Shape = dict[str, Any]


def connection_of(nodes: Sequence[Shape]) -> Callable[..., Shape]:
    """A field that pages through nodes which are all at hand."""

    def resolve(_: GraphQLResolveInfo[Call], *, first: int | None = None, after: str | None = None) -> Shape:
        size = checked_size(first)
        start = int(opened(after)[0]) if after else 0
        return page(
            nodes[start : start + size],
            [[start + place + 1] for place in range(size)],
            start > 0,
            start + size < len(nodes),
        )

    return resolve


def page(nodes: Sequence[Shape], keys: Sequence[Sequence[object]], before: bool, more: bool) -> Shape:
    """One page; ``keys`` are what the cursors hold, at least one for each node."""
    cursors = [closed(key) for key, _ in zip(keys, nodes, strict=False)]
    return {
        "nodes": nodes,
        "edges": [{"cursor": cursor, "node": node} for cursor, node in zip(cursors, nodes, strict=True)],
        "pageInfo": {
            "hasNextPage": more,
            "hasPreviousPage": before,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def checked_size(first: int | None) -> int:
    """The page's size. Raises GraphQLError where the API would."""
    if first is None:
        raise refusal("you must provide one of first or last", "BAD_REQUEST")
    if not 1 <= first <= MOST_PER_PAGE:
        raise refusal(f"first must be between 1 and {MOST_PER_PAGE}", "BAD_REQUEST")
    return first


def closed(key: Sequence[object]) -> str:
    """A cursor."""
    return base64.urlsafe_b64encode("|".join(map(str, key)).encode()).decode()


def opened(cursor: str) -> list[str]:
    """What a cursor holds. Raises GraphQLError for one that this store did not make."""
    try:
        return base64.urlsafe_b64decode(cursor).decode().split("|")
    except ValueError as error:
        raise refusal(f"Invalid cursor {cursor!r}", "INVALID_CURSOR") from error

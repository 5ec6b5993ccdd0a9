"""What the resolvers of one call are given."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import datetime

from graphql import GraphQLError

from plugin.sandbox.bodies import ShopFacts
from plugin.sandbox.bulk import Office


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of the API, inside one transaction."""

    connection: sqlite3.Connection
    shop: ShopFacts
    now: datetime
    scopes: frozenset[str]
    #: runs bulk operations, whose files lie under ``origin``
    office: Office
    origin: str
    #: the store takes no more discounts than this
    most_discounts: int | None = None
    #: discounts are not found by their code yet
    read_lag: bool = False
    #: what the search could not use, told in ``extensions.search``
    warnings: list[dict[str, object]] = field(default_factory=list)

    def require(self, scope: str, what: str) -> None:
        """Raises ACCESS_DENIED unless the app was granted the scope; write includes read."""
        if not {scope, scope.replace("read_", "write_")} & self.scopes:
            raise refusal(f"Access denied for {what} field. Required access: `{scope}` access scope.", "ACCESS_DENIED")


def refusal(message: str, code: str) -> GraphQLError:
    """An error as the API words it: a message, and a code under ``extensions``."""
    return GraphQLError(message, extensions={"code": code})


def gid(kind: str, number: int) -> str:
    """``gid://shopify/Order/1``."""
    return f"gid://shopify/{kind}/{number}"


def number_of(kind: str, text: str) -> int:
    """The number in a global id of that kind. Raises GraphQLError for anything else."""
    start, _, number = text.rpartition("/")
    if start != f"gid://shopify/{kind}" or not number.isascii() or not number.isdigit():
        raise refusal(f"Invalid global id '{text}'", "INVALID_GLOBAL_ID")
    return int(number)

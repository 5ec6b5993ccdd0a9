"""What some stores let us do beside discounts: write on customers, start automations, tell their own groups, tidy up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, runtime_checkable

from plugin.platforms.protocol import PlatformError, Rejected

#: the platforms whose stores offer this
OFFERED_BY = frozenset({"shopify"})
#: under which our fields stand, and how our tags begin
NAMESPACE = "regulars"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerMark:
    """What is to change on one customer in the store."""

    customer_id: str
    #: fields to write
    put: Mapping[str, str]
    #: fields to take away
    drop: tuple[str, ...] = ()
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()


@runtime_checkable
class StoreSide(Protocol):
    """A store that offers this. Every method makes at most one attempt. Raises PlatformError."""

    def mark_customer(self, mark: CustomerMark) -> None:
        """Writes and takes away; done again it changes nothing. Raises Rejected for a customer who is gone."""
        ...

    def define_fields(self) -> None:
        """Makes our fields known to segments and filters; done again it changes nothing."""
        ...

    def start_flow(self, handle: str, payload: Mapping[str, Any]) -> None:
        """Starts the automations that wait for this. Done again it starts them again."""
        ...

    def customer_groups(self, customer_ids: Collection[str]) -> dict[str, str | None]:
        """The store's own group of each of these customers that it has, in lower case."""
        ...

    def delete_discounts(self, refs: Collection[str]) -> None:
        """Has dead discounts taken out of the store for good, a while later; their codes may be made again."""
        ...

    def add_codes(self, ref: str, codes: Collection[str]) -> dict[str, PlatformError | None]:
        """Adds codes to a discount, at most a hundred at once.

        A code that the store has shown to be in it comes with None, one that it refuses with the error; one of which
        nothing is known yet has no key.
        """
        ...

    def remove_code(self, code: str) -> None:
        """Takes one code out of the discount that holds it with others. The store does so a while later."""
        ...


@runtime_checkable
class RuleSide(Protocol):
    """A store in which codes hang on rules, which stay behind when they are over."""

    def tidy_rules(self, *, ended_before: date, after: str) -> str:
        """Has some rules taken out of the store that ended before this day and hold nothing any more.

        Behind the rule ``after``; answers the last one looked at, "" at the end. Raises PlatformError.
        """
        ...


def side(platform: object) -> StoreSide:
    """The platform as a store that offers this. Raises Rejected where it does not."""
    if isinstance(platform, StoreSide):
        return platform
    raise Rejected("this kind of store does not offer that", code="UNSUPPORTED")

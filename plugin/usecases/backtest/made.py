"""An offer of a replay: what it is, what has become of it, and its money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from plugin.rewards import made
from plugin.rewards.decision import Benefit, OfferSpec, PastOffer

#: customer, rule, turn of the rule: one of a kind
Key = tuple[str, str, str]


class Fate(NamedTuple):
    """What really became of an offer that was really made."""

    #: whole percent, or minor units: a replayed offer that gives something else is another one
    gives: tuple[str, int]
    held_out: bool
    #: order id -> minor units that it took off
    uses: Mapping[str, int]
    #: cancelled, rejected or revoked, and when, in microseconds since 1970
    closed: tuple[str, int] | None


@dataclass(slots=True, kw_only=True)
class Made:
    """An offer that was made in a replay, or really made before it began."""

    customer_id: str
    spec: OfferSpec
    #: microseconds since 1970
    at: int
    ends: int
    #: YYYY-MM, whose money it is
    month: str
    held_out: bool
    state: str = ""
    #: still set aside, minor units
    reserved: int = 0
    #: booked, minor units
    cost: int = 0
    #: order id -> minor units taken off
    uses: dict[str, int] = field(default_factory=dict)
    #: really made as well; it goes as it really went
    fate: Fate | None = None
    #: made before the replay began
    earlier: bool = False
    #: the customer ordered before it ended, with it or without
    came_back: bool = False
    #: as answers look at it, in its present state; None: they have not yet
    view: Any = None

    @property
    def key(self) -> Key:
        """What makes it one of a kind."""
        return (self.customer_id, self.spec.rule, self.spec.cycle)

    @property
    def is_discount(self) -> bool:
        """Not a reminder."""
        return self.spec.benefit.type != "none"

    def as_past(self) -> PastOffer:
        """As the next decision sees it. Whether it ended by itself makes no difference there."""
        known = made.of_spec(self.spec, state=self.state or ("held_out" if self.held_out else "issued"))
        return known if self.held_out else msgspec.structs.replace(known, spent=self.reserved + self.cost)

    def is_usable(self, at: int, value: int) -> bool:
        """Whether an order of this worth could take it."""
        open_still = self.at <= at < self.ends and not self.uses and not self.held_out and not self.state
        return open_still and self.is_discount and value >= self.spec.benefit.minimum


def gives(benefit: Benefit) -> tuple[str, int]:
    """What a benefit comes to, to tell whether two are the same."""
    return (benefit.type, benefit.value)


def taken_off(benefit: Benefit, value: int) -> int:
    """What a benefit takes off an order of this worth, minor units; shipping and gifts at what they may cost."""
    if benefit.type == "percent":
        return value * benefit.value // 100
    return min(value, benefit.value) if benefit.type == "fixed" else benefit.cap

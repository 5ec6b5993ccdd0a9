"""Which tier a customer holds, replayed from their orders since the first one; nothing about it is kept anywhere else.

A tier is entered as soon as the measure of the last 365 days reaches it. Below what it takes to stay, a grace of some
days begins; it ends well when the measure recovers, and else one step down, where the next grace may begin. Who has
lost a tier enters it again at its threshold of re-entry. Time is whole microseconds since 1970 UTC, as the orders are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from plugin.rewards.parts import Loyalty

DAY = 86_400_000_000
YEAR = 365 * DAY
WHOLE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A customer's tier at one instant, and what becomes of it if nothing more is bought; instants in microseconds."""

    #: position in the program's tiers
    place: int
    #: what the measure of the last 365 days comes to: minor units, or orders
    value: int
    #: what the measure must be to stay; 0 in the first tier
    needed: int
    #: the end of the grace that runs; None without one
    ends_at: int | None
    #: when the last step down was; None for never
    lowered_at: int | None
    #: the next instant at which a grace begins or ends; None for never
    changes_at: int | None


def is_plain(loyalty: Loyalty) -> bool:
    """Whether the tier is a function of the present spend alone, so that no replay is needed."""
    same = loyalty.retain_percent == loyalty.reenter_percent == WHOLE
    return loyalty.measure == "spend" and same and loyalty.grace_days == 0


def entry_of(loyalty: Loyalty, place: int) -> int:
    """What it takes to enter a tier: minor units, or orders."""
    tier = loyalty.tiers[place]
    return tier.spend_from if loyalty.measure == "spend" else tier.orders_from


def standing_tier(at: Sequence[int], net_minor: Sequence[int], loyalty: Loyalty, as_of: int) -> Held:
    """The tier after the orders up to ``as_of``; ``at`` ascending, ``net_minor`` what each came to after refunds."""
    values = net_minor if loyalty.measure == "spend" else [1] * len(at)
    run = _Run(loyalty)
    for moment, change in _changes(at, values, as_of):
        run.pass_time(moment)
        run.move(moment, change)
    run.pass_time(as_of)
    return run.held(_ahead(at, values, as_of))


def _changes(at: Sequence[int], values: Sequence[int], as_of: int) -> Iterator[tuple[int, int]]:
    """What enters and leaves the window, in order, one entry for each instant; an order leaves after 365 days."""
    moved: dict[int, int] = {}
    for moment, value in zip(at, values, strict=True):
        if moment <= as_of:
            moved[moment] = moved.get(moment, 0) + value
            if moment + YEAR <= as_of:
                moved[moment + YEAR] = moved.get(moment + YEAR, 0) - value
    return iter(sorted(moved.items()))


def _ahead(at: Sequence[int], values: Sequence[int], as_of: int) -> Iterator[tuple[int, int]]:
    """What will leave the window by time alone."""
    return (
        (moment + YEAR, value)
        for moment, value in zip(at, values, strict=True)
        if as_of < moment + YEAR <= as_of + YEAR
    )


class _Run:
    def __init__(self, loyalty: Loyalty) -> None:
        places = range(len(loyalty.tiers))
        self.enter = [entry_of(loyalty, place) for place in places]
        self.retain = [-(-each * loyalty.retain_percent // WHOLE) for each in self.enter]
        self.again = [-(-each * loyalty.reenter_percent // WHOLE) for each in self.enter]
        self.grace = loyalty.grace_days * DAY
        self.value = self.place = 0
        self.lost: set[int] = set()
        self.below: int | None = None
        self.lowered: int | None = None

    def pass_time(self, moment: int) -> None:
        """Ends every grace that runs out by then, one step at a time."""
        while self.below is not None and self.below + self.grace <= moment:
            self.lowered = self.below + self.grace
            self.lost.add(self.place)
            self.place -= 1
            self.below = None if self.value >= self.retain[self.place] else self.lowered

    def move(self, moment: int, change: int) -> None:
        """The measure changes: up at once, down only into a grace."""
        self.value += change
        for place in range(len(self.enter) - 1, self.place, -1):
            if self.value >= (self.again if place in self.lost else self.enter)[place]:
                self.place = place
                break
        if self.value >= self.retain[self.place]:
            self.below = None
        elif self.below is None:
            self.below = moment

    def held(self, ahead: Iterator[tuple[int, int]]) -> Held:
        """How it stands, and the next change if nothing is bought."""
        ends = None if self.below is None else self.below + self.grace
        return Held(
            place=self.place,
            value=self.value,
            needed=self.retain[self.place],
            ends_at=ends,
            lowered_at=self.lowered,
            changes_at=ends if ends is not None else self._falls_below(ahead),
        )

    def _falls_below(self, ahead: Iterator[tuple[int, int]]) -> int | None:
        value = self.value
        for moment, leaving in ahead:
            value -= leaving
            if value < self.retain[self.place]:
                return moment
        return None

"""What a replay of a store works from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from plugin.rewards.program import Program
from plugin.signals.history import MICROS
from plugin.usecases.backtest.made import Fate, Key, Made
from plugin.usecases.backtest.nights import Night
from plugin.usecases.backtest.rhythms import Rhythms
from plugin.usecases.backtest.versions import Versions
from storage.columns import EPOCH


@dataclass(frozen=True, kw_only=True)
class Past:
    """A store's past as it became known. Instants as numbers are microseconds since 1970."""

    #: platform + "|" + domain, for the control group
    shop: str
    timezone: str
    now: datetime
    #: ascending; a sample, or all
    customers: Sequence[str]
    #: customers of the store for each one that is replayed
    scale: float
    left_out: frozenset[str]
    versions: Versions
    nights: Sequence[Night]
    #: from when on what was known is known; None: never, all of it is a stand-in
    since: int | None
    #: when the clock was looked at, from ``since`` on: (from, until), the oldest first
    watches: Sequence[tuple[int, int]] = ()
    #: spend of the last year of all customers of the store, ascending
    spends: Sequence[int] = ()
    #: by customer; who has no entry bears none, or none that is known
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: what became of the offers that were really made
    fates: Mapping[Key, Fate] = field(default_factory=dict)

    @cached_property
    def rhythms(self) -> Rhythms:
        """When customers count as late; shared by all replays of this past."""
        return Rhythms(self.versions)

    @cached_property
    def last_at(self) -> Sequence[int]:
        """When the newest order of each version was placed, microseconds; 0 without one; shared by all replays."""
        rows = self.versions.at
        return [rows[one.end - 1] * MICROS if one.end > one.start else 0 for one in self.versions.all]

    def spend(self, place: int) -> int:
        """Net spend of a customer's last 365 days as known now, minor units."""
        last = self.versions.starts[place + 1] - 1
        today = self.now.astimezone(ZoneInfo(self.timezone)).toordinal() - EPOCH.toordinal()
        return self.versions.spend_365d(last, today) if last >= self.versions.starts[place] else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A program in force from an instant on (microseconds); everyone is looked at again then."""

    at: int
    program: Program
    #: holds for those whom a program that is tried on a share of customers does not hold for
    others: Program | None = None
    #: number of the version; 0: never saved
    version: int = 0
    #: saved by Regulars within its night, and looked at in the same round; else with the next look at the clock
    at_once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be replayed: programs one after the other from the first one's instant on."""

    rules: Sequence[Rule]
    #: offers really made before
    earlier: Sequence[Made] = ()
    #: offers that were really made as well go as they really went; else every customer who orders uses the best one
    real_fates: bool = False
    #: the rules are asked every time, also where the answer is certain
    plainly: bool = False

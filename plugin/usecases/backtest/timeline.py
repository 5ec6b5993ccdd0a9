"""What comes from outside during a replay, in the order of its instants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from plugin.usecases.backtest.made import Key
from plugin.usecases.backtest.past import Past, Plan, Rule

NEVER = 2**62


@dataclass(slots=True, kw_only=True)
class Now:
    """What happens at one instant."""

    #: versions that become known together, batch by batch
    sittings: Sequence[Sequence[int]] = ()
    #: offers that were really ended, and how
    closings: Sequence[tuple[Key, str]] = ()
    #: position of the night
    night: int | None = None
    rules: Sequence[Rule] = ()


NOTHING = Now()


class Timeline:
    """All of it after the beginning of a plan."""

    def __init__(self, past: Past, plan: Plan) -> None:
        start = plan.rules[0].at
        self._at: dict[int, Now] = {}
        coming = sorted((one.at, one.sitting, place) for place, one in enumerate(past.versions.all) if one.at > start)
        self._arrivals = [(at, place) for at, _sitting, place in coming]
        self._seen = 0
        for at, together in groupby(coming, key=itemgetter(0)):
            self._now(at).sittings = [
                [place for *_, place in batch] for _, batch in groupby(together, key=itemgetter(1))
            ]
        for place, night in enumerate(past.nights):
            if night.at > start:
                self._now(night.at).night = place
        for rule in plan.rules[1:]:
            self._now(rule.at).rules = (*self._now(rule.at).rules, rule)
        for at, key, state in self._closings(past, plan):
            if at > start:
                self._now(at).closings = (*self._now(at).closings, (key, state))
        self._order = sorted(self._at, reverse=True)

    @property
    def next_at(self) -> int:
        """The instant of what comes next."""
        return self._order[-1] if self._order else NEVER

    def take(self, at: int) -> Now:
        """What happens at this instant, which is not later than the next one; it is then over."""
        if self.next_at != at:
            return NOTHING
        return self._at.pop(self._order.pop())

    def arrivals(self, until: int) -> Iterable[int]:
        """Versions that become known before or at an instant and were not told here yet."""
        while self._seen < len(self._arrivals) and self._arrivals[self._seen][0] <= until:
            yield self._arrivals[self._seen][1]
            self._seen += 1

    def _now(self, at: int) -> Now:
        return self._at.setdefault(at, Now())

    @staticmethod
    def _closings(past: Past, plan: Plan) -> Iterable[tuple[int, Key, str]]:
        if plan.real_fates:
            for key, fate in past.fates.items():
                if fate.closed is not None:
                    yield fate.closed[1], key, fate.closed[0]

"""What comes from outside during a replay, in the order of its instants."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

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
        coming = sorted((one.at, one.sitting, place) for place, one in enumerate(past.versions.all) if one.at > start)
        #: versions in the order in which they become known, and when they do
        self._coming, self._moments = [place for *_, place in coming], [at for at, *_ in coming]
        self._batches = [sitting for _, sitting, _ in coming]
        self._come = self._seen = 0
        self._moments.append(NEVER)
        #: all else
        self._at: dict[int, Now] = {}
        for place, night in enumerate(past.nights):
            if night.at > start:
                self._now(night.at).night = place
        for rule in plan.rules[1:]:
            self._now(rule.at).rules = (*self._now(rule.at).rules, rule)
        for at, key, state in self._closings(past, plan):
            if at > start:
                self._now(at).closings = (*self._now(at).closings, (key, state))
        self._order = [NEVER, *sorted(self._at, reverse=True)]

    @property
    def next_at(self) -> int:
        """The instant of what comes next."""
        coming, other = self._moments[self._come], self._order[-1]
        return min(coming, other)

    def alone(self) -> int | None:
        """The version that becomes known next, where nothing else happens at its instant; it is then over."""
        come, moments = self._come, self._moments
        at = moments[come]
        if at >= self._order[-1] or at == moments[come + 1]:
            return None
        self._come += 1
        return self._coming[come]

    def take(self, at: int) -> Now:
        """What happens at this instant, which is not later than the next one; it is then over."""
        if self.next_at != at:
            return NOTHING
        now = Now()
        if self._order[-1] == at:
            now = self._at.pop(self._order.pop())
        begin = self._come
        while self._moments[self._come] == at:
            self._come += 1
        batches = groupby(range(begin, self._come), key=self._batches.__getitem__)
        now.sittings = [[self._coming[come] for come in batch] for _, batch in batches]
        return now

    def arrivals(self, until: int) -> Iterable[int]:
        """Versions that become known before or at an instant and were not told here yet."""
        begin = self._seen
        self._seen = bisect_right(self._moments, until, begin, len(self._coming))
        return self._coming[begin : self._seen]

    def _now(self, at: int) -> Now:
        return self._at.setdefault(at, Now())

    @staticmethod
    def _closings(past: Past, plan: Plan) -> Iterable[tuple[int, Key, str]]:
        if plan.real_fates:
            for key, fate in past.fates.items():
                if fate.closed is not None:
                    yield fate.closed[1], key, fate.closed[0]

"""When customers are to be looked at because time has passed."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterator
from operator import attrgetter

from plugin.usecases.backtest.past import Past

NEVER = 2**62
#: when it is looked, for when it was planned, whose
Entry = tuple[int, int, int]


class Looks:
    """At most one planned look for each customer; of those, the ones before the next night are kept in order."""

    def __init__(self, past: Past, *, night: int, until: int) -> None:
        self._past, self._until = past, until
        self._planned: list[int | None] = [None] * len(past.customers)
        self._by_night: list[list[Entry]] = [[] for _ in range(len(past.nights) + 1)]
        self._block = night + 1

    def plan(self, place: int, check: int | None) -> None:
        """Looks at a customer at an instant (microseconds), and not at the one planned before; None: not at all."""
        self._planned[place] = check
        if check is None or (look := self.after(check)) > self._until:
            return
        block = bisect_left(self._past.nights, look, key=attrgetter("at"))
        if block <= self._block:
            heapq.heappush(self._by_night[self._block], (look, check, place))
        else:
            self._by_night[block].append((look, check, place))

    def after(self, moment: int) -> int:
        """When somebody looked at the clock from that moment on; where that is not known, at once."""
        watches, since = self._past.watches, self._past.since
        if since is None or not watches or moment < max(since, watches[0][0]):
            return moment
        place = bisect_left(watches, moment, key=lambda watch: watch[1])
        return max(moment, watches[place][0]) if place < len(watches) else NEVER

    def dawn(self, night: int) -> Iterator[int]:
        """The time after a night has come; answers whom it will look at until the next one."""
        before, self._by_night[self._block] = self._by_night[self._block], []
        self._block = night + 1
        due = self._by_night[self._block]
        due += before
        heapq.heapify(due)
        return (place for _look, check, place in due if self._planned[place] == check)

    def next_at(self) -> int:
        """The instant of the next look."""
        due = self._by_night[self._block]
        while due and self._planned[due[0][2]] != due[0][1]:
            heapq.heappop(due)
        return due[0][0] if due else NEVER

    def take(self, at: int, most: int) -> list[int]:
        """Whom to look at now: so many of the longest overdue, by customer."""
        due: list[int] = []
        while len(due) < most and self.next_at() <= at:
            due.append(heapq.heappop(self._by_night[self._block])[2])
        return sorted(due)

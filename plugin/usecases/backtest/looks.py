"""When customers are to be looked at because time has passed."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Collection, Iterator

from plugin.usecases.backtest.past import Past

NEVER = 2**62
#: when it is looked, for when it was planned, whose
Entry = tuple[int, int, int]


class Looks:
    """At most one planned look for each customer; of those, the ones before the next night are kept in order.

    What was planned before the night came is sorted once, what is planned since is a heap beside it.
    """

    def __init__(self, past: Past, *, night: int, until: int) -> None:
        self._past, self._until = past, until
        self._planned: list[int | None] = [None] * len(past.customers)
        self._nights = [one.at for one in past.nights]
        self._by_night: list[list[Entry]] = [[] for _ in range(len(past.nights) + 1)]
        self._block = night + 1
        #: of the time until the next night: the latest first, and what came to it since
        self._due: list[Entry] = []
        self._soon: list[Entry] = []

    def plan(self, place: int, check: int | None) -> None:
        """Looks at a customer at an instant (microseconds), and not at the one planned before; None: not at all."""
        self._planned[place] = check
        if check is None or (look := self.after(check)) > self._until:
            return
        block = bisect_left(self._nights, look)
        if block <= self._block:
            heapq.heappush(self._soon, (look, check, place))
        else:
            self._by_night[block].append((look, check, place))

    def plan_all(self, places: Collection[int], check: int) -> None:
        """``plan`` for many at one instant."""
        for place in places:
            self._planned[place] = check
        if (look := self.after(check)) > self._until:
            return
        entries = [(look, check, place) for place in places]
        block = bisect_left(self._nights, look)
        if block <= self._block:
            for entry in entries:
                heapq.heappush(self._soon, entry)
        else:
            self._by_night[block] += entries

    def after(self, moment: int) -> int:
        """When somebody looked at the clock from that moment on; where that is not known, at once."""
        watches, since = self._past.watches, self._past.since
        if since is None or not watches or moment < max(since, watches[0][0]):
            return moment
        place = bisect_left(watches, moment, key=lambda watch: watch[1])
        return max(moment, watches[place][0]) if place < len(watches) else NEVER

    def dawn(self, night: int) -> Iterator[int]:
        """The time after a night has come; answers whom it will look at until the next one."""
        self._block = night + 1
        due = [*self._due, *self._soon, *self._by_night[self._block]]
        self._by_night[self._block] = []
        self._due = sorted((entry for entry in due if self._planned[entry[2]] == entry[1]), reverse=True)
        self._soon = []
        return (place for _look, _check, place in self._due)

    def next_at(self) -> int:
        """The instant of the next look."""
        due, soon, planned = self._due, self._soon, self._planned
        while due and planned[due[-1][2]] != due[-1][1]:
            due.pop()
        while soon and planned[soon[0][2]] != soon[0][1]:
            heapq.heappop(soon)
        if not soon:
            return due[-1][0] if due else NEVER
        return min(due[-1][0], soon[0][0]) if due else soon[0][0]

    def take(self, at: int, most: int) -> list[int]:
        """Whom to look at now: so many of the longest overdue, by customer."""
        found: list[int] = []
        due, soon, planned = self._due, self._soon, self._planned
        while len(found) < most:
            if due and (not soon or due[-1] < soon[0]):
                if due[-1][0] > at:
                    break
                _look, check, place = due.pop()
            elif soon and soon[0][0] <= at:
                _look, check, place = heapq.heappop(soon)
            else:
                break
            # planned away, and perhaps back again: an entry too many
            if planned[place] == check and (not found or found[-1] != place):
                found.append(place)
        return sorted(found)

"""When customers are to be looked at because time has passed."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Collection, Iterable

from plugin.usecases.backtest.past import Past

NEVER = 2**62
#: when it is looked, for when it was planned, whose
Entry = tuple[int, int, int]
#: stands in an entry for all who were planned together
CROWD = -1


class Looks:
    """At most one planned look for each customer; of those, the ones before the next night are kept in order.

    What was planned before the night came is sorted once, what is planned since is a heap beside it. Those who are
    planned together are one entry.
    """

    def __init__(self, past: Past, *, night: int, until: int) -> None:
        self._past, self._until = past, until
        self._planned: list[int | None] = [None] * len(past.customers)
        self._nights = [one.at for one in past.nights]
        self._by_night: list[list[Entry]] = [[] for _ in range(len(past.nights) + 1)]
        self._crowds: dict[tuple[int, int], list[int]] = {}
        self._block = night + 1
        #: of the time until the next night: the latest first, and what came to it since
        self._due: list[Entry] = []
        self._soon: list[Entry] = []
        #: whose time has come, the last one first
        self._now: list[Entry] = []

    def plan(self, place: int, check: int | None) -> None:
        """Looks at a customer at an instant (microseconds), and not at the one planned before; None: not at all."""
        self._planned[place] = check
        if check is not None and (look := self.after(check)) <= self._until:
            self._enter((look, check, place))

    def plan_all(self, places: Collection[int], check: int) -> None:
        """``plan`` for many at one instant."""
        planned = self._planned
        for place in places:
            planned[place] = check
        if not places or (look := self.after(check)) > self._until:
            return
        if (look, check) in self._crowds:
            self._crowds[look, check] += places
        else:
            self._crowds[look, check] = list(places)
            self._enter((look, check, CROWD))

    def after(self, moment: int) -> int:
        """When somebody looked at the clock from that moment on; where that is not known, at once."""
        watches, since = self._past.watches, self._past.since
        if since is None or not watches or moment < max(since, watches[0][0]):
            return moment
        place = bisect_left(watches, moment, key=lambda watch: watch[1])
        return max(moment, watches[place][0]) if place < len(watches) else NEVER

    def dawn(self, night: int) -> list[int]:
        """The time after a night has come; answers whom it will look at until the next one."""
        self._block = night + 1
        due = [*self._due, *self._soon, *self._by_night[self._block]]
        self._by_night[self._block], self._soon = [], []
        self._due = sorted(filter(self._stands, due), reverse=True)
        whose: list[int] = []
        for look, check, place in self._due:
            whose += self._crowd(look, check) if place == CROWD else (place,)
        return whose

    def next_at(self) -> int:
        """The instant of the next look."""
        now, due, soon = self._now, self._due, self._soon
        while now and not self._stands(now[-1]):
            now.pop()
        while due and not self._stands(due[-1]):
            due.pop()
        while soon and not self._stands(soon[0]):
            heapq.heappop(soon)
        first = now[-1][0] if now else NEVER
        if due and due[-1][0] < first:
            first = due[-1][0]
        return soon[0][0] if soon and soon[0][0] < first else first

    def alone(self, at: int) -> int | None:
        """Whom to look at now, where it is one; it is then over. ``at`` is that of the next look."""
        due, soon = self._due, self._soon
        if self._now:
            return None
        if due and due[-1][0] == at:
            others = (soon and soon[0][0] == at) or (len(due) > 1 and due[-2][0] == at)
            return None if others or due[-1][2] == CROWD else due.pop()[2]
        if soon[0][2] == CROWD or any(one[0] == at for one in soon[1:3]):
            return None
        return heapq.heappop(soon)[2]

    def take(self, at: int, most: int) -> list[int]:
        """Whom to look at now: so many of the longest overdue, by customer."""
        found: list[int] = []
        now, planned = self._gathered(at), self._planned
        while now and len(found) < most:
            _look, check, place = now.pop()
            # planned away, and perhaps back again: an entry too many
            if planned[place] == check and (not found or found[-1] != place):
                found.append(place)
        return sorted(found)

    def rest(self, at: int) -> list[int]:
        """All who are to be looked at now; each of them has to be planned anew."""
        planned = self._planned
        return sorted({place for _look, check, place in self._gathered(at) if planned[place] == check})

    def _gathered(self, at: int) -> list[Entry]:
        """What is due at an instant, the last one first."""
        due, soon = self._due, self._soon
        come: list[Entry] = []
        while due and due[-1][0] <= at:
            come += self._each(due.pop())
        while soon and soon[0][0] <= at:
            come += self._each(heapq.heappop(soon))
        if come:
            self._now = sorted((*self._now, *come), reverse=True)
        return self._now

    def _each(self, entry: Entry) -> Iterable[Entry]:
        look, check, place = entry
        if place != CROWD:
            return (entry,)
        whose = self._crowd(look, check)
        del self._crowds[look, check]
        return [(look, check, place) for place in whose]

    def _crowd(self, look: int, check: int) -> list[int]:
        planned = self._planned
        return [place for place in self._crowds[look, check] if planned[place] == check]

    def _stands(self, entry: Entry) -> bool:
        place = entry[2]
        return place == CROWD or self._planned[place] == entry[1]

    def _enter(self, entry: Entry) -> None:
        block = bisect_left(self._nights, entry[0])
        if block <= self._block:
            heapq.heappush(self._soon, entry)
        else:
            self._by_night[block].append(entry)

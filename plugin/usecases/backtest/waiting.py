"""Who waits for room in a day: nothing but time, an order, an offer or another rhythm changes what is decided about them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from plugin.usecases.backtest.answers import Wish
from plugin.usecases.backtest.measured import Measured
from plugin.usecases.backtest.rhythms import Table


class Waiting:
    """The one offer that each of them waits for. Whoever gets an order or an offer has to be forgotten."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured
        self._wishes: dict[int, Wish] = {}
        #: what the rhythm was read from: while it is the same, nothing has to be compared
        self._tables: dict[int, Table] = {}
        self._late: dict[int, int | None] = {}

    @property
    def known(self) -> Collection[int]:
        """Who waited when they were asked last."""
        return self._wishes.keys()

    @property
    def anyone(self) -> bool:
        """Whether there is one."""
        return bool(self._wishes)

    def keep(self, place: int, wish: Wish) -> None:
        """A customer waits for this, by the rhythm of today."""
        self._wishes[place] = wish
        self._tables[place], self._late[place] = self._measured.table(place), self._measured.late_at(place)

    def forget(self, place: int) -> None:
        """A customer is decided about anew."""
        if self._wishes.pop(place, None) is not None:
            del self._tables[place], self._late[place]

    def of(self, places: Iterable[int]) -> dict[int, Wish]:
        """What those of them who wait by an unchanged rhythm wait for."""
        return {place: self._wishes[place] for place in places if place in self._wishes and self._unchanged(place)}

    def all_of(self, places: Collection[int]) -> bool:
        """Whether every one of them waits by an unchanged rhythm."""
        tables, last = self._tables, self._measured.last_table
        asked = [place for place in places if tables.get(place) is not last]
        return len(self.of(asked)) == len(asked)

    def for_what(self, places: Iterable[int]) -> Iterable[Wish]:
        """What those of whom all wait wait for."""
        return map(self._wishes.__getitem__, places)

    def closing(self, places: Iterable[int], by: int) -> list[int]:
        """Those of whom all wait whose wait is in vain from an instant on."""
        wishes = self._wishes
        return [place for place in places if wishes[place].closes <= by]

    def _unchanged(self, place: int) -> bool:
        table = self._measured.table(place)
        return self._tables[place] is table or self._late[place] == self._measured.late_at(place)

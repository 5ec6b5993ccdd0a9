"""Who waits for room in a day: nothing but time, an order, an offer or another rhythm changes what is decided about them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from plugin.usecases.backtest.measured import Measured
from plugin.usecases.backtest.quick import Wish
from plugin.usecases.backtest.rhythms import Table


class _Wait(NamedTuple):
    wish: Wish
    #: what the rhythm was read from: while it is the same, nothing has to be compared
    table: Table
    late_at: int | None


class Waiting:
    """The one offer that each of them waits for. Whoever gets an order or an offer has to be forgotten."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured
        self._known: dict[int, _Wait] = {}

    @property
    def anyone(self) -> bool:
        """Whether there is one."""
        return bool(self._known)

    def keep(self, place: int, wish: Wish) -> None:
        """A customer waits for this, by the rhythm of today."""
        self._known[place] = _Wait(wish, self._measured.table(place), self._measured.late_at(place))

    def forget(self, place: int) -> None:
        """A customer is decided about anew."""
        self._known.pop(place, None)

    def of(self, places: Iterable[int]) -> dict[int, Wish]:
        """What those of them who wait by an unchanged rhythm wait for."""
        known, measured = self._known, self._measured
        found = {}
        for place in places:
            one = known.get(place)
            if one is not None and (one.table is measured.table(place) or one.late_at == measured.late_at(place)):
                found[place] = one.wish
        return found

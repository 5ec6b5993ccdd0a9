"""When each version of a customer counts as late, by the model of a day: reckoned for many at once, kept for the next rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from plugin.signals import gaps
from plugin.signals.gaps import GapModel
from plugin.signals.measure import LONGEST
from plugin.signals.visits import instants_after
from plugin.usecases.backtest.versions import Versions

#: usual gap in days and the second from which silence is late; None while the store has no gaps
Rhythm = tuple[float | None, int | None]
NONE: Rhythm = (None, None)


class Rhythms:
    """The part of the signals that rules look at, with the same code as the night's."""

    def __init__(self, versions: Versions) -> None:
        visits = versions.visits()
        # versions without orders have no place here
        self.place = np.full(len(versions.all), -1, np.int64)
        self.place[visits.customer] = np.arange(visits.customer.size)
        self.counts, self.sums = gaps.by_place(visits)
        self.next = np.minimum(visits.gap_count, gaps.PLACES - 1)
        self.last_at = visits.last_at
        self._tables: dict[GapModel | None, Table] = {}

    def by(self, model: GapModel | None) -> Table:
        """What a model says."""
        return self._tables.setdefault(model, Table(self, model))


class Table:
    """What one model says of versions that have orders."""

    def __init__(self, rhythms: Rhythms, model: GapModel | None) -> None:
        self._all, self._model = rhythms, model
        self._known: dict[int, Rhythm] = {}

    def of(self, version: int) -> Rhythm:
        """One version."""
        if version not in self._known:
            self.prepare([version])
        return self._known[version]

    def unknown(self, versions: Iterable[int]) -> list[int]:
        """Those of which it was not asked yet."""
        known = self._known
        return [version for version in versions if version not in known]

    def prepare(self, versions: Iterable[int]) -> None:
        """Reckons many versions at once, so that ``of`` finds them."""
        wanted = [version for version in versions if version not in self._known]
        if self._model is None:
            self._known.update(dict.fromkeys(wanted, NONE))
        elif wanted:
            self._known.update(zip(wanted, self._reckoned(self._model, wanted), strict=True))

    def _reckoned(self, model: GapModel, wanted: list[int]) -> Iterator[Rhythm]:
        rows = self._all.place[wanted]
        own = gaps.predict(model, self._all.counts[rows], self._all.sums[rows], place=self._all.next[rows])
        late = np.clip(gaps.days(model, own, 0.8), 1, LONGEST)
        moments = instants_after(self._all.last_at[rows], late)
        return zip(gaps.days(model, own, 0.5).tolist(), moments.tolist(), strict=True)

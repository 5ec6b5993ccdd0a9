"""How customers stand at each moment of a replay: measured when their orders came in, and each night."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from operator import attrgetter
from zoneinfo import ZoneInfo

from plugin.rewards.decision import Standing
from plugin.rewards.program import Program
from plugin.signals import quantiles
from plugin.signals.gaps import GapModel
from plugin.usecases.backtest.past import Past
from plugin.usecases.backtest.rhythms import Table
from storage.columns import EPOCH

SECOND = 1_000_000


class Measured:
    """All customers of a past, from an instant on (microseconds since 1970)."""

    def __init__(self, past: Past, start: int) -> None:
        self._past, self._versions = past, past.versions
        many = len(past.customers)
        #: position of each customer's version in force; -1: not known yet
        self.version = [past.versions.known(place, start) for place in range(many)]
        #: position of the night in force; -1 before the first
        self.night = bisect_right(past.nights, start, key=attrgetter("at")) - 1
        self._own: list[tuple[int, Table] | None] = [None] * many
        self._by_night: tuple[int, Table] = (0, self._table())
        self._waits: tuple[float, ...] = ()
        self.everyone()
        for place, version in enumerate(self.version):
            if version >= 0 and (known := past.versions.all[version].at) > self._by_night[0]:
                self.one(place, known)

    @property
    def gaps(self) -> GapModel | None:
        """The store's gaps as the night in force knows them."""
        return self._past.nights[self.night].gaps if self.night >= 0 else None

    @property
    def next_night(self) -> int | None:
        """When the next night comes; None after the last."""
        after = self.night + 1
        return self._past.nights[after].at if after < len(self._past.nights) else None

    def has_orders(self, place: int) -> bool:
        """Whether a customer is known to have one."""
        version = self.version[place]
        return version >= 0 and self._versions.count(version) > 0

    def one(self, place: int, at: int) -> None:
        """A customer's orders came in."""
        self._own[place] = (at, self._table())

    def everyone(self) -> None:
        """A night measures everyone: what was measured in between counts no more."""
        self._by_night = (self._past.nights[self.night].at if self.night >= 0 else 0, self._table())
        self._own = [None] * len(self._own)

    def prepare(self, versions: Iterable[int]) -> None:
        """Reckons at once what will be asked about until the next night."""
        self._table().prepare(one for one in set(versions) if one >= 0 and self._versions.count(one))

    def under(self, program: Program) -> None:
        """What some rules ask for beyond the rest: days by order number."""
        timing, gaps = program.win_back.timing, self.gaps
        asked = program.win_back.enabled and timing.rule == "quantile" and gaps is not None
        self._waits = quantiles.by_order_number(gaps, timing.quantile_percent / 100) if asked and gaps else ()

    def spend(self, place: int) -> int:
        """Net spend of the 365 days before the customer was measured last, minor units."""
        measured, _table = self._own[place] or self._by_night
        return self._versions.spend_365d(self.version[place], _day(measured // SECOND, self._past.timezone))

    def late_at(self, place: int) -> int | None:
        """When silence is late, in microseconds; None while the store has no rhythm."""
        _measured, table = self._own[place] or self._by_night
        _usual, late = table.of(self.version[place])
        return None if late is None else late * SECOND

    def standing(self, place: int) -> Standing:
        """What a decision about a customer with orders goes by."""
        version = self.version[place]
        _measured, table = self._own[place] or self._by_night
        usual, late = table.of(version)
        who, count = self._past.customers[place], self._versions.count(version)
        return Standing(
            customer_id=who,
            order_count=count,
            last_order_id=self._versions.all[version].last_id,
            last_order_at=EPOCH + timedelta(seconds=self._versions.last_at(version)),
            spend_365d=self.spend(place),
            usual_gap_days=usual,
            # the rules look at the instant below, not at these
            lateness=None,
            group="",
            lapsing_at=None,
            lost_at=None,
            late_at=None if late is None else EPOCH + timedelta(seconds=late),
            left_out=who in self._past.left_out,
            quantile_days=quantiles.of_count(self._waits, count) if self._waits else None,
        )

    def _table(self) -> Table:
        return self._past.rhythms.by(self.gaps)


@lru_cache(maxsize=4096)
def _day(second: int, timezone: str) -> int:
    """Days since 1970 on the shop's calendar."""
    local = (EPOCH + timedelta(seconds=second)).astimezone(ZoneInfo(timezone))
    return local.toordinal() - EPOCH.toordinal()

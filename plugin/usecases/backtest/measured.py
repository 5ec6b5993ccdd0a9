"""How customers stand at each moment of a replay: measured when their orders came in, and each night."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from operator import attrgetter

from plugin.rewards.decision import Standing
from plugin.rewards.program import Program
from plugin.rewards.standing_tier import Held, is_plain, standing_tier
from plugin.rewards.tags import among
from plugin.signals import quantiles
from plugin.signals.gaps import GapModel
from plugin.usecases.backtest.past import Past
from plugin.usecases.backtest.rhythms import Rhythm, Table
from plugin.usecases.backtest.turns import Turns
from plugin.usecases.standings import with_tier
from storage.columns import EPOCH

SECOND = 1_000_000


class Measured:
    """All customers of a past, from an instant on (microseconds since 1970)."""

    def __init__(self, past: Past, start: int) -> None:
        self._past, self._versions = past, past.versions
        self._turns = Turns(past.timezone)
        many = len(past.customers)
        #: position of each customer's version in force; -1: not known yet
        self.version = past.versions.in_force(start)
        #: position of the night in force; -1 before the first
        self.night = bisect_right(past.nights, start, key=attrgetter("at")) - 1
        #: when and in which night's time each was measured last; None: by the night in force, with everyone
        self._own: list[tuple[int, int] | None] = [None] * many
        self._tables: dict[int, Table] = {}
        #: version, the days from one to before another, and what was spent in the year before each of them
        self._spends: dict[int, tuple[int, int, int, int]] = {}
        self._by_night: tuple[int, int] = (0, self.night)
        #: what is read where nobody was measured alone
        self.last_table = self._table(self.night)
        self.everyone()
        for place, version in enumerate(self.version):
            if version >= 0 and (known := past.versions.all[version].at) > self._by_night[0]:
                self.one(place, known)

    def gaps(self, night: int) -> GapModel | None:
        """The store's gaps as a night knew them."""
        return self._past.nights[night].gaps if night >= 0 else None

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
        self._own[place] = (at, self.night)

    def everyone(self) -> None:
        """A night measures everyone: what was measured in between counts no more."""
        self._by_night = (self._past.nights[self.night].at if self.night >= 0 else 0, self.night)
        self._own = [None] * len(self._own)
        self.last_table = self._table(self.night)

    def prepare(self, versions: Iterable[int]) -> None:
        """Reckons at once what will be asked about until the next night."""
        table = self._table(self.night)
        table.prepare({one for one in table.unknown(versions) if one >= 0 and self._versions.count(one)})

    def spend(self, place: int) -> int:
        """Net spend of the 365 days before the customer was measured last, minor units."""
        measured, _night = self._own[place] or self._by_night
        version, today = self.version[place], self._turns.of(measured).number
        known = self._spends.get(place)
        if known is None or known[0] != version or not known[1] <= today < known[2]:
            known = self._spends[place] = (version, today, *self._versions.spend_until(version, today))
        return known[3]

    def late_at(self, place: int) -> int | None:
        """When silence is late, in microseconds; None while the store has no rhythm."""
        own = self._own[place]
        table = self.last_table if own is None else self._tables.get(own[1]) or self._table(own[1])
        late = table.of(self.version[place])[1]
        return None if late is None else late * SECOND

    def table(self, place: int) -> Table:
        """What ``late_at`` is read from: the same of the same version while it is the same one."""
        own = self._own[place]
        return self.last_table if own is None else self._table(own[1])

    def standing(self, place: int, program: Program, at: int) -> Standing:
        """What a decision under a program about a customer with orders goes by; what no rule asks for is not reckoned."""
        version, versions = self.version[place], self._versions
        usual, late = self._rhythm(place)
        who, count = self._past.customers[place], versions.count(version)
        standing = Standing(
            customer_id=who,
            order_count=count,
            last_order_id=versions.all[version].last_id,
            last_order_at=EPOCH + timedelta(seconds=versions.last_at(version)),
            spend_365d=self.spend(place),
            usual_gap_days=usual,
            # no rule looks at these three
            lateness=None,
            lapsing_at=None,
            lost_at=None,
            group=self._group(place, program),
            late_at=None if late is None else EPOCH + timedelta(seconds=late),
            left_out=who in self._past.left_out,
            tags=among(self._past.tags.get(who, ()), program.limits.leave_out_tags),
            first_order_at=EPOCH + timedelta(seconds=versions.at[versions.all[version].start]),
            quantile_days=self._quantile(program, count),
        )
        return standing if is_plain(program.loyalty) else with_tier(standing, self._held(version, program, at), program)

    def _rhythm(self, place: int) -> Rhythm:
        return self.table(place).of(self.version[place])

    def _table(self, night: int) -> Table:
        if night not in self._tables:
            self._tables[night] = self._past.rhythms.by(self.gaps(night))
        return self._tables[night]

    def _group(self, place: int, program: Program) -> str:
        """Only for rules that ask for it."""
        if not program.surprise.enabled and not any(occasion.on == "group" for occasion in program.loyalty.occasions):
            return ""
        _measured, night = self._own[place] or self._by_night
        cuts = self._past.nights[night].cuts if night >= 0 else None
        return "" if cuts is None else self._versions.group(self.version[place], cuts)

    def _quantile(self, program: Program, count: int) -> float | None:
        """Days by order number, for rules that go by them."""
        timing, gaps = program.win_back.timing, self.gaps(self.night)
        if not program.win_back.enabled or timing.rule != "quantile" or gaps is None:
            return None
        return quantiles.of_count(_waits(gaps, timing.quantile_percent), count)

    def _held(self, version: int, program: Program, at: int) -> Held:
        seconds, values = self._versions.rows(version)
        return standing_tier([one * SECOND for one in seconds], values, program.loyalty, at)


@lru_cache(maxsize=512)
def _waits(gaps: GapModel, percent: int) -> tuple[float, ...]:
    return quantiles.by_order_number(gaps, percent / 100)

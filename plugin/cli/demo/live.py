"""Two years of a store's life, day by day: people buy, some use their codes, some send things back; Regulars follows."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from plugin.cli.demo.merchant import Merchant
from plugin.cli.demo.stage import TIMEZONE, Stage
from plugin.cli.progress import bar
from plugin.collecting import collect_rarely
from plugin.sandbox import diary
from plugin.sandbox.diary import Book
from plugin.sandbox.history import Purchase, customer_id

SEED = 1997
#: of those who have a code when they buy, this share uses it
USES_CODE = 0.75
#: of all orders
CANCELLED, REFUNDED, DELIVERED_TWICE = 0.01, 0.02, 0.03
#: days at the end after whose nights somebody may look
LOOKED_AT = 2
EARLY, NIGHT, EVENING = time(1, 30), time(2, 30), time(23, 45)


class Life(ABC):
    """Brings one store through its days. Each day is finished before it is marked as lived, and can be lived again."""

    def __init__(
        self, stage: Stage, book: Book, merchant: Merchant, purchases: Sequence[Purchase], *, stop_at: datetime
    ) -> None:
        self.stage, self.merchant, self.stop_at = stage, merchant, stop_at
        self._book, self._zone = book, ZoneInfo(TIMEZONE)
        self._by_day: dict[date, list[Purchase]] = defaultdict(list)
        for purchase in purchases:
            self._by_day[self.day_of(purchase)].append(purchase)

    def day_of(self, purchase: Purchase) -> date:
        """The store's day of a purchase."""
        return purchase.at.astimezone(self._zone).date()

    def live_until_today(self, count: int) -> None:
        """The last ``count`` days of the purchases; what lies before them is the store's past when it is connected."""
        span = days_of(self.stage.ends_on, count)
        if diary.lived_until(self._book) is None:
            self.begin(span[0])
        collect_rarely()
        with bar(len(span), "Living through the days", "days") as progress:
            self.live(span, progress.update)
        self.stage.clock.set(self.stop_at)

    def begin(self, day: date) -> None:
        """The store lives through the days before this one; in its small hours it is connected, and its past is read."""
        self.live_before([purchase for past in sorted(self._by_day) if past < day for purchase in self._by_day[past]])
        self._to(day, EARLY)
        self.merchant.install()
        self.tell_the_past()

    def live(self, days: Sequence[date], progress: Callable[[int], object]) -> None:
        """Lives through the days in order, those before where it stopped last time excepted."""
        lived = diary.lived_until(self._book)
        self.ask_now_and_then(asks=False)
        for day in days:
            # what pages show is that of the last night; the nights before go by unseen
            self.stage.worker.pages_too = day in days[-LOOKED_AT:]
            if lived is None or day > lived:
                self._day(day)
                diary.mark_lived(self._book, day)
            progress(1)
        self.ask_now_and_then(asks=True)

    @abstractmethod
    def live_before(self, purchases: Sequence[Purchase]) -> None:
        """What happens in the store before it is connected; what has happened already is left alone."""

    @abstractmethod
    def tell_the_past(self) -> None:
        """What the merchant does so that the past becomes known."""

    @abstractmethod
    def ask_now_and_then(self, *, asks: bool) -> None:
        """Whether the store is asked now and then for what got lost; over years it would take its time."""

    @abstractmethod
    def buy(self, who: int, purchase: Purchase, *, at: datetime, code: str | None, fate: float) -> None:
        """A customer buys; ``fate`` from 0 to 1 says what becomes of the order. What is bought already is left alone."""

    @abstractmethod
    def codes(self, who: int) -> Sequence[tuple[float, str]]:
        """The codes that a customer could use now, each with what orders it by."""

    @abstractmethod
    def tell(self, rng: random.Random) -> None:
        """The store tells of its day: some of it twice, in any order."""

    @abstractmethod
    def show(self, link: str) -> Sequence[str]:
        """Where to look once the days are lived, a line each; the link opens the pages."""

    @abstractmethod
    def go_on(self) -> None:
        """A moment of the store's ordinary life, once the days are lived."""

    def set_out(self, purchase: Purchase, rng: random.Random, *, with_codes: bool = True) -> None:
        """A customer comes to buy, perhaps with a code in hand."""
        at, who = min(purchase.at, self.stop_at), customer_id(purchase.customer_number)
        self.stage.clock.set(at)
        code = self._code(who, rng) if with_codes else None
        self.buy(who, purchase, at=at, code=code, fate=rng.random())

    def _day(self, day: date) -> None:
        rng = chances(day)
        self._to(day, NIGHT)
        self.stage.worker.drain()
        self.merchant.look_in()
        for purchase in self._by_day.get(day, ()):
            self.set_out(purchase, rng)
        self._to(day, EVENING)
        self.tell(rng)
        self.stage.worker.drain()

    def _to(self, day: date, hour: time) -> None:
        moment = datetime.combine(day, hour, self._zone).astimezone(UTC)
        self.stage.clock.set(min(moment, self.stop_at))

    def _code(self, who: int, rng: random.Random) -> str | None:
        """The best code of this customer, if they care to use it."""
        codes = self.codes(who)
        if not codes or rng.random() > USES_CODE:
            return None
        return max(codes, key=lambda one: one[0])[1]


def chances(day: date) -> random.Random:
    """What happens on a day by chance, the same whenever it is lived."""
    return random.Random(f"{SEED} {day}")  # noqa: S311 - a play, not a secret


def days_of(last: date, count: int) -> list[date]:
    """``count`` days, the last one included."""
    return [last - timedelta(days=back) for back in range(count - 1, -1, -1)]

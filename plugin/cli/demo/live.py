"""Two years of a store's life, day by day: people buy, some use their codes, some send things back; Regulars follows."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from plugin.cli.demo.merchant import Merchant
from plugin.cli.demo.world import TIMEZONE, World
from plugin.sandbox import diary, discounts
from plugin.sandbox.discounts import CodeRefused, Discount
from plugin.sandbox.history import Purchase, customer_id, customer_name
from plugin.sandbox.postman import Chaos

SEED = 1997
#: of those who have a code when they buy, this share uses it
USES_CODE = 0.75
#: of all orders
CANCELLED, REFUNDED, DELIVERED_TWICE = 0.01, 0.02, 0.03
#: days at the end after whose nights somebody may look
LOOKED_AT = 2
EARLY, NIGHT, EVENING = time(1, 30), time(2, 30), time(23, 45)


class Life:
    """Brings one store through its days. Each day is finished before it is marked as lived, and can be lived again."""

    def __init__(self, world: World, purchases: Sequence[Purchase], *, stop_at: datetime) -> None:
        self.world, self.stop_at = world, stop_at
        self.merchant = Merchant(world)
        self.zone = ZoneInfo(TIMEZONE)
        self.by_day: dict[date, list[Purchase]] = defaultdict(list)
        for purchase in purchases:
            self.by_day[self.day_of(purchase)].append(purchase)

    def day_of(self, purchase: Purchase) -> date:
        """The store's day of a purchase."""
        return purchase.at.astimezone(self.zone).date()

    def wake_up(self, day: date) -> None:
        """Sets the clock to the small hours of a day."""
        self._to(day, EARLY)

    def live(self, days: Sequence[date], progress: Callable[[int], object]) -> None:
        """Lives through the days in order, those before where it stopped last time excepted."""
        lived = diary.lived_until(self.world.store)
        # nothing gets lost on the way to these days, and asking a thousand times would take its time
        self.world.worker.reconciling.on = False
        for day in days:
            # what pages show is that of the last night; the nights before go by unseen
            self.world.worker.pages_too = day in days[-LOOKED_AT:]
            if lived is None or day > lived:
                self._day(day)
                diary.mark_lived(self.world.store, day)
            progress(1)
        self.world.worker.reconciling.on = True

    def _day(self, day: date) -> None:
        rng = random.Random(f"{SEED} {day}")  # noqa: S311 - a play, not a secret
        self._to(day, NIGHT)
        self.world.worker.drain()
        self.merchant.look_in()
        for purchase in self.by_day.get(day, ()):
            self._buy(purchase, rng)
        self._to(day, EVENING)
        self.world.postman.deliver(chaos=Chaos(rng=rng, duplicate_share=DELIVERED_TWICE, shuffle=True))
        self.world.worker.drain()

    def _to(self, day: date, hour: time) -> None:
        moment = datetime.combine(day, hour, self.zone).astimezone(UTC)
        self.world.clock.set(min(moment, self.stop_at))

    def _buy(self, purchase: Purchase, rng: random.Random) -> None:
        at = min(purchase.at, self.stop_at)
        self.world.clock.set(at)
        store, who = self.world.store, customer_id(purchase.customer_number)
        code = self._code(who, rng)
        fate = rng.random()
        if diary.has_bought(store, who, at):
            return
        diary.know(store, who, customer_name(purchase.customer_number), at)
        try:
            placed = store.checkout(customer_id=who, total=purchase.total, code=code, at=at)
        except CodeRefused:
            placed = store.checkout(customer_id=who, total=purchase.total, at=at)
        if fate < CANCELLED:
            store.cancel(placed.order_id)
        elif fate < CANCELLED + REFUNDED:
            store.refund(placed.order_id, str(placed.total))

    def _code(self, who: int, rng: random.Random) -> str | None:
        """The best code that the shop shows to this visitor, if they care to use it."""
        with self.world.store.transaction() as connection:
            open_ones = [one for one in discounts.meant_for(connection, who) if self._open(one)]
        if not open_ones or rng.random() > USES_CODE:
            return None
        return max(open_ones, key=lambda one: one.terms.fraction or 0).terms.code

    def _open(self, one: Discount) -> bool:
        return one.status(self.world.clock.now()) == "ACTIVE" and not one.times_used


def days_of(last: date, count: int) -> list[date]:
    """``count`` days, the last one included."""
    return [last - timedelta(days=back) for back in range(count - 1, -1, -1)]

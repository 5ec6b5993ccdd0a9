"""``regulars demo --platform magento``: the same two years of purchases in a Magento store, with events that get lost."""

from __future__ import annotations

import json
import random
import threading
import time as seconds
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from plugin import connecting
from plugin.cli.demo import summary
from plugin.cli.demo.live import (
    CANCELLED,
    DELIVERED_TWICE,
    EARLY,
    EVENING,
    LOOKED_AT,
    NIGHT,
    REFUNDED,
    SEED,
    USES_CODE,
    days_of,
)
from plugin.cli.demo.magento_world import MagentoWorld, opened
from plugin.cli.demo.merchant import Merchant
from plugin.cli.demo.world import TIMEZONE
from plugin.cli.progress import bar
from plugin.collecting import collect_rarely
from plugin.pages import launch
from plugin.pages.launch import Session, launch_url
from plugin.platforms.magento.access import Credentials
from plugin.sandbox.history import Purchase, customer_id, customer_name, purchases
from plugin.sandbox.magento.refusals import Refused
from plugin.sandbox.magento.values import stamp
from storage import offers

#: of all events this share never arrives; asking brings what they told
LOST = 0.02
LIVED = "lived_until"
LINK_SECONDS = 86_400


def play(directory: Path, port: int, days: int, *, stay: bool) -> None:
    """Lives through the days, prints the summary, and stays up if asked to."""
    begun = seconds.monotonic()
    with opened(directory, port) as world:
        Life(world).live_until_today(days)
        click.echo(f"Lived through {days} days in {seconds.monotonic() - begun:.0f} seconds.")
        click.echo(summary.line(world))
        if stay:
            _stay(world)


class MagentoMerchant(Merchant):
    """Pastes the four values of an integration, and then acts through the pages as any merchant."""

    def __init__(self, world: MagentoWorld) -> None:
        super().__init__(world)  # type: ignore[arg-type]  # what it does with a world, this one can do
        self.magento = world

    def install(self) -> None:
        """Connects the store, unless it is connected."""
        if self.magento.known() is None:
            connecting.by_values(self.magento.runtime, self._values())

    def _values(self) -> Credentials:
        keys = self.magento.store.keys
        return Credentials(
            base_url=self.magento.shop_url, consumer_key=keys.consumer_key, consumer_secret=keys.consumer_secret,
            access_token=keys.access_token, access_token_secret=keys.access_token_secret,
        )  # fmt: skip

    def _token(self) -> str:
        now = self.magento.clock.now()
        session = Session(shop_id=self.magento.shop().shop_id, started=now, renewed=now, locale="")
        return launch.session_token(self.magento.runtime.vault, session, now=now)


class Life:
    """Brings one store through its days; each day is finished before it is marked as lived, and can be lived again."""

    def __init__(self, world: MagentoWorld) -> None:
        self.world, self.stop_at = world, datetime.now(UTC)
        self.merchant, self.zone = MagentoMerchant(world), ZoneInfo(TIMEZONE)
        self.by_day: dict[date, list[Purchase]] = defaultdict(list)
        for purchase in purchases(ends_on=world.ends_on, zone=TIMEZONE):
            self.by_day[purchase.at.astimezone(self.zone).date()].append(purchase)

    def live_until_today(self, days: int) -> None:
        """What lies before the days happens before the store is connected, and is read as its history."""
        span = days_of(self.world.ends_on, days)
        if self._lived() is None:
            for day in sorted(day for day in self.by_day if day < span[0]):
                rng = random.Random(f"{SEED} {day}")  # noqa: S311 - a play, not a secret
                for purchase in self.by_day[day]:
                    self._buy(purchase, rng, code=None)
            self._to(span[0], EARLY)
            self.merchant.install()
        collect_rarely()
        with bar(len(span), "Living through the days", "days") as progress:
            self._live(span, progress.update)
        self.world.clock.set(self.stop_at)

    def _live(self, days: Sequence[date], progress: Callable[[int], object]) -> None:
        lived = self._lived()
        # whoever deleted an account in two years did so in the last days: asking about all every day takes its time
        self.world.worker.polling.sweeps = False
        for day in days:
            self.world.worker.pages_too = day in days[-LOOKED_AT:]
            if lived is None or day > lived:
                self._day(day)
                self._mark(day)
            progress(1)
        self.world.worker.polling.sweeps = True

    def _day(self, day: date) -> None:
        rng = random.Random(f"{SEED} {day}")  # noqa: S311 - a play, not a secret
        self._to(day, NIGHT)
        self.world.worker.drain()
        self.merchant.look_in()
        for purchase in self.by_day.get(day, ()):
            self._buy(purchase, rng, code=self._code(customer_id(purchase.customer_number), rng))
        self._to(day, EVENING)
        self.world.store.work_queue()
        self.world.store.bring_events(lose_share=LOST, duplicate_share=DELIVERED_TWICE, rng=rng)
        self.world.worker.drain()

    def _to(self, day: date, hour: time) -> None:
        moment = datetime.combine(day, hour, self.zone).astimezone(UTC)
        self.world.clock.set(min(moment, self.stop_at))

    def _buy(self, purchase: Purchase, rng: random.Random, *, code: str | None) -> None:
        at, store, who = min(purchase.at, self.stop_at), self.world.store, customer_id(purchase.customer_number)
        self.world.clock.set(at)
        fate = rng.random()
        with store.transaction() as connection:
            known = connection.execute("SELECT 1 FROM customers WHERE entity_id = ?", (who,)).fetchone()
            same = "SELECT 1 FROM orders WHERE customer_id = ? AND created_at = ?"
            if connection.execute(same, (who, stamp(at))).fetchone():
                return
        if known is None:
            store.add_customer(who, customer_name(purchase.customer_number), at=at)
        try:
            placed = store.checkout(customer_id=who, total=purchase.total, code=code, at=at)
        except Refused:
            placed = store.checkout(customer_id=who, total=purchase.total, at=at)
        if fate < CANCELLED + REFUNDED and placed.total:
            store.refund(placed.order_id, str(placed.total))

    def _code(self, who: int, rng: random.Random) -> str | None:
        """The best code that this customer was sent, if they care to use it: the store itself binds codes to nobody."""
        with self.world.runtime.database.reading() as db:
            known = offers.of_customers(db, self.world.shop().shop_id, [str(who)]).get(str(who), [])
        now = self.world.clock.now()
        good = [one for one in known if one.state == "issued" and one.code and one.ends_at and one.ends_at > now]
        if not good or rng.random() > USES_CODE:
            return None
        return max(good, key=lambda one: int(one.benefit["value"])).code

    def _lived(self) -> date | None:
        with self.world.store.transaction() as connection:
            row = connection.execute("SELECT value FROM settings WHERE key = ?", (LIVED,)).fetchone()
        return None if row is None else date.fromisoformat(json.loads(row["value"])["day"])

    def _mark(self, day: date) -> None:
        told = json.dumps({"day": day.isoformat()})
        with self.world.store.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", (LIVED, told))


def _stay(world: MagentoWorld) -> None:
    world.clock.let_go()
    stop = threading.Event()
    thread = threading.Thread(target=world.worker.run, args=(stop,), name="worker", daemon=True)
    thread.start()
    link = launch_url(world.runtime, world.shop(), origin=world.app_url, lives_seconds=LINK_SECONDS)
    click.echo("")
    click.echo(f"  The merchant's page       {link}   (the link opens once)")
    click.echo(f"  The store's integrations  {world.shop_url}/admin")
    click.echo(f"  The store's REST API      {world.shop_url}/rest/V1")
    click.echo("")
    click.echo(f"{world.shop().domain} is open. Press Ctrl-C to close it.")
    try:
        while True:
            world.store.work_queue()
            world.store.bring_events()
            seconds.sleep(0.5)
    except KeyboardInterrupt:
        click.echo("Closing.")
    finally:
        stop.set()
        thread.join(20)

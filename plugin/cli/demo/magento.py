"""The demo's store on Magento: events tell of its orders, and some get lost; it binds codes to nobody."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from plugin import connecting
from plugin.cli.demo.live import CANCELLED, DELIVERED_TWICE, REFUNDED, Life, chances
from plugin.cli.demo.magento_world import MagentoWorld, opened
from plugin.cli.demo.merchant import Merchant
from plugin.cli.demo.stage import TIMEZONE
from plugin.pages import launch
from plugin.pages.launch import Session
from plugin.platforms.magento.access import Credentials
from plugin.sandbox.history import Purchase, customer_name, purchases
from plugin.sandbox.magento.refusals import Refused
from plugin.sandbox.magento.values import stamp
from storage import offers

#: of all evenings on this share no event arrives; asking brings what they told
LOST = 0.02


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


class MagentoLife(Life):
    """The life of a Magento store; its past is read once it is connected."""

    def __init__(self, world: MagentoWorld, bought: Sequence[Purchase], *, stop_at: datetime) -> None:
        super().__init__(world, world.store, MagentoMerchant(world), bought, stop_at=stop_at)
        self.world = world

    def live_before(self, purchases: Sequence[Purchase]) -> None:
        """As on any day, but there are no codes yet."""
        for day, bought in groupby(purchases, key=self.day_of):
            rng = chances(day)
            for purchase in bought:
                self.set_out(purchase, rng, with_codes=False)

    def tell_the_past(self) -> None:
        """The worker reads it from the store."""

    def ask_now_and_then(self, *, asks: bool) -> None:
        """Whoever deleted an account in two years did so in the last days."""
        self.world.worker.polling.sweeps = asks

    def buy(self, who: int, purchase: Purchase, *, at: datetime, code: str | None, fate: float) -> None:
        """With the code where the store takes it; a few orders are refunded."""
        store = self.world.store
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

    def codes(self, who: int) -> Sequence[tuple[float, str]]:
        """Those that this customer was sent, by what they give."""
        with self.world.runtime.database.reading() as db:
            known = offers.of_customers(db, self.world.shop().shop_id, [str(who)]).get(str(who), [])
        now = self.world.clock.now()
        good = [one for one in known if one.state == "issued" and one.ends_at and one.ends_at > now]
        return [(float(one.benefit["value"]), one.code) for one in good if one.code]

    def tell(self, rng: random.Random) -> None:
        """By events, of which a few get lost."""
        self.world.store.work_queue()
        # the module loses what it cannot bring: all that waits on an evening when nobody answers it
        lost = 1.0 if rng.random() < LOST else 0.0
        self.world.store.bring_events(lose_share=lost, duplicate_share=DELIVERED_TWICE, rng=rng)

    def show(self, link: str) -> Sequence[str]:
        """Where to look, a line each."""
        return (
            f"The merchant's page       {link}   (the link opens once)",
            f"The store's integrations  {self.world.shop_url}/admin",
            f"The store's REST API      {self.world.shop_url}/rest/V1",
        )

    def go_on(self) -> None:
        """A moment of the store's ordinary life."""
        self.world.store.work_queue()
        self.world.store.bring_events()


@contextmanager
def beginning(directory: Path, port: int) -> Iterator[MagentoLife]:
    """A store in a folder, ready to live until now."""
    with opened(directory, port) as world:
        bought = purchases(ends_on=world.ends_on, zone=TIMEZONE)
        yield MagentoLife(world, bought, stop_at=datetime.now(UTC))

"""A store whose customers buy now, Regulars installed in it on a database, and what both of them know afterwards."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import update

from plugin import runtime
from plugin.config import Config
from plugin.installation import Installer
from plugin.rewards import stored, wire
from plugin.runtime import Runtime
from plugin.sandbox import deliveries, diary, discounts
from plugin.sandbox.deliveries import Outgoing
from plugin.sandbox.discounts import CodeRefused
from plugin.sandbox.server import serve
from plugin.sandbox.store import SCOPES, Store
from plugin.sandbox.throttle import Plan
from plugin.usecases import change_program
from storage import inbox, outbox, programs, shops, tables
from storage.inbox import Delivery
from tests.journeys.conftest import free_port

DOMAIN = "campaign-goods.myshopify.com"
CLIENT_ID, SECRET, KEY = "campaign", "shpss_" + 32 * "c", 64 * "0"
FIRST_CUSTOMER = 7_000_000_000_000_000
#: a store that lets itself be asked as much as a campaign asks
PLAN = Plan(maximum=1e9, restore_rate=1e9)
#: of a hundred purchases so many are paid with a code, refunded, cancelled
WITH_CODE, REFUNDED, CANCELLED = 30, 10, 5


@dataclass
class Town:
    """The store, and a second look at the database that the programs use."""

    url: str
    store: Store
    runtime: Runtime
    shop_id: int
    environment: dict[str, str]
    rng: random.Random
    orders: set[str] = field(default_factory=set)
    customers: int = 0

    def live(self, purchases: int) -> list[Outgoing]:
        """So many purchases, some with codes, some taken back; the webhooks that tell of them."""
        for _ in range(purchases):
            who = self._somebody()
            diary.know(self.store, who, "Ada Tester", now())
            code = self._code_of(who) if self.rng.randrange(100) < WITH_CODE else None
            total = f"{self.rng.randrange(500, 9_000) / 100:.2f}"
            try:
                placed = self.store.checkout(customer_id=who, total=total, code=code)
            except CodeRefused:
                placed = self.store.checkout(customer_id=who, total=total)
            self.orders.add(str(placed.order_id))
            fate = self.rng.randrange(100)
            with suppress(ValueError):
                if fate < REFUNDED:
                    self.store.refund(placed.order_id, "1.00")
                elif fate < REFUNDED + CANCELLED:
                    self.store.cancel(placed.order_id)
        return self.outgoing()

    def put_into_inbox(self, sent: Sequence[Outgoing]) -> None:
        """Keeps deliveries without a server, as one would."""
        kept = [
            Delivery(
                shop_id=self.shop_id, delivery_id=name(one.number), topic=one.topic,
                triggered_at=datetime.fromisoformat(one.triggered_at), received_at=now(), body=one.body,
            )
            for one in sent
        ]  # fmt: skip
        with self.runtime.database.transaction() as db:
            inbox.keep(db, kept)

    def leases_end(self) -> None:
        """Time passes for what a killed worker had taken, and for what was to be tried again later."""
        with self.runtime.database.transaction() as db:
            for queue in (tables.inbox, tables.outbox):
                again = update(queue).where(queue.c.shop_id == self.shop_id, queue.c.state == "waiting")
                db.execute(again.values(claimed_until=None, run_at=now()))

    def waiting(self) -> int:
        """What is still to be done, taken in or sent out."""
        with self.runtime.database.reading() as db:
            return inbox.waiting(db) + outbox.waiting(db)

    def _somebody(self) -> int:
        """A customer of this store: every other one buys for the first time, and so earns an offer."""
        if not self.customers or self.rng.randrange(2):
            self.customers += 1
            return FIRST_CUSTOMER + self.customers
        return FIRST_CUSTOMER + self.rng.randint(1, self.customers)

    def _code_of(self, who: int) -> str | None:
        with self.store.transaction() as connection:
            found = [one for one in discounts.meant_for(connection, who) if one.status(now()) == "ACTIVE"]
        unused = [one.terms.code for one in found if not one.times_used]
        return self.rng.choice(unused) if unused else None

    def outgoing(self) -> list[Outgoing]:
        """Takes the webhooks that wait at the store."""
        with self.store.transaction() as connection:
            numbers = deliveries.waiting(connection)
            found = [
                one
                for start in range(0, len(numbers), 500)
                for one in deliveries.load(connection, numbers[start : start + 500])
            ]
            deliveries.drop(connection, numbers)
        return found


def now() -> datetime:
    """The store's clock and ours: these campaigns happen today."""
    return datetime.now(UTC)


def name(number: int) -> str:
    """The id of a delivery."""
    return f"trap-{number:012d}"


@contextmanager
def opened(folder: Path, url: str, *, seed: int) -> Iterator[Town]:
    """A store under way with Regulars installed, rules in force that reward the first order already, nobody held out."""
    port = free_port()
    config = Config(
        database_url=url, secret_keys=(KEY,), shopify_client_id=CLIENT_ID, shopify_client_secret=SECRET,
        shopify_origin=f"http://127.0.0.1:{port}", allow_private_hosts=True, environment="campaign",
    )  # fmt: skip
    built = runtime.build(config)
    store = Store(
        folder / "store.db", domain=DOMAIN, client_id=CLIENT_ID, client_secret=SECRET, app_url="http://127.0.0.1:9",
        now=now, timezone="UTC", scopes=(*SCOPES, "read_all_orders"), plan=PLAN,
    )  # fmt: skip
    store.subscribe({hook.topic: hook.uri for hook in built.manifest.shopify.all_webhooks})
    shop_side = serve(store, port=port)
    try:
        Installer(built, sleep=time.sleep).by_session(DOMAIN, store.id_token())
        with built.database.reading() as db:
            shop = shops.find(db, platform="shopify", domain=DOMAIN)
        assert shop is not None
        _rules(built, shop.shop_id)
        yield Town(url, store, built, shop.shop_id, _environment(config), random.Random(seed))
    finally:
        shop_side.close()
        store.close()
        built.database.close()


def _rules(built: Runtime, shop_id: int) -> None:
    with built.database.transaction() as db:
        current = programs.current(db, shop_id)
        assert current is not None
        body = wire.to_wire(stored.from_stored(current.body))
        body["loyalty"] |= {"enabled": True, "tiers": [{"name": "Regular", "spend_from": "0", "percent": 10}]}
        body["limits"] |= {"monthly_budget": "100000", "min_order": "0", "order_guard": "100", "wait_days": 7}
        body["holdout_percent"] = 0
        body["mode"] = "live"
        change_program.save(
            db, shop_id=shop_id, program=wire.from_wire(body), author="a test", note="", now=now(),
            base_version=current.version,
        )  # fmt: skip


def _environment(config: Config) -> dict[str, str]:
    return {
        "REGULARS_DATABASE_URL": config.database_url,
        "REGULARS_SECRET_KEYS": KEY,
        "REGULARS_SHOPIFY_CLIENT_ID": CLIENT_ID,
        "REGULARS_SHOPIFY_CLIENT_SECRET": SECRET,
        "REGULARS_SHOPIFY_ORIGIN": config.shopify_origin,
        "REGULARS_ALLOW_PRIVATE_HOSTS": "1",
        "REGULARS_ENVIRONMENT": "campaign",
    }

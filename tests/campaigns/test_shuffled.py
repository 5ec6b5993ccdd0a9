"""Laws 1 and 2 at length: however a real history is heard, and whatever was lost and read again, one state is left."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, select

from plugin.platforms.protocol import FetchedOrder, InDoubt, Platform
from storage import inbox, orders, shops
from storage.engine import Database
from storage.tables import customers, order_lines, refunds
from storage.tables import orders as orders_table
from tests import databases
from tests.campaigns import histories, town
from tests.campaigns.histories import WAYS, History
from tests.campaigns.running import Say
from tests.campaigns.town import Town
from tests.webhooks import line
from webhooks import intake

#: what a store tells of its customers and their orders
TOPICS = {
    "customers/create", "customers/update", "customers/delete", "customers/merge",
    "customers_email_marketing_consent/update", "orders/create", "orders/paid", "orders/updated", "orders/edited",
    "orders/cancelled", "refunds/create",
}  # fmt: skip
FACTS = (customers, orders_table, order_lines, refunds)
#: about so many, counted over all the ways in which a customer's history is heard
DELIVERIES_PER_CUSTOMER = 40
#: with fewer customers it may be that nothing of importance is lost
FEWEST = 80
HISTORIES_AT_ONCE = 10
KEPT_AT_ONCE, CLAIMED_AT_MOST = 150, 100
TRIES = 5
#: not a fact: which of two tellings of one instant wins. An order that went to another customer by a merge has another
#: one once it is read again, though nothing else of it changed
READ_ANEW = (orders_table.c.rank,)
INSTALLED = town.now()


def test_some_histories(a_town: Callable[..., Town], sqlite_url: str, tmp_path: Path, sqlite_template: Path) -> None:
    """Real purchases, refunds, cancellations and merges of some customers: each way of hearing them leaves the same bytes."""
    there = a_town(sqlite_url)
    lived = histories.lived(there, 48)
    count = compare(there, lived, lambda: _a_file(sqlite_template, tmp_path), random.Random(1))

    assert count > 1_500
    assert {one.topic for history in lived for one in history.told} == TOPICS


def test_some_histories_on_postgresql(a_town: Callable[..., Town], sqlite_url: str, fresh_postgresql_url: str) -> None:
    """The same on PostgreSQL."""
    there = a_town(sqlite_url)
    compare(there, histories.lived(there, 8, first=200), lambda: Database(fresh_postgresql_url), random.Random(2))


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_tenth_of_a_million_deliveries(
    a_town: Callable[..., Town], tmp_path: Path, sqlite_template: Path, size: Callable[[str], int], say: Say
) -> None:
    """The same over many more customers."""
    seed, wanted, heard, rounds, count = size("campaign-seed"), size("history-deliveries"), 0, 0, 0
    while heard < wanted:
        (folder := tmp_path / f"round-{rounds}").mkdir()
        there = a_town(databases.sqlite_copy(sqlite_template, folder), seed + rounds, folder=folder)
        left = (wanted - heard) // DELIVERIES_PER_CUSTOMER
        lived = histories.lived(there, min(2_357, max(FEWEST, left)))
        rng = random.Random(seed + rounds)
        heard += compare(there, lived, lambda: _a_file(sqlite_template, tmp_path), rng, say=say)
        rounds, count = rounds + 1, count + len(lived)
    say(f"{heard} deliveries of {count} histories in {rounds} rounds: one state for each history")


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_part_of_them_on_postgresql(
    a_town: Callable[..., Town], sqlite_url: str, fresh_postgresql_url: str, size: Callable[[str], int], say: Say
) -> None:
    """A fifth of as many on PostgreSQL, one round at most."""
    seed, wanted = size("campaign-seed"), size("history-deliveries") // 5
    there = a_town(sqlite_url, seed)
    lived = histories.lived(there, wanted // DELIVERIES_PER_CUSTOMER)
    heard = compare(there, lived, lambda: Database(fresh_postgresql_url), random.Random(seed), say=say)
    say(f"{heard} deliveries of {len(lived)} histories on PostgreSQL: one state for each history")


def compare(
    there: Town, lived: Sequence[History], fresh: Callable[[], Database], rng: random.Random, *, say: Say | None = None
) -> int:
    """Hears each history on every way, each in a shop of its own; how many deliveries that were."""
    heard = behind = 0
    waves = list(histories.waves(lived, HISTORIES_AT_ONCE))
    for number, wave in enumerate(waves):
        database = fresh()
        told = {(place, way): one.heard(way, rng) for place, one in enumerate(wave) for way in WAYS}
        shop_of = {key: _a_shop(database, f"{number}-{key[0]}-{key[1]}") for key in told}
        heard += _hear(database, [(shop_of[key], line_) for key, line_ in told.items()], rng)
        for place, history in enumerate(wave):
            straight = dump(database, shop_of[place, "straight"])
            for way in ("shuffled", "doubled"):
                assert dump(database, shop_of[place, way]) == straight, f"{way} history {place} of wave {number}"
            came = {one.number for one in told[place, "lost"]}
            lost = histories.orders_in(one for one in history.told if one.number not in came)
            facts = dump(database, shop_of[place, "straight"], but=READ_ANEW)
            behind += dump(database, shop_of[place, "lost"], but=READ_ANEW) != facts
            _reconcile(there, database, shop_of[place, "lost"], lost)
            again = dump(database, shop_of[place, "lost"], but=READ_ANEW)
            assert again == facts, f"lost history {place} of wave {number}"
        database.close()
        if say and number % 10 == 9:
            say(f"wave {number + 1} of {len(waves)}: {heard} deliveries")
    # the losses were real: without reading again the dumps would not be equal
    assert behind
    return heard


def dump(database: Database, shop_id: int, *, but: Collection[Column[Any]] = ()) -> bytes:
    """All that is known of a shop's customers and orders, but these columns, in one canonical form."""
    passed_over = set(but)
    with database.reading() as db:
        rows = {
            table.name: db.execute(
                select(*(column for column in table.c if column.name != "shop_id" and column not in passed_over))
                .where(table.c.shop_id == shop_id)
                .order_by(*table.primary_key)
            ).all()
            for table in FACTS
        }
    return repr({name: [tuple(row) for row in found] for name, found in rows.items()}).encode()


def _hear(database: Database, lines: Sequence[tuple[int, list]], rng: random.Random) -> int:  # type: ignore[type-arg]
    """Keeps and takes in, a part after the other, in batches of any size."""
    now, count = town.now(), 0
    arriving = (
        histories.delivery(shop_id, one, place=place, now=now)
        for shop_id, one, place in histories.interleaved(lines, rng)
    )
    while part := list(itertools.islice(arriving, KEPT_AT_ONCE)):
        with database.transaction() as db:
            inbox.keep(db, part)
        count += len(part)
        _take_in(database, rng.randint(1, CLAIMED_AT_MOST))
    return count


def _take_in(database: Database, batch: int) -> None:
    now = town.now() + timedelta(seconds=1)
    while True:
        with database.transaction() as db:
            rows = inbox.claim(db, now=now, limit=batch, lease_seconds=60)
        if not rows:
            return
        understood = intake.understand(rows, dict.fromkeys({row.shop_id for row in rows}, "USD"))
        assert not understood.refused
        with database.transaction() as db:
            intake.record(db, understood, fingerprints=line.fingerprints, now=now)


def _reconcile(there: Town, database: Database, shop_id: int, numbers: Iterable[int]) -> None:
    """Reads the orders again from the store, over its API."""
    with there.runtime.database.reading() as db:
        shop = shops.get(db, there.shop_id)
    store = there.runtime.open_platform(shop)
    fetched = [found for number in sorted(numbers) if (found := _read(store, str(number))) is not None]
    with database.transaction() as db:
        orders.record_many(
            db, shop_id, [one.order for one in fetched], [refund for one in fetched for refund in one.refunds]
        )


def _read(store: Platform, number: str) -> FetchedOrder | None:
    """The order as the store has it; asked again where this machine stood still meanwhile."""
    for _ in range(TRIES - 1):
        with suppress(InDoubt):
            return store.fetch_order(number)
    return store.fetch_order(number)


def _a_shop(database: Database, name: str) -> int:
    with database.transaction() as db:
        return shops.install(
            db, platform="shopify", domain=f"{name}.myshopify.com", credentials=None, scopes="", now=INSTALLED,
            nightly_due_at=INSTALLED,
        ).shop_id  # fmt: skip


_files = itertools.count()


def _a_file(template: Path, folder: Path) -> Database:
    (made := folder / f"wave-{next(_files)}").mkdir()
    return Database(databases.sqlite_copy(template, made))

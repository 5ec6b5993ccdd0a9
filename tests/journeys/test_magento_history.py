"""A Magento store's past is read whole and once, however it is interrupted, and says what living through it would have said."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from plugin import connecting
from plugin.platforms.magento.adobe_keys import AdobeKeys
from plugin.platforms.protocol import PlatformError
from plugin.sandbox.weather import Mishap
from plugin.usecases import import_progress
from plugin.worker.magento_round import Round
from storage import connections, orders, snapshots
from storage.tables import customers as people
from storage.tables import orders as bought
from storage.tables import refunds
from tests.journeys.magento import BEGIN, Magento, opened

ORDERS = 700


def a_past(magento: Magento, count: int, *, seed: int = 7) -> None:
    """Guests and accounts order, pay, send back, cancel, over the time before the beginning."""
    rng, store = random.Random(seed), magento.store
    span = timedelta(days=500)
    for number in range(count):
        magento.clock.set(BEGIN - span + span * number / count)
        who = rng.randrange(max(2, count // 5))
        email = f"p{who}@example.com"
        account = who % 3 == 0
        if account and rng.random() < 0.5:
            with store.transaction() as connection:
                known = connection.execute("SELECT 1 FROM customers WHERE entity_id = ?", (who + 1,)).fetchone()
            if known is None:
                store.add_customer(who + 1, "Ada Byron", email=email)
            placed = store.checkout(customer_id=who + 1, total=f"{rng.randrange(10, 90)}.00", paid=rng.random() < 0.9)
        else:
            placed = store.checkout(customer_id=None, total="40.00", email=email, configurable=rng.random() < 0.2)
        fate = rng.random()
        if fate < 0.03:
            store.cancel(placed.order_id)
        elif fate < 0.06 and placed.order_id % 2:
            _try(store.refund, placed.order_id, "5.00")
    magento.clock.set(BEGIN)


def facts(magento: Magento) -> dict[str, Any]:
    """What is kept of orders and refunds, and who is one person with whom; guests by what they are, not by their hash."""
    with magento.runtime.database.reading() as db:
        shop = magento.shop().shop_id
        names = {row.customer_id: row.merged_into or row.customer_id for row in db.execute(
            select(people.c.customer_id, people.c.merged_into).where(people.c.shop_id == shop)
        )}  # fmt: skip
        kept = db.execute(select(bought).where(bought.c.shop_id == shop).order_by(bought.c.order_id)).mappings().all()
        back = db.execute(select(refunds).where(refunds.c.shop_id == shop)).mappings().all()
    told = [{**row, "rank": ""} for row in kept]
    groups: dict[str, set[str]] = {}
    for row in told:
        groups.setdefault(names.get(row["customer_id"], row["customer_id"]), set()).add(row["order_id"])
        row["customer_id"] = row["customer_id"] if row["customer_id"].isdigit() else "a guest"
    return {
        "orders": told,
        "refunds": sorted((row["refund_id"], row["order_id"], row["amount_minor"]) for row in back),
        "people": sorted(map(sorted, groups.values())),
    }


def test_history_is_read_to_its_end_and_once(tmp_path: Path):
    """700 orders are read page by page in the background, measured, and reading them again changes nothing."""
    with opened(tmp_path) as magento:
        a_past(magento, ORDERS)
        connecting.by_values(magento.runtime, magento.credentials)
        asked = Round(magento.runtime, magento.shop())
        asked.history(pages=3)
        with magento.runtime.database.reading() as db:
            progress = import_progress.progress(db, magento.shop().shop_id, now=magento.clock.now())
        assert progress is not None
        assert (progress.read, progress.of) == (300, ORDERS)
        magento.worker.drain()
        assert (magento.state().past_done, magento.state().past_read) == (True, ORDERS)
        with magento.runtime.database.reading() as db:
            shop_id = magento.shop().shop_id
            assert orders.count(db, shop_id) == ORDERS
            measured = sum(snapshots.group_counts(db, shop_id).values())
            assert measured == len(set(orders.purchases(db, shop_id).customer_ids)) > 60
        once = facts(magento)
        asked = Round(magento.runtime, magento.shop())
        asked.again()
        while not asked.state.past_done:
            asked.history()
        assert facts(magento) == once


def test_a_broken_import_goes_on_where_it_stopped(tmp_path: Path):
    """Whatever answer gets lost, what was read stays, the next try goes on, and nothing is missing or twice."""
    with opened(tmp_path) as magento:
        a_past(magento, 350)
        connecting.by_values(magento.runtime, magento.credentials)
        broken = 0
        for mishap in (Mishap.RESET, Mishap.BAD_GATEWAY, Mishap.SERVER_ERROR, Mishap.LOST_ANSWER):
            asked = Round(magento.runtime, magento.shop())
            asked.history(pages=1)
            magento.store.weather.expect(mishap)
            try:
                asked.history(pages=1)
            except PlatformError:
                broken += 1
        magento.store.weather.clear()
        magento.worker.drain()
        assert broken == 4
        assert magento.state().past_read == 350
        with magento.runtime.database.reading() as db:
            assert orders.count(db, magento.shop().shop_id) == 350


def test_two_who_read_the_same_past_count_it_once(tmp_path: Path):
    """A worker and a command side by side: how far it is, is told of orders and not of readings."""
    with opened(tmp_path) as magento:
        a_past(magento, 350)
        connecting.by_values(magento.runtime, magento.credentials)
        one, other = (Round(magento.runtime, magento.shop()) for _ in range(2))
        one.history(pages=2)
        other.history(pages=1)
        assert (other.state.past_read, other.state.past_orders, other.state.past_total) == (200, 200, 350)
        one.history(pages=1)
        other.history()
        one.history()
        assert (magento.state().past_done, magento.state().past_read, magento.state().past_total) == (True, 350, 350)


def test_import_and_live_give_the_same_facts(tmp_path: Path):
    """Days with lost, doubled and late events leaves what reading the same store's history leaves."""
    (tmp_path / "live").mkdir()
    (tmp_path / "past").mkdir()
    with opened(tmp_path / "live") as magento:
        magento.connect()
        magento.worker.drain()
        live(magento, days=5)
        lived = facts(magento)
        assert magento.state().lost > 0
    with opened(tmp_path / "past") as magento:
        live(magento, days=5, connected=False)
        magento.connect()
        magento.worker.drain()
        assert facts(magento) == lived


def live(magento: Magento, *, days: int, connected: bool = True) -> None:
    """Some days of a shop: the same whether somebody listens or not."""
    rng, chaos, store = random.Random(3), random.Random(4), magento.store
    placed: list[int] = []
    for _ in range(days * 4):
        magento.clock.set(magento.clock.now() + timedelta(hours=6))
        who = rng.randrange(9)
        email = f"p{who}@example.com"
        if who < 3 and not any(number < 0 for number in placed):
            placed.append(-1)
            store.add_customer(who + 1, "Ada Byron", email=email)
        with store.transaction() as connection:
            known = connection.execute("SELECT entity_id FROM customers WHERE email = ?", (email,)).fetchone()
        mine = known["entity_id"] if known and rng.random() < 0.6 else None
        order = store.checkout(customer_id=mine, total="40.00", email=email, paid=rng.random() < 0.8)
        placed.append(order.order_id)
        for number in rng.sample([one for one in placed if one > 0], 1):
            act = rng.choice([store.hold, store.release, store.cancel, store.ship, None])
            if act is not None:
                _try(act, number)
            elif rng.random() < 0.7:
                _try(store.refund, number, "7.00")
        if connected:
            store.bring_events(lose_share=0.4, duplicate_share=0.2, rng=chaos)
        magento.clock.set(magento.clock.now() + timedelta(minutes=5))
        if connected:
            magento.worker.drain()
    magento.clock.set(magento.clock.now() + timedelta(days=1))
    magento.worker.drain()


def _try(act: Any, *given: Any) -> None:
    try:
        act(*given)
    except Exception as error:
        if type(error).__name__ not in {"Refused", "ValueError", "KeyError"}:
            raise


def test_one_second_with_more_than_a_page_is_read_whole(tmp_path: Path):
    """An import into the store gives hundreds of orders one time of change: polling passes over none and ends."""
    with opened(tmp_path, modules=False) as magento:
        magento.connect()
        magento.worker.drain()
        magento.clock.set(magento.clock.now() + timedelta(minutes=6))
        for number in range(230):
            magento.store.checkout(customer_id=None, total="40.00", email=f"p{number}@example.com")
        magento.passes(minutes=6)
        with magento.runtime.database.reading() as db:
            assert orders.count(db, magento.shop().shop_id) == 230


def test_a_store_view_that_was_made_since_is_looked_up(tmp_path: Path):
    """An order of an unknown view is understood once the store has told its views, in the same round."""
    with opened(tmp_path, modules=False) as magento:
        magento.connect()
        magento.worker.drain()
        with magento.runtime.database.transaction() as db:
            connections.keep_views(db, magento.shop().shop_id, {})
        placed = magento.store.checkout(customer_id=None, total="40.00")
        magento.passes(minutes=6)
        assert magento.order(placed.order_id) is not None
        assert magento.state().refused == {}


def test_an_order_that_cannot_be_understood_holds_nobody_up(tmp_path: Path):
    """It is named with the field that is wrong, the others come in, and once it can be understood it is forgotten as trouble."""
    with opened(tmp_path, modules=False) as magento:
        magento.connect()
        magento.worker.drain()
        odd, good = (magento.store.checkout(customer_id=None, total="40.00") for _ in range(2))
        _rewrite(magento, odd.order_id, state="invented")
        magento.passes(minutes=6)
        assert magento.order(good.order_id) is not None
        assert magento.order(odd.order_id) is None
        assert list(magento.state().refused) == [f"orders {odd.order_id}"]
        _rewrite(magento, odd.order_id, state="processing")
        magento.passes(days=1, hours=1)
        assert magento.order(odd.order_id) is not None
        assert magento.state().refused == {}


def _rewrite(magento: Magento, number: int, **changed: Any) -> None:
    with magento.store.transaction() as connection:
        row = connection.execute("SELECT body FROM orders WHERE entity_id = ?", (number,)).fetchone()
        body = json.dumps({**json.loads(row["body"]), **changed})
        connection.execute("UPDATE orders SET body = ? WHERE entity_id = ?", (body, number))


def test_adobes_keys_come_from_one_host_and_not_too_often(tmp_path: Path):
    """A key is fetched once a day, a missing one once a minute, and made-up paths ask Adobe ten times a minute at most."""
    with opened(tmp_path) as magento:
        ticks = [0.0]
        line = magento.runtime.lines["adobe"]
        keys = AdobeKeys(line, monotonic=lambda: ticks[0], host=magento.running.url)
        assert keys("/rest/V1/store/nothing.pem") is None
        assert len(keys.asked) == 1
        keys("/rest/V1/store/nothing.pem")
        assert len(keys.asked) == 1
        for number in range(40):
            keys(f"/made/up-{number}.pem")
        assert len(keys.asked) == 10
        ticks[0] = 61.0
        assert keys("/rest/V1/store/nothing.pem") is None
        assert len(keys.asked) == 1


def test_a_server_keeps_the_same_facts(tmp_path: Path, fresh_postgresql_url: str):
    """Days with lost events leave on PostgreSQL what they leave on SQLite."""
    told = []
    for place, url in (("file", ""), ("server", fresh_postgresql_url)):
        (tmp_path / place).mkdir()
        with opened(tmp_path / place, database_url=url) as magento:
            magento.connect()
            magento.worker.drain()
            live(magento, days=2)
            told.append(facts(magento))
    assert told[0] == told[1]

"""Who watches over all shops sees how the queues, the offers and the money stand, and how old the oldest of each is."""

from __future__ import annotations

from datetime import timedelta

from storage import access, budgets, gauges, inbox, offers, outbox, programs, shops
from storage.budgets import Cause
from storage.engine import Database
from tests.storage.test_offers import offer
from tests.storage.worlds import START, new_shop

LATER = START + timedelta(minutes=5)


def told(shop_id: int, delivery_id: str, topic: str = "orders/create", minutes: int = 0) -> inbox.Delivery:
    at = START + timedelta(minutes=minutes)
    return inbox.Delivery(shop_id=shop_id, delivery_id=delivery_id, topic=topic, received_at=at, body=b"{}")


def test_an_empty_database_is_all_zero(database: Database):
    """Where nothing is, nothing waits, and no age is invented."""
    with database.reading() as db:
        seen = gauges.read(db)
    assert seen == gauges.Gauges(
        inbox_waiting=0,
        outbox_waiting=0,
        inbox_since=None,
        outbox_since=None,
        inbox_dead=0,
        outbox_dead=0,
        offers={"planned": 0, "sending": 0, "issued": 0},
        in_doubt_since=None,
        forget_since=None,
    )


def test_the_queues_of_all_shops_are_counted(database: Database):
    """Waiting, dead and oldest over all shops; a request to forget counts until it is done, set aside or not."""
    with database.transaction() as db:
        one, two = new_shop(db), new_shop(db)
        asked = [told(two, "f1", "customers/redact", 1), told(two, "f2", "shop/redact", 2)]
        inbox.keep(db, [told(one, "a", minutes=3), told(two, "b", minutes=4), *asked])
        outbox.put(db, one, key="k", kind="x", payload={}, now=LATER)
        outbox.put(db, two, key="k", kind="x", payload={}, now=START)
        rows = {row.delivery_id: row for row in inbox.claim(db, now=LATER, limit=10, lease_seconds=60)}
        assert gauges.read(db).forget_since == START + timedelta(minutes=1)
        inbox.set_aside(db, rows["f1"], "why", LATER)
        inbox.done(db, [rows["f2"]], LATER)
        seen = gauges.read(db)
        assert (seen.inbox_waiting, seen.inbox_since) == (2, START + timedelta(minutes=3))
        assert (seen.inbox_dead, seen.forget_since) == (1, START + timedelta(minutes=1))
        assert (seen.outbox_waiting, seen.outbox_since) == (2, START)
        shops.pause(db, two, None)
        assert gauges.read(db).outbox_since == LATER
        outbox.give_up_all(db, one, "no", LATER)
        outbox.give_up_all(db, two, "no", LATER)
        assert gauges.read(db).outbox_dead == 1


def test_offers_and_money_of_all_shops_are_told(database: Database):
    """Open offers by state, the oldest doubt, this month's money, and the newest rules of each shop that is served."""
    with database.transaction() as db:
        one, two, paused = new_shop(db), new_shop(db), new_shop(db)
        for shop_id in (one, two, paused):
            offers.open_many(db, shop_id, [offer("o1"), offer("o2", cycle="2", code="B")])
            offers.advance(db, shop_id, "o1", to="sending", sending_at=START + timedelta(minutes=shop_id))
            programs.append(db, shop_id, body={"v": 1}, author="", note="", now=START)
            programs.append(db, shop_id, body={"v": shop_id}, author="", note="", now=LATER)
            budgets.reserve(db, shop_id, month="2026-03", amount=100, cap=1000, cause=Cause("reserve", START))
        offers.advance(db, two, "o1", to="issued")
        shops.pause(db, paused, None)
        seen = gauges.read(db)
        assert seen.offers == {"planned": 3, "sending": 2, "issued": 1}
        assert seen.in_doubt_since == START + timedelta(minutes=one)
        assert sorted(rule.body["v"] for rule in gauges.rules(db)) == [one, two]
        assert [(row.month, row.reserved_minor, row.booked_minor) for row in gauges.money(db, {"2026-03"})] == [
            ("2026-03", 100, 0),
            ("2026-03", 100, 0),
        ]
        assert gauges.money(db, {"2026-04"}) == []


def test_stores_that_are_not_called_are_counted(database: Database):
    """A store is held back while it is paused or lets us in no longer; one that left counts nowhere."""
    with database.transaction() as db:
        one, two, three, four = (new_shop(db) for _ in range(4))
        assert gauges.ways(db) == {"closed": 4, "open": 0}
        shops.pause(db, one, None)
        access.lose(db, two, "no", LATER)
        shops.uninstall(db, three, LATER)
        assert gauges.ways(db) == {"closed": 1, "open": 2}
        shops.resume(db, one)
        assert gauges.ways(db) == {"closed": 2, "open": 1}
        shops.uninstall(db, four, LATER)
        assert gauges.ways(db) == {"closed": 1, "open": 1}


def test_what_stores_had_otherwise_is_counted(database: Database):
    """Offers in force with a note of a change, and codes that wait to be disowned; other notes and other calls are not."""
    with database.transaction() as db:
        shop_id = new_shop(db)
        offers.open_many(db, shop_id, [offer(one, cycle=one) for one in ("o1", "o2", "o3")])
        for one in ("o1", "o2"):
            offers.advance(db, shop_id, one, to="sending", sending_at=START)
            offers.advance(db, shop_id, one, to="issued")
        assert gauges.drift(db, changed="100% ", unknown="disown") == {"changed": 0, "unknown": 0}
        offers.amend(db, shop_id, "o1", note="100% other")
        offers.amend(db, shop_id, "o2", note="100 other")
        offers.amend(db, shop_id, "o3", note="100% other")
        outbox.put(db, shop_id, key="k1", kind="disown", payload={}, now=START)
        outbox.put(db, shop_id, key="k2", kind="create", payload={}, now=START)
        assert gauges.drift(db, changed="100% ", unknown="disown") == {"changed": 1, "unknown": 1}

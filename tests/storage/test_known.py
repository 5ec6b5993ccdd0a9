"""What was known when: kept as it was, told in its order, and forgotten in time."""

from __future__ import annotations

from datetime import timedelta

from storage import known, orders
from storage.columns import to_micros
from storage.engine import Database
from storage.facts import RefundFact
from tests.storage.worlds import START, order

DAY = timedelta(days=1)


def test_an_order_is_kept_as_it_stood_each_time(database: Database, shop_id: int) -> None:
    """A refund makes a second row; the first stays, and each batch has a number of its own."""
    refund = RefundFact(refund_id="r", order_id="1", refunded_at=START, amount_minor=10**6, currency="EUR")
    with database.transaction() as db:
        orders.record_many(db, shop_id, [order("1", "ann"), order("2", "bob")], [])
        known.tell(db, shop_id, order_ids=["1", "2"], customer_ids=["ann", "bob"], now=START)
        orders.record_many(db, shop_id, [], [refund])
        known.tell(db, shop_id, order_ids=["1", "2"], customer_ids=["ann"], now=START + DAY)
        told = known.told(db, shop_id)
        mine = known.told(db, shop_id, customer_ids=["bob"])

    assert [(one.sitting, one.order_id, one.at, one.net_minor > 0) for one in told] == [
        (1, "1", to_micros(START), True),
        (1, "2", to_micros(START), True),
        (2, "1", to_micros(START + DAY), False),
    ]
    assert [one.order_id for one in mine] == ["2"]


def test_looks_without_a_pause_are_one_watch(database: Database, shop_id: int) -> None:
    """A look is written down once a minute, joined to the one before it, and begins anew after five minutes."""
    seconds = (0, 30, 60, 200, 200 + 301)
    with database.transaction() as db:
        written = []
        for second in seconds:
            now = START + timedelta(seconds=second)
            if known.unwatched(db, shop_id, now):
                known.watch(db, shop_id, now)
                written.append(second)
        watches = known.watched(db, shop_id)

    begin = to_micros(START)
    assert written == [0, 60, 200, 501]
    assert watches == [(begin, begin + 200 * 10**6), (begin + 501 * 10**6, begin + 501 * 10**6)]


def test_what_is_old_is_forgotten(database: Database, shop_id: int) -> None:
    """Nothing from before the bound is left."""
    with database.transaction() as db:
        orders.record_many(db, shop_id, [order("1", "ann")], [])
        for moment in (START, START + DAY):
            known.tell(db, shop_id, order_ids=["1"], customer_ids=["ann"], now=moment)
            known.keep_model(db, shop_id, {"gaps": None}, at=moment, everyone=True)
            known.watch(db, shop_id, moment)
        known.prune(db, shop_id, START + DAY)

        assert [one.at for one in known.told(db, shop_id)] == [to_micros(START + DAY)]
        assert [one.at for one in known.models(db, shop_id)] == [START + DAY]
        assert [since for since, _until in known.watched(db, shop_id)] == [to_micros(START + DAY)]

"""The rows are a function of the facts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from storage import customers, orders, tables
from storage.engine import Database
from storage.facts import CustomerFact, MergeFact, RefundFact
from tests.storage.dumps import dump
from tests.storage.worlds import START, Fact, facts, new_shop, order, order_facts, refund_facts, take

LATER = START + timedelta(hours=1)


@st.composite
def tellings(draw: st.DrawFn) -> tuple[list[list[Fact]], list[list[Fact]]]:
    """The same facts twice, each in its own order, its own duplicates and its own batches."""
    told = draw(st.lists(facts, max_size=20))

    def telling() -> list[list[Fact]]:
        again = draw(st.lists(st.sampled_from(told), max_size=4)) if told else []
        deck = draw(st.permutations(told + again))
        cuts = sorted(draw(st.sets(st.integers(0, len(deck)), max_size=3)))
        return [deck[start:end] for start, end in zip([0, *cuts], [*cuts, len(deck)], strict=True)]

    return telling(), telling()


@given(twice=tellings())
def test_any_shuffle_with_duplicates_leaves_the_same_rows(database: Database, twice: tuple[list[list[Fact]], ...]):
    """Disorder, duplicates, late refunds, merges and equal instants change nothing."""
    with database.transaction() as db:
        dumps = []
        for batches in twice:
            shop_id = new_shop(db)
            for batch in batches:
                take(db, shop_id, batch)
            dumps.append(dump(db, shop_id))
        assert dumps[0] == dumps[1]


@given(before=st.lists(facts, max_size=8), batch=st.lists(order_facts | refund_facts, max_size=6))
def test_everyone_whose_purchases_change_is_touched(database: Database, before: list[Fact], batch: list[Fact]):
    """Whoever is not touched has the same purchases as before."""
    with database.transaction() as db:
        shop_id = new_shop(db)
        take(db, shop_id, before)
        was = _by_customer(orders.purchases(db, shop_id))
        touched = take(db, shop_id, batch)
        now = _by_customer(orders.purchases(db, shop_id))
        assert {one for one in was.keys() | now.keys() if was.get(one) != now.get(one)} <= touched


@given(told=st.lists(facts, max_size=10))
def test_a_purchase_belongs_to_who_is_left_after_all_merges(database: Database, told: list[Fact]):
    """No order counts for one who was merged away, and everybody's canonical id is its own canonical id."""
    with database.transaction() as db:
        shop_id = new_shop(db)
        take(db, shop_id, told)
        buyers = set(orders.purchases(db, shop_id).customer_ids)
        assert customers.canonical(db, shop_id, buyers) == {one: one for one in buyers}
        everyone = customers.canonical(db, shop_id, ["c1", "c2", "c3", "c4"])
        assert {everyone[kept] for kept in everyone.values()} == set(everyone.values())


def test_nothing_is_touched_by_what_is_known(database: Database, shop_id: int):
    """The same fact a second time touches nobody."""
    refund = RefundFact(refund_id="r1", order_id="o1", refunded_at=START, amount_minor=3000, currency="EUR")
    with database.transaction() as db:
        assert orders.record_many(db, shop_id, [order()], [refund]) == {"c1"}
        assert orders.record_many(db, shop_id, [order()], [refund]) == set()


def test_an_order_that_changes_hands_touches_both(database: Database, shop_id: int):
    """Who had the order and who has it now are both to be measured anew; a guest is nobody."""
    with database.transaction() as db:
        orders.record_many(db, shop_id, [order("o1", None)], [])
        assert orders.record_many(db, shop_id, [order("o1", "c1", updated_at=LATER)], []) == {"c1"}
        moved = order("o1", "c2", updated_at=LATER + timedelta(hours=1))
        assert orders.record_many(db, shop_id, [moved], []) == {"c1", "c2"}


@pytest.mark.parametrize(
    ("gross", "current", "refunded", "net"),
    [
        pytest.param(10_000, 10_000, 0, 10_000, id="nothing given back"),
        pytest.param(10_000, 10_000, 3_000, 7_000, id="the store's total does not know of the refund"),
        pytest.param(10_000, 7_000, 3_000, 7_000, id="the store's total knows of the refund"),
        pytest.param(10_000, 12_000, 3_000, 9_000, id="something was added, then given back"),
        pytest.param(10_000, 10_000, 10_000, 0, id="all given back"),
        pytest.param(10_000, 0, 12_000, 0, id="more given back than paid"),
    ],
)
def test_what_is_left_of_an_order(database: Database, shop_id: int, gross: int, current: int, refunded: int, net: int):
    """A refund counts once, whether or not the store has taken it off its total; an empty order is no purchase."""
    told = order(gross_minor=gross, current_minor=current)
    refund = RefundFact(refund_id="r1", order_id="o1", refunded_at=START, amount_minor=refunded, currency="EUR")
    with database.transaction() as db:
        orders.record_many(db, shop_id, [told], [refund])
        stored = orders.get(db, shop_id, "o1")
        assert stored is not None
        assert (stored.net_minor, stored.valid) == (net, net > 0)
        assert orders.purchases(db, shop_id).net_minor == ([net] if net else [])


@pytest.mark.parametrize(
    "changed", [{"test": True}, {"paid": False}, {"cancelled_at": START}], ids=lambda one: next(iter(one))
)
def test_what_is_no_purchase(database: Database, shop_id: int, changed: dict[str, object]):
    """Test orders, unpaid ones and cancelled ones are kept, and do not count."""
    with database.transaction() as db:
        orders.record_many(db, shop_id, [order(**changed)], [])
        assert orders.count(db, shop_id) == 1
        assert orders.purchases(db, shop_id).customer_ids == []
        assert orders.latest(db, shop_id, ["c1"]) == {}


@pytest.mark.parametrize("changed", [{"paid": False}, {"cancelled_at": START}], ids=lambda one: next(iter(one)))
@pytest.mark.parametrize("first", ["before", "after"])
def test_of_one_instant_the_telling_further_along_wins(
    database: Database, shop_id: int, first: str, changed: dict[str, object]
):
    """A cancellation told with the same time stamp as the order is believed, whichever comes first."""
    pair = [order(), order(**changed)]
    with database.transaction() as db:
        for told in pair if first == "before" else reversed(pair):
            orders.record_many(db, shop_id, [told], [])
        stored = orders.get(db, shop_id, "o1")
        assert stored is not None
        assert not stored.valid


@pytest.mark.parametrize("first", ["before", "after"])
def test_of_one_instant_the_telling_that_knows_where_wins(database: Database, shop_id: int, first: str):
    """A past that is read again fills in channel and country, which no one had asked for when it was read first."""
    pair = [order(), order(channel="pos", country="DE")]
    with database.transaction() as db:
        for told in pair if first == "before" else reversed(pair):
            orders.record_many(db, shop_id, [told], [])
        where = select(tables.orders.c.channel, tables.orders.c.country)
        assert db.execute(where.where(tables.orders.c.shop_id == shop_id)).all() == [("pos", "DE")]


def test_purchases_are_seen_up_to_an_instant_and_of_some(database: Database, shop_id: int):
    """The end is included, guests are not, and the columns are sorted by customer, instant and order."""
    told = [order("o3", "c2"), order("o2", "c1", ordered_at=LATER), order("o1", "c1"), order("o4", None)]
    with database.transaction() as db:
        orders.record_many(db, shop_id, told, [])
        start, later = (int(moment.timestamp()) * 1_000_000 for moment in (START, LATER))
        everything = orders.purchases(db, shop_id)
        assert everything == (["c1", "c1", "c2"], [start, later, start], [10_000] * 3, ["o1", "o2", "o3"])
        assert orders.purchases(db, shop_id, until=START).at_micros == [start, start]
        assert orders.purchases(db, shop_id, customer_ids={"c2", "nobody"}).customer_ids == ["c2"]
        assert orders.purchases(db, shop_id, customer_ids=[]).customer_ids == []
        assert orders.latest(db, shop_id, ["c1", "c2", "nobody"]) == {"c1": "o2", "c2": "o3"}


def test_more_names_than_a_statement_takes_parameters(database: Database, shop_id: int):
    """A question about tens of thousands of customers is one statement like any other."""
    with database.transaction() as db:
        orders.record_many(db, shop_id, [order("o1", "c69999")], [])
        asked = [f"c{number}" for number in range(70_000)]
        assert orders.purchases(db, shop_id, customer_ids=asked).customer_ids == ["c69999"]


def test_ids_are_sorted_by_code_point(database: Database, shop_id: int):
    """Both databases sort names as Python does."""
    ids = ["Z", "a", "_", "10", "9", "é", "用户", "B"]
    with database.transaction() as db:
        orders.record_many(db, shop_id, [order(f"of {one}", one) for one in ids], [])
        assert orders.purchases(db, shop_id).customer_ids == sorted(ids)


def test_who_gets_no_offers(database: Database, shop_id: int):
    """Those whom the merchant left out and those whom the store deleted; being left out outlasts a merge."""
    with database.transaction() as db:
        customers.record_many(db, shop_id, [CustomerFact(customer_id="c2", updated_at=START, deleted=True)])
        customers.leave_out(db, shop_id, "c1", left_out=True)
        assert customers.left_out(db, shop_id, ["c1", "c2", "c3"]) == {"c1", "c2"}
        customers.merge(db, shop_id, MergeFact(kept_id="c3", gone_id="c1", merged_at=START))
        assert "c3" in customers.left_out(db, shop_id, ["c3"])
        customers.leave_out(db, shop_id, "c1", left_out=False)
        assert "c3" not in customers.left_out(db, shop_id, ["c3"])
        assert customers.family(db, shop_id, "c1") == {"c1", "c3"}


def _by_customer(purchases: orders.Purchases) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for customer_id, at, net in zip(*purchases[:3], strict=True):
        found.setdefault(customer_id, []).append((at, net))
    return found

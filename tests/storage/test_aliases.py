"""Many names united at once leave what merging them one after the other leaves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from storage import aliases, customers, orders
from storage.engine import Database
from storage.facts import CustomerFact, MergeFact
from tests.storage.worlds import new_shop, order

START = datetime(2026, 3, 2, tzinfo=UTC)
NAMES = st.sampled_from(["1", "2", "3", "guest-a", "guest-b", "guest-c"])
MERGES = st.lists(st.tuples(NAMES, NAMES), max_size=6)


def facts(pairs):
    return [
        MergeFact(kept_id=kept, gone_id=gone, merged_at=START + timedelta(hours=place))
        for place, (kept, gone) in enumerate(pairs)
        if kept != gone
    ]


@settings(max_examples=15, deadline=None)
@given(bought=st.lists(NAMES, max_size=3), first=MERGES, then=MERGES)
def test_united_at_once_is_merged_one_by_one(sqlite_database: Database, bought, first, then):
    """Whoever bought before, and whatever was united before, many at once leave the rows that one by one leave."""
    with sqlite_database.transaction() as db:
        quick, slow = new_shop(db), new_shop(db)
        for shop in (quick, slow):
            told = [order(str(place), who) for place, who in enumerate(bought)]
            orders.record_many(db, shop, told, [])
            customers.record_many(db, shop, [CustomerFact(customer_id=who, updated_at=START) for who in bought])
        for pairs in (first, then):
            aliases.unite(db, quick, facts(pairs))
            for fact in facts(pairs):
                customers.merge(db, slow, fact)
        ids = ["1", "2", "3", "guest-a", "guest-b", "guest-c"]
        one, other = (customers.canonical(db, shop, ids) for shop in (quick, slow))
        assert {frozenset(a for a in ids if one[a] == one[b]) for b in ids} == {
            frozenset(a for a in ids if other[a] == other[b]) for b in ids
        }
        assert set(one.values()) <= set(ids)


def test_a_name_that_owns_nothing_is_only_written_down(database: Database, shop_id: int):
    """An account's guest name costs one row; orders under that name later count for the account."""
    with database.transaction() as db:
        assert aliases.unite(db, shop_id, facts([("5", "guest-a"), ("6", "guest-b"), ("5", "guest-a")])) == set()
        assert aliases.unite(db, shop_id, facts([("5", "guest-a")])) == set()
        assert orders.record_many(db, shop_id, [order("1", "guest-a")], []) == {"5"}
        assert customers.canonical(db, shop_id, ["guest-a", "guest-b", "5"]) == {
            "guest-a": "5", "guest-b": "6", "5": "5"
        }  # fmt: skip


def test_a_guest_who_bought_before_is_merged_with_everything(database: Database, shop_id: int):
    """Orders that a guest placed before the account was known move to the account."""
    with database.transaction() as db:
        orders.record_many(db, shop_id, [order("1", "guest-a")], [])
        assert aliases.unite(db, shop_id, facts([("5", "guest-a")])) >= {"5"}
        assert orders.purchases(db, shop_id).customer_ids == ["5"]


def test_accounts_are_told_page_by_page_without_guests(database: Database, shop_id: int):
    """Accounts come by id, guests and deleted ones never; versions are those of the orders that are known."""
    with database.transaction() as db:
        told = [
            CustomerFact(customer_id=one, updated_at=START, deleted=one == "3") for one in ("1", "2", "3", "guest-a")
        ]
        customers.record_many(db, shop_id, told)
        assert aliases.accounts(db, shop_id, after="", without="guest-", limit=1) == ["1"]
        assert aliases.accounts(db, shop_id, after="1", without="guest-", limit=9) == ["2"]
        orders.record_many(db, shop_id, [order("1", "1")], [])
        assert list(aliases.versions(db, shop_id, ["1", "2"])) == ["1"]

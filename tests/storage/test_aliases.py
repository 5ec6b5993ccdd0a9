"""Many names united at once leave what merging them one after the other leaves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from storage import aliases, customers, orders
from storage.engine import Database
from storage.facts import CustomerFact, MergeFact
from storage.tables import customers as people
from storage.tables import orders as purchases
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


PEOPLE = (people.c.customer_id, people.c.gone, people.c.merged_into, people.c.tags)


@settings(max_examples=25, deadline=None)
@given(bought=st.lists(NAMES, max_size=3), wishes=st.lists(NAMES, max_size=1), first=MERGES, then=MERGES)
def test_united_at_once_is_merged_one_by_one(sqlite_database: Database, bought, wishes, first, then):
    """Whoever bought or wished before, and whatever was united before, many at once leave the rows that one by one leave."""
    with sqlite_database.transaction() as db:
        quick, slow = new_shop(db), new_shop(db)
        for shop in (quick, slow):
            told = [order(str(place), who) for place, who in enumerate(bought)]
            orders.record_many(db, shop, told, [])
            customers.record_many(db, shop, [CustomerFact(customer_id=who, updated_at=START) for who in bought])
            for who in wishes:
                customers.leave_out(db, shop, who, left_out=True)
        for pairs in (first, then):
            aliases.unite(db, quick, facts(pairs))
            for fact in facts(pairs):
                customers.merge(db, slow, fact)
            assert rows(db, quick) == rows(db, slow)


def rows(db, shop):
    """Everyone, whose wishes hold, and whose orders are whose."""
    of_people = select(*PEOPLE).where(people.c.shop_id == shop).order_by(people.c.customer_id)
    # of a name that was sent away no wish is looked at
    wished = (people.c.shop_id == shop, people.c.merged_into.is_(None), people.c.left_out)
    left_out = select(people.c.customer_id).where(*wished).order_by(people.c.customer_id)
    bought = select(purchases.c.order_id, purchases.c.customer_id).where(purchases.c.shop_id == shop)
    return db.execute(of_people).all(), db.execute(left_out).all(), sorted(db.execute(bought).all())


def test_many_names_are_moved_with_few_questions(sqlite_database: Database):
    """Guests who bought before they had accounts, addresses shared among accounts: what is asked does not grow with them."""
    asked: list[int] = []
    for many in (20, 200):
        with sqlite_database.transaction() as db:
            shop = new_shop(db)
            told = [order(str(place), f"guest-{place}") for place in range(many)]
            orders.record_many(db, shop, told, [])
            pairs = [(str(place // 3), f"guest-{place * 7 % many}") for place in range(many)]
            seen: list[str] = []
            event.listen(db, "before_cursor_execute", lambda *said: seen.append(said[2]))  # noqa: B023
            aliases.unite(db, shop, facts(pairs))
            asked.append(len(seen))
            assert len(orders.purchases(db, shop).customer_ids) == many
            assert not any(one.startswith("guest") for one in orders.purchases(db, shop).customer_ids)
    assert asked[0] == asked[1]
    assert asked[0] < 30


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

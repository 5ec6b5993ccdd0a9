"""Pages of lists hold everything that is asked for, once, and only what is asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage import listings, offers, snapshots
from storage.engine import Database
from storage.listings import LATENESS, SORTS, CustomerFilter, OfferFilter
from tests.storage.filled import customer, fill
from tests.storage.test_offers import offer
from tests.storage.worlds import START, new_shop

PEOPLE = range(7)
EVERYONE = {customer(one) for one in PEOPLE}


@pytest.fixture
def shop_id(database: Database) -> int:
    with database.transaction() as db:
        made = new_shop(db)
        fill(db, made, PEOPLE)
        fill(db, new_shop(db), range(9))
    return made


@pytest.mark.parametrize("sort", SORTS)
def test_pages_share_out_the_list(database: Database, shop_id: int, sort: str):
    """Every customer of the shop is on one page, and each page tells how many there are in all."""
    found = []
    with database.reading() as db:
        for offset in (0, 3, 6):
            part = listings.customers(
                db, shop_id, CustomerFilter(), sort=sort, now=START, limit=3, offset=offset
            )  # fmt: skip
            assert part.count == len(PEOPLE)
            found += [row.customer_id for row in part.items]

    assert sorted(found) == sorted(EVERYONE)


def test_scores_spend_and_lateness_share_out_the_customers(database: Database, shop_id: int):
    """Each value of a filter is a part of the whole; spend is from, and not to."""

    def count(**asked: object) -> int:
        wanted = CustomerFilter(**asked)  # type: ignore[arg-type]
        with database.reading() as db:
            return listings.customers(db, shop_id, wanted, sort="spend", now=START, limit=9, offset=0).count

    with database.reading() as db:
        rows = list(snapshots.every(db, shop_id))
    spend = rows[0].spend_365d_minor

    assert sum(count(r=r, value=value) for r in range(1, 6) for value in range(1, 6)) == len(rows)
    assert sum(count(lateness=name) for name in LATENESS) == sum(row.late_at is not None for row in rows)
    assert count(spend_below=spend) + count(spend_from=spend) == len(rows)
    assert count(group=rows[0].group) == sum(row.group == rows[0].group for row in rows)


def test_offers_come_newest_first_and_by_what_is_asked(database: Database, shop_id: int):
    """State, kind and step narrow the list; the count is that of the narrowed one."""
    later = START + timedelta(days=3)
    with database.transaction() as db:
        extra = {"kind": "win_back", "step": "reminder", "state": "held_out", "code": None, "created_at": later}
        offers.open_many(db, shop_id, [offer("late", customer_id=customer(1), **extra)])
    with database.reading() as db:
        everything = listings.offers_made(db, shop_id, OfferFilter(), limit=99, offset=0)
        held = listings.offers_made(db, shop_id, OfferFilter(states=["held_out"]), limit=1, offset=0)
        none = listings.offers_made(db, shop_id, OfferFilter(kind="win_back", step="offer"), limit=9, offset=0)

    assert everything.items[0].offer_id == "late"
    assert everything.count == len(PEOPLE) + 1
    assert ([one.offer_id for one in held.items], held.count) == (["late"], 1)
    assert (none.items, none.count) == ([], 0)


def test_what_is_known_of_some_customers(database: Database, shop_id: int):
    """Their decisions and orders, of this shop only."""
    with database.reading() as db:
        known = listings.decisions_on(db, shop_id, [customer(1), customer(8)])
        mine = listings.orders_of(db, shop_id, customer(2), limit=5)

    assert known.keys() == {customer(1)}
    assert {order.customer_id for order in mine} == {customer(2)}

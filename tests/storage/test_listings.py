"""Pages of lists hold everything that is asked for, once, and only what is asked for."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain

import pytest

from storage import listings, offers, snapshots
from storage.engine import Database
from storage.listings import LATENESS, SORTS, CustomerFilter, OfferFilter, Part, Place
from storage.snapshots import Snapshot
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
    """Forwards and backwards, every customer of the shop is on one page, and each page tells how many there are."""

    def page(place: Place | None) -> Part[Snapshot]:
        with database.reading() as db:
            return listings.customers(db, shop_id, CustomerFilter(), sort=sort, now=START, limit=3, place=place)

    pages = [page(None)]
    while pages[-1].after:
        pages.append(page(Place(pages[-1].last)))
    back = [page(Place(pages[-1].first, backwards=True))]
    while back[-1].before:
        back.append(page(Place(back[-1].first, backwards=True)))
    forward = [[row.customer_id for row in one.items] for one in pages]

    assert sorted(chain.from_iterable(forward)) == sorted(EVERYONE)
    assert {one.count for one in (*pages, *back)} == {len(PEOPLE)}
    assert [[row.customer_id for row in one.items] for one in back] == forward[:-1][::-1]
    assert [one.before for one in pages] == [False, True, True]


@pytest.mark.parametrize("sort", SORTS)
def test_a_page_stays_where_it_is_when_the_one_before_it_shrinks(database: Database, shop_id: int, sort: str):
    """Who is forgotten on page one takes nobody from page two."""
    with database.transaction() as db:
        told = {"sort": sort, "now": START, "limit": 3}
        first = listings.customers(db, shop_id, CustomerFilter(), **told)
        second = listings.customers(db, shop_id, CustomerFilter(), place=Place(first.last), **told)
        snapshots.forget(db, shop_id, [row.customer_id for row in first.items])
        again = listings.customers(db, shop_id, CustomerFilter(), place=Place(first.last), **told)

    assert again.items == second.items


def test_customers_are_found_by_how_their_id_begins(database: Database, shop_id: int):
    """The whole id finds one; no sign of a pattern has a meaning."""

    def found(begins: str) -> set[str]:
        with database.reading() as db:
            asked = CustomerFilter(begins=begins)
            return {
                one.customer_id
                for one in listings.customers(db, shop_id, asked, sort="spend", now=START, limit=9).items
            }

    assert found(customer(3)) == {customer(3)}
    assert found(customer(3)[:-1]) == EVERYONE
    assert found("%") == found("_" * len(customer(3))) == set()


def test_pages_of_offers_share_them_out(database: Database, shop_id: int):
    """Also those made in the same instant."""
    with database.reading() as db:
        found, place = [], None
        while True:
            part = listings.offers_made(db, shop_id, OfferFilter(), limit=2, place=place)
            found += [one.offer_id for one in part.items]
            if not part.after:
                break
            place = Place(part.last)
        back = listings.offers_made(db, shop_id, OfferFilter(), limit=2, place=Place(part.first, backwards=True))
        everything = listings.offers_made(db, shop_id, OfferFilter(), limit=99)

    assert found == [one.offer_id for one in everything.items]
    assert [one.offer_id for one in back.items] == found[-len(part.items) - 2 : -len(part.items)]


def test_scores_spend_and_lateness_share_out_the_customers(database: Database, shop_id: int):
    """Each value of a filter is a part of the whole; spend is from, and not to."""

    def count(**asked: object) -> int:
        wanted = CustomerFilter(**asked)  # type: ignore[arg-type]
        with database.reading() as db:
            return listings.customers(db, shop_id, wanted, sort="spend", now=START, limit=9).count

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
        everything = listings.offers_made(db, shop_id, OfferFilter(), limit=99)
        held = listings.offers_made(db, shop_id, OfferFilter(states=["held_out"]), limit=1)
        none = listings.offers_made(db, shop_id, OfferFilter(kind="win_back", step="offer"), limit=9)

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

"""A shop's life: connected, paused, disconnected, connected anew."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from storage import shops
from storage.engine import Database
from storage.facts import ShopFact
from storage.shops import Shop
from tests.storage.worlds import new_shop

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def connect(db: Connection, at: datetime = NOW, sealed: bytes = b"sealed", scopes: str = "read_orders") -> Shop:
    return shops.install(
        db, platform="shopify", domain="a.myshopify.com", credentials=sealed, scopes=scopes, now=at, nightly_due_at=at
    )


def test_connecting_again_is_the_same_shop(database: Database):
    """While it is connected, a new installation replaces credentials and scopes and nothing else."""
    with database.transaction() as db:
        first = connect(db)
        shops.pause(db, first.shop_id, "the token is dead")
        again = connect(db, LATER, b"new", "read_orders,write_discounts")
        assert (again.shop_id, again.generation, again.installed_at, again.state, again.trouble) == (
            first.shop_id, 1, NOW, "active", None,
        )  # fmt: skip
        assert (again.scopes, shops.credentials(db, first.shop_id)) == ("read_orders,write_discounts", b"new")
        assert shops.every(db) == [again] == [shops.find(db, platform="shopify", domain="a.myshopify.com")]


def test_coming_back_is_the_next_generation(database: Database):
    """After an uninstall the shop keeps its number and starts a generation, with a night of its own."""
    with database.transaction() as db:
        first = connect(db)
        assert shops.uninstall(db, first.shop_id, LATER)
        gone = shops.get(db, first.shop_id)
        assert (gone.state, gone.uninstalled_at, shops.credentials(db, gone.shop_id)) == ("uninstalled", LATER, None)
        back = connect(db, LATER)
        assert (back.shop_id, back.generation, back.installed_at, back.uninstalled_at, back.nightly_due_at) == (
            first.shop_id, 2, LATER, None, LATER,
        )  # fmt: skip


def test_a_late_uninstall_is_not_believed(database: Database):
    """News of an uninstall from before the present installation changes nothing; a second one neither."""
    with database.transaction() as db:
        shop_id = connect(db, LATER).shop_id
        assert not shops.uninstall(db, shop_id, NOW)
        assert shops.get(db, shop_id).state == "active"
        assert shops.uninstall(db, shop_id, LATER)
        assert not shops.uninstall(db, shop_id, LATER)


def test_pausing_does_not_bring_back_the_uninstalled(database: Database):
    """Pausing, resuming and new credentials are for connected shops."""
    with database.transaction() as db:
        shop_id = connect(db).shop_id
        shops.pause(db, shop_id, "frozen")
        assert (shops.get(db, shop_id).state, shops.get(db, shop_id).trouble) == ("paused", "frozen")
        shops.resume(db, shop_id)
        assert (shops.get(db, shop_id).state, shops.get(db, shop_id).trouble) == ("active", None)
        shops.uninstall(db, shop_id, NOW)
        shops.pause(db, shop_id, None)
        shops.resume(db, shop_id)
        shops.keep_credentials(db, shop_id, b"x")
        assert shops.get(db, shop_id).state == "uninstalled"
        assert shops.credentials(db, shop_id) is None


def test_active_shops_come_due(database: Database):
    """The nightly measurement is due at its instant, for active shops, the longest overdue first."""
    with database.transaction() as db:
        ids = [new_shop(db) for _ in range(4)]
        for shop_id, hours in zip(ids, (3, 1, 2, 0), strict=True):
            shops.plan_nightly(db, shop_id, NOW + timedelta(hours=hours))
        shops.pause(db, ids[3], None)
        due = shops.due(db, NOW + timedelta(hours=2))
        assert [shop.shop_id for shop in due] == [ids[1], ids[2]]


@given(
    told=st.lists(
        st.builds(
            ShopFact,
            name=st.sampled_from(["A", "B"]),
            currency=st.sampled_from(["EUR", "JPY"]),
            timezone=st.just("UTC"),
            updated_at=st.sampled_from([NOW, LATER]),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_what_a_store_says_of_itself(database: Database, told: list[ShopFact]):
    """The newest telling stays, in whatever order they come."""
    outcomes = set()
    with database.transaction() as db:
        for sequence in permutations(told):
            shop_id = new_shop(db)
            for fact in sequence:
                shops.tell(db, shop_id, fact)
            shop = shops.get(db, shop_id)
            outcomes.add((shop.name, shop.currency, shop.timezone))
    assert len(outcomes) == 1
    newest = max(fact.updated_at for fact in told)
    assert outcomes <= {(fact.name, fact.currency, fact.timezone) for fact in told if fact.updated_at == newest}


def test_the_model_of_the_night(database: Database):
    """The store-wide numbers come back as they were kept, with their instant."""
    with database.transaction() as db:
        shop_id = connect(db).shop_id
        assert shops.model(db, shop_id) is None
        shops.keep_model(db, shop_id, {"cuts": [1, 2.5], "名": None}, LATER)
        assert json.loads(shops.model(db, shop_id) or "") == {"cuts": [1, 2.5], "名": None}
        assert shops.get(db, shop_id).model_as_of == LATER


def test_an_unknown_shop(database: Database):
    """Asking for a shop that is not there is a mistake; looking for one is not."""
    with database.reading() as db:
        assert shops.find(db, platform="shopify", domain="nobody.myshopify.com") is None
        with pytest.raises(LookupError, match="no shop 7"):
            shops.get(db, 7)

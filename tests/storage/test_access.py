"""How the way into a store stands: one renews, newer credentials stay, news from before says nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage import access, shops
from storage.engine import Database
from tests.conftest import INSTALLED_AT as NOW

pytestmark = pytest.mark.usefixtures("shop_named")
HOUR = timedelta(hours=1)


def test_of_two_who_renew_one_has_the_lease(database: Database, shop_id: int):
    """Until it ends or is given back; a later one is not given back by an earlier holder."""
    with database.transaction() as db:
        first = access.lease(db, shop_id, now=NOW, seconds=90)
        assert first is not None
        assert access.lease(db, shop_id, now=NOW, seconds=90) is None
        second = access.lease(db, shop_id, now=NOW + HOUR, seconds=90)
        assert second is not None
        access.release(db, shop_id, first)
        assert access.lease(db, shop_id, now=NOW + HOUR, seconds=90) is None


def test_credentials_are_replaced_only_where_they_were_read(database: Database, shop_id: int):
    """Whoever comes with an answer to older ones changes nothing; a new pair is believed and ends the lease."""
    with database.transaction() as db:
        assert access.distrust(db, shop_id, NOW)
        assert access.kept(db, shop_id) == (b"sealed", True)
        assert access.replace(db, shop_id, old=b"sealed", new=b"sealed anew")
        assert access.kept(db, shop_id) == (b"sealed anew", True)
        assert not access.replace(db, shop_id, old=b"sealed", new=b"late", scopes="")
        assert access.replace(db, shop_id, old=b"sealed anew", new=b"pair", scopes="read_orders")
        assert access.kept(db, shop_id) == (b"pair", False)
        assert shops.get(db, shop_id).scopes == "read_orders"
        assert access.everyone(db, platform="shopify") == [("first.myshopify.com", b"pair")]


@pytest.mark.parametrize("reason", [None, "paused by hand"])
def test_what_shut_us_out_is_over_when_we_are_let_in(database: Database, shop_id: int, reason: str | None):
    """The first moment stays until then; what was paused for another reason stays paused."""
    with database.transaction() as db:
        if reason:
            shops.pause(db, shop_id, reason)
        access.lose(db, shop_id, "frozen", NOW)
        access.lose(db, shop_id, "gone", NOW + HOUR)
        shop = shops.get(db, shop_id)
        assert (shop.state, shop.trouble) == ("paused", reason or "gone")
        assert (shop.access_lost_at, shop.access_trouble) == (NOW, "gone")
        assert access.regain(db, shop_id)
        assert not access.regain(db, shop_id)
        shop = shops.get(db, shop_id)
        assert (shop.state, shop.trouble, shop.access_lost_at) == ("paused" if reason else "active", reason, None)


def test_news_of_leaving_waits_for_its_proof(database: Database, shop_id: int):
    """Only if it is newer than the last grant; a grant ends the waiting, and so does the uninstall."""
    with database.transaction() as db:
        assert not access.told_left(db, shop_id, NOW - HOUR, now=NOW)
        assert access.told_left(db, shop_id, NOW + HOUR, now=NOW + HOUR)
        assert not access.told_left(db, shop_id, NOW + HOUR, now=NOW + HOUR)
        assert access.to_prove(db, NOW) == []
        assert access.to_prove(db, NOW + HOUR) == [(shop_id, NOW + HOUR)]
        access.prove_later(db, shop_id, NOW + 2 * HOUR)
        assert access.to_prove(db, NOW + HOUR) == []
        access.grant(db, shop_id, credentials=b"new", scopes="", now=NOW + 2 * HOUR)
        assert access.to_prove(db, NOW + 3 * HOUR) == []
        assert not shops.uninstall(db, shop_id, NOW + HOUR)
        assert access.told_left(db, shop_id, NOW + 3 * HOUR, now=NOW + 3 * HOUR)
        assert shops.uninstall(db, shop_id, NOW + 3 * HOUR)
        assert access.to_prove(db, NOW + 9 * HOUR) == []


def test_an_expected_store_is_one_row_of_generation_zero(database: Database):
    """However often it is expected; its first installation is the first generation."""
    with database.transaction() as db:
        numbers = {access.expect(db, platform="shopify", domain="new.myshopify.com", now=NOW) for _ in range(3)}
        (number,) = numbers
        assert (shops.get(db, number).state, shops.get(db, number).generation) == ("uninstalled", 0)
        installed = shops.install(
            db, platform="shopify", domain="new.myshopify.com", credentials=b"x", scopes="", now=NOW + HOUR,
            nightly_due_at=NOW,
        )  # fmt: skip
        assert (installed.shop_id, installed.generation, installed.installed_at) == (number, 1, NOW + HOUR)


def test_a_connection_is_looked_after_once_an_hour(database: Database, shop_id: int):
    """By whoever comes first; a clock that was set back is no reason to wait."""
    with database.transaction() as db:
        assert access.look(db, shop_id, now=NOW, every=HOUR)
        assert not access.look(db, shop_id, now=NOW + HOUR / 2, every=HOUR)
        assert access.look(db, shop_id, now=NOW + HOUR, every=HOUR)
        assert access.look(db, shop_id, now=NOW - HOUR, every=HOUR)

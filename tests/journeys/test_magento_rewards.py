"""Rewards in a Magento store, from the decision to the coupon's end: once, to the hour, and never alive again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from plugin.platforms.magento.rulebook import GRAVEYARD
from plugin.sandbox.magento import rules
from plugin.sandbox.magento.refusals import Refused
from plugin.sandbox.weather import Mishap
from plugin.usecases import cancel_offers
from storage import budgets
from storage.offers import Offer
from tests.journeys import people
from tests.journeys.magento import Magento, opened

ADA = 5


@pytest.fixture
def magento(tmp_path: Path) -> Iterator[Magento]:
    """A connected store with rules, and a customer who has not bought yet."""
    with opened(tmp_path, modules=False) as made:
        made.connect()
        made.worker.drain()
        people.rules(made)
        made.store.add_customer(ADA, "Ada Byron", email="ada@example.com")
        yield made


def test_a_coupon_is_good_to_the_hour_and_not_a_minute_longer(magento: Magento) -> None:
    """Magento knows the day only; at the hour the code is off, and its money is free once an hour has passed in silence."""
    offer = _issued(magento)
    magento.clock.set(offer.ends_at - timedelta(minutes=2))
    magento.worker.drain()
    assert _good(magento, offer)
    magento.passes(minutes=2)
    assert not _good(magento, offer)
    assert _now(magento).state == "issued"
    magento.passes(hours=2)
    assert (_now(magento).state, _reserved(magento)) == ("expired", 0)


def test_an_end_that_the_store_slept_through_is_made_up_for(magento: Magento) -> None:
    """While the store is down nothing is closed and no money is free; when it is back the code is off before both."""
    offer = _issued(magento)
    held = _reserved(magento)
    magento.clock.set(offer.ends_at - timedelta(minutes=1))
    for method in ("GET", "POST", "PUT"):
        magento.store.weather.expect(*[Mishap.SERVER_ERROR] * 40, only=f"{method} ")
    for _ in range(3):
        magento.passes(hours=1)
    assert (_now(magento).state, _reserved(magento), _good(magento, offer)) == ("issued", held, True)
    magento.store.weather.clear()
    for _ in range(4):
        magento.passes(hours=1)
    assert (_now(magento).state, _reserved(magento), _good(magento, offer)) == ("expired", 0, False)


def test_the_first_order_that_is_heard_ends_the_code(magento: Magento) -> None:
    """Magento counts late; so the code is switched off as soon as an order tells of it, and nobody uses it again."""
    offer = _issued(magento)
    magento.store.checkout(customer_id=ADA, total="40.00", code=offer.code)
    assert _good(magento, offer)
    magento.passes(minutes=6)
    assert not _good(magento, offer)
    assert _now(magento).state == "redeemed"


def test_a_code_that_was_used_twice_before_anybody_heard_is_told(magento: Magento) -> None:
    """Both uses are counted and booked, and the merchant is told."""
    offer = _issued(magento)
    for _ in range(2):
        magento.store.checkout(customer_id=ADA, total="40.00", code=offer.code)
    magento.store.work_queue()
    magento.passes(minutes=6)
    after = _now(magento)
    assert (after.state, after.note) == ("redeemed", "used more than once")
    assert after.cost_minor == 2 * 400


def test_a_cancelled_code_rests_in_the_graveyard(magento: Magento) -> None:
    """Its name stays taken, nothing under that rule is good, and its money is free."""
    offer = _issued(magento)
    with magento.runtime.database.transaction() as db:
        cancel_offers.cancel_offer(db, offer.shop_id, offer.offer_id, why="by hand", now=magento.clock.now())
    magento.worker.drain()
    assert (_now(magento).state, _reserved(magento), _good(magento, offer)) == ("cancelled", 0, False)
    (coupon,) = _rows(magento, "SELECT * FROM coupons")
    (grave,) = (rule for rule in _rows(magento, "SELECT * FROM rules") if rule["rule_id"] == coupon["rule_id"])
    assert (grave["description"], grave["is_active"]) == (GRAVEYARD, 0)


@pytest.mark.parametrize(
    ("mishap", "at"),
    [
        (Mishap.LOST_ANSWER, "POST /rest/all/V1/coupons"),
        (Mishap.SERVER_ERROR, "POST /rest/all/V1/coupons"),
        (Mishap.LOST_ANSWER, "POST /rest/all/V1/salesRules"),
    ],
)
def test_whatever_is_lost_there_is_one_rule_and_one_coupon(magento: Magento, mishap: Mishap, at: str) -> None:
    """An answer that never came leaves the offer in doubt, and the next question finds what is there."""
    magento.store.weather.expect(mishap, only=at)
    magento.store.checkout(customer_id=ADA, total="40.00")
    magento.passes(minutes=6)
    assert _now(magento).state == "sending"
    magento.passes(minutes=6)
    assert _now(magento).state == "issued"
    assert len(_rows(magento, "SELECT * FROM rules")) == len(_rows(magento, "SELECT * FROM coupons")) == 1


def test_a_rule_that_the_merchant_deletes_takes_its_offers_with_it(magento: Magento) -> None:
    """Its coupons are gone: the offer is revoked within the day, its money free, and new offers get a new rule."""
    offer = _issued(magento)
    with magento.store.transaction() as connection:
        rules.delete(connection, 1)
    for _ in range(26):
        magento.passes(hours=1)
    after = next(one for one in people.made(magento) if one.offer_id == offer.offer_id)
    assert (after.state, after.note) == ("revoked", "deleted in the store")


def test_what_the_merchant_edits_is_named_and_left(magento: Magento) -> None:
    """An offer under an edited rule says what is other than it was made with, and stays."""
    offer = _issued(magento)
    with magento.store.transaction() as connection:
        rules.save(connection, {"discount_amount": 35}, rule_id=1)
    magento.passes(hours=2)
    after = _now(magento)
    assert (after.state, after.note) == ("issued", "changed in the store: percent")
    assert _good(magento, offer)


def test_a_rule_that_the_merchant_switches_off_is_respected(magento: Magento) -> None:
    """Nobody makes another one; who was to get a code of it is refused one, with the reason beside the offer."""
    offer = _issued(magento)
    with magento.store.transaction() as connection:
        rules.save(connection, {"is_active": False}, rule_id=1)
    magento.store.add_customer(6, "Bea Lovelace", email="bea@example.com")
    magento.store.checkout(customer_id=6, total="40.00")
    magento.passes(minutes=6)
    other = next(one for one in people.made(magento) if one.offer_id != offer.offer_id)
    assert other.state == "rejected"
    assert "switched off in the store" in (other.note or "")


def test_rules_of_the_past_are_taken_away_a_week_later(magento: Magento) -> None:
    """A used code, and one that ran out: the week after its end the rule is gone, and what they cost is still known."""
    offer = _issued(magento)
    magento.store.checkout(customer_id=ADA, total="40.00", code=offer.code)
    magento.store.work_queue()
    magento.passes(minutes=6)
    for _ in range(6):
        magento.passes(days=5)
    left = {rule["description"] for rule in _rows(magento, "SELECT * FROM rules WHERE to_date < '2026-03-20'")}
    assert left == {GRAVEYARD}
    after = next(one for one in people.made(magento) if one.offer_id == offer.offer_id)
    assert (after.state, after.cost_minor) == ("redeemed", 400)
    (coupon,) = (one for one in _rows(magento, "SELECT * FROM coupons") if one["code"] == offer.code)
    assert coupon["times_used"] == 1


def _issued(magento: Magento) -> Offer:
    magento.store.checkout(customer_id=ADA, total="40.00")
    magento.passes(minutes=6)
    (offer,) = people.made(magento)
    assert offer.state == "issued"
    return offer


def _now(magento: Magento) -> Offer:
    return people.made(magento)[0]


def _reserved(magento: Magento) -> int:
    with magento.runtime.database.reading() as db:
        return budgets.state(db, magento.shop().shop_id, "2026-03").reserved_minor


def _rows(magento: Magento, statement: str) -> list[dict[str, object]]:
    with magento.store.transaction() as connection:
        return [dict(row) for row in connection.execute(statement).fetchall()]


def _good(magento: Magento, offer: Offer) -> bool:
    """Whether the checkout would take the code now; nobody buys."""
    try:
        magento.store.quote(customer_id=ADA, total="40.00", code=offer.code or "")
    except Refused:
        return False
    return True

"""A Magento store from its connection to a redeemed coupon, with lost events, refunds, deletions and bad weather."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage import customers, orders
from tests.journeys import people
from tests.journeys.magento import Magento, opened


@pytest.fixture
def magento(tmp_path) -> Iterator[Magento]:
    """A connected store; its clock stands at 2 March 2026, 15:00 UTC."""
    with opened(tmp_path) as made:
        made.connect()
        made.worker.drain()
        yield made


def test_an_order_that_an_event_told_of_is_read_from_the_store(magento: Magento):
    """An event is a hint: what is kept is what the store says when it is asked, and no name of the buyer's."""
    magento.store.add_customer(5, "Ada Byron", email="ada@example.com")
    placed = magento.store.checkout(customer_id=5, total="40.00")
    magento.tells()
    kept = magento.order(placed.order_id)
    assert kept is not None
    assert (kept.customer_id, kept.net_minor, kept.valid) == ("5", 4000, True)
    assert magento.state().lost == 0


def test_what_no_event_told_of_is_found_by_asking(magento: Magento):
    """A lost event costs minutes: the order is found by polling, and the counter says that it was."""
    assert magento.state().events
    first = magento.store.checkout(customer_id=None, total="40.00")
    magento.tells(lose_share=1.0)
    assert magento.order(first.order_id) is None
    magento.passes(minutes=16)
    assert magento.order(first.order_id) is not None
    assert magento.state().lost == 1
    assert "\nregulars_reconciled_orders_total 1.0\n" in magento.runtime.metrics.text()

    magento.store.checkout(customer_id=None, total="30.00")
    magento.tells()
    magento.passes(minutes=16)
    assert (magento.state().lost, magento.state().heard) == (1, 1)


def test_a_store_without_modules_is_asked_every_five_minutes(tmp_path):
    """Without any module everything arrives by polling, refunds and cancellations included."""
    with opened(tmp_path, modules=False) as magento:
        magento.connect()
        magento.worker.drain()
        one, two, three = (magento.store.checkout(customer_id=None, total="40.00", paid=n < 2) for n in range(3))
        magento.passes(minutes=6)
        magento.store.refund(one.order_id, "15.00")
        magento.store.refund(two.order_id, "40.00")
        magento.store.cancel(three.order_id)
        magento.passes(minutes=6)
        kept = [magento.order(placed.order_id) for placed in (one, two, three)]
        assert [(order.net_minor, order.valid) for order in kept if order] == [(2500, True), (0, False), (4000, False)]
        assert kept[2] is not None
        assert kept[2].cancelled_at is not None


def test_guests_are_one_person_by_their_address_and_become_who_has_the_account(magento: Magento):
    """Two orders of a guest and one of the account with the same address are three orders of the account."""
    for _ in range(2):
        magento.store.checkout(customer_id=None, total="40.00", email="Ada@Example.com")
        magento.passes(minutes=6)
    magento.store.add_customer(5, "Ada Byron", email="ada@example.com")
    magento.store.checkout(customer_id=5, total="40.00")
    magento.passes(minutes=6)
    with magento.runtime.database.reading() as db:
        bought = orders.purchases(db, magento.shop().shop_id)
    assert bought.customer_ids == ["5"] * 3


def test_an_account_that_was_deleted_is_left_in_peace(magento: Magento):
    """No event tells of a deletion and no order changes its time: the daily look finds it."""
    people.rules(magento)
    magento.store.add_customer(5, "Ada Byron", email="ada@example.com")
    placed = magento.store.checkout(customer_id=5, total="40.00")
    magento.passes(minutes=6)
    magento.store.delete_customer(5)
    magento.passes(days=1, hours=1)
    with magento.runtime.database.reading() as db:
        assert customers.left_out(db, magento.shop().shop_id, ["5"]) == {"5"}
    kept = magento.order(placed.order_id)
    assert kept is not None
    assert kept.customer_id == "5"


def test_a_coupon_is_issued_used_and_taken_back(magento: Magento):
    """An order earns a coupon, the next order uses it, and its refund takes the use back."""
    people.rules(magento)
    magento.store.add_customer(5, "Ada Byron", email="ada@example.com")
    magento.store.checkout(customer_id=5, total="40.00")
    magento.passes(minutes=6)
    (code,) = magento.codes()
    used = magento.store.checkout(customer_id=5, total="40.00", code=code)
    assert used.discount > 0
    magento.passes(minutes=6)
    states = {offer.code: offer.state for offer in people.made(magento)}
    assert states[code] == "redeemed"
    magento.store.refund(used.order_id, str(used.total))
    magento.passes(minutes=6)
    assert magento.order(used.order_id).net_minor == 0

"""The checkout: what is taken off, and which codes it refuses."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.sandbox.cash import rounded, shared_out
from plugin.sandbox.discounts import CodeRefused, Refusal
from plugin.sandbox.order_bodies import Line
from tests.sandbox.conftest import CUSTOMER, OTHER
from tests.sandbox.documents import CREATE, DEACTIVATE, discount


@pytest.fixture
def coded(client):
    """A store with the code REG-ABC123 in it, after the changes given."""

    def make(**changes):
        made = client.ask(CREATE, input=discount(CUSTOMER, **changes))["discountCodeBasicCreate"]
        assert made["userErrors"] == []
        return made["codeDiscountNode"]["id"]

    return make


def refusal(store, **options):
    with pytest.raises(CodeRefused) as refused:
        store.checkout(**({"customer_id": CUSTOMER, "total": "30.00", "code": "reg-abc123"} | options))
    return refused.value.reason


def test_the_discount_is_taken_off(store, coded):
    """A percentage is taken off the goods, rounded to the cent."""
    coded()
    placed = store.checkout(customer_id=CUSTOMER, total="29.33", code=" reg-abc123 ")
    assert (placed.total, placed.discount, placed.code) == (Decimal("26.40"), Decimal("2.93"), "REG-ABC123")


def test_an_amount_never_takes_off_more_than_the_price(store, coded):
    """A fixed amount above the price makes the order free."""
    coded(customerGets={"value": {"discountAmount": {"amount": "50.00"}}, "items": {"all": True}})
    assert store.checkout(customer_id=CUSTOMER, total="29.33", code="REG-ABC123").total == 0


def test_an_unknown_code(store):
    """A code that the store does not have is refused, and nothing is bought."""
    assert refusal(store) is Refusal.UNKNOWN
    assert store.checkout(customer_id=None, total="1.00").name == "#1001"


def test_another_customer_and_a_guest(store, coded):
    """The code is for its customer only."""
    coded()
    assert refusal(store, customer_id=OTHER) is Refusal.OTHER_CUSTOMER
    assert refusal(store, customer_id=None) is Refusal.OTHER_CUSTOMER


def test_a_second_time(store, coded):
    """The code is good once, even when the first order was cancelled."""
    coded()
    first = store.checkout(customer_id=CUSTOMER, total="30.00", code="REG-ABC123")
    store.cancel(first.order_id)
    assert refusal(store) is Refusal.ALREADY_USED


def test_once_per_customer_without_a_limit(store, coded):
    """Each customer may use an open code once."""
    coded(context={"all": "ALL"}, usageLimit=None)
    store.checkout(customer_id=CUSTOMER, total="30.00", code="REG-ABC123")
    store.checkout(customer_id=OTHER, total="30.00", code="REG-ABC123")
    assert refusal(store) is Refusal.ALREADY_USED


def test_before_its_start_and_after_its_end(store, coded, clock):
    """The code is refused to the second of its start and from the second of its end."""
    coded(startsAt="2026-03-02T00:00:00Z", endsAt="2026-03-03T00:00:00Z")
    assert refusal(store) is Refusal.NOT_STARTED
    clock.forward(days=1.5)
    assert refusal(store) is Refusal.ENDED
    assert (
        store.checkout(customer_id=CUSTOMER, total="1.00", code="REG-ABC123", at=clock.at.replace(day=2)).discount > 0
    )


def test_below_its_minimum(store, coded):
    """The goods must cost the minimum before the discount."""
    coded(minimumRequirement={"subtotal": {"greaterThanOrEqualToSubtotal": "30.00"}})
    assert refusal(store, total="29.99") is Refusal.BELOW_MINIMUM
    assert store.checkout(customer_id=CUSTOMER, total="30.00", code="REG-ABC123").discount == 3


def test_below_its_minimum_quantity(store, coded):
    """The basket must hold enough pieces."""
    coded(minimumRequirement={"quantity": {"greaterThanOrEqualToQuantity": "2"}})
    assert refusal(store) is Refusal.BELOW_MINIMUM
    two = [Line(title="Compact disc", price=Decimal("15.00"), quantity=2)]
    assert store.checkout(customer_id=CUSTOMER, total="30.00", lines=two, code="REG-ABC123").discount == 3


def test_switched_off(store, client, coded):
    """A code that the app switched off is refused."""
    client.ask(DEACTIVATE, id=coded())
    assert refusal(store) is Refusal.SWITCHED_OFF


@pytest.mark.parametrize("total", ["-1.00", "1.005", "NaN", "one"])
def test_amounts_that_cannot_be_paid(store, total):
    """An amount must be a number of cents, not below zero."""
    with pytest.raises(ValueError, match="amount"):
        store.checkout(customer_id=None, total=total)


def test_what_does_not_fit(store):
    """Unknown customers, lines that do not add up and too large refunds are errors and change nothing."""
    with pytest.raises(ValueError, match="no customer"):
        store.checkout(customer_id=1, total="1.00")
    with pytest.raises(ValueError, match="add up"):
        store.checkout(customer_id=None, total="2.00", lines=[Line(title="A", price=Decimal("1.00"))])
    placed = store.checkout(customer_id=None, total="1.00")
    with pytest.raises(ValueError, match="left"):
        store.refund(placed.order_id, "1.01")
    store.cancel(placed.order_id)
    with pytest.raises(ValueError, match="cancelled already"):
        store.cancel(placed.order_id)


def test_yen_have_no_cents(make_store):
    """In a currency without minor units amounts are whole."""
    store = make_store(currency="JPY", timezone="Asia/Tokyo")
    assert store.checkout(customer_id=None, total="1000").total == Decimal(1000)
    with pytest.raises(ValueError, match="JPY"):
        store.checkout(customer_id=None, total="1000.50")


@given(
    weights=st.lists(st.decimals(0, 1000, places=2), min_size=1, max_size=8),
    share=st.decimals(0, 1, places=3),
)
def test_parts_add_up(weights, share):
    """However a discount is shared out, the parts add up to it and none is above its line or below zero."""
    total = rounded(sum(weights) * share, "USD")
    parts = shared_out(total, weights, "USD")
    assert sum(parts) == (total if sum(weights) else 0)
    assert all(0 <= part <= weight + Decimal("0.01") for part, weight in zip(parts, weights, strict=True))


def test_the_store_survives_its_process(make_store):
    """What was committed is there when the file is opened again, with the store's own settings."""
    first = make_store(name="First")
    first.subscribe({"orders/create": "/hook"})
    first.checkout(customer_id=None, total="1.00")
    second = make_store(name="Second")
    assert second.shop.name == "First"
    assert second.subscriptions == {"orders/create": "/hook"}
    assert second.checkout(customer_id=None, total="1.00").name == "#1002"


def test_no_order_that_was_told_is_lost_by_a_killed_process(tmp_path, make_store):
    """After kill -9 every order that checkout returned is there, with its webhooks in the queue."""
    script = (
        "import sys, datetime, pathlib\n"
        "from plugin.sandbox.store import Store\n"
        "now = lambda: datetime.datetime.now(datetime.UTC)\n"
        "store = Store(pathlib.Path(sys.argv[1]), domain='corner.myshopify.com', client_id='c', client_secret='s', app_url='http://x', now=now)\n"
        "store.subscribe({'orders/create': '/hook'})\n"
        "while True: print(store.checkout(customer_id=None, total='1.00').name, flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "store.db")], stdout=subprocess.PIPE, text=True
    )
    told = [process.stdout.readline().strip() for _ in range(25)]
    process.kill()
    told += process.stdout.read().split()
    process.stdout.close()
    process.wait()
    store = make_store()
    with store.transaction() as connection:
        names = {row[0] for row in connection.execute("SELECT json_extract(body, '$.name') FROM orders")}
        queued = connection.execute("SELECT count(*) FROM deliveries").fetchone()[0]
    assert told[0] == "#1001"
    assert {name for name in told if len(name) >= 5} <= names
    assert queued == len(names)

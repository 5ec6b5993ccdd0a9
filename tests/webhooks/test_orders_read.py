"""Order bodies: every quirk of Shopify's payloads leads to the fact that it means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.facts import CodeFact, CustomerFact, LineFact, OrderFact
from tests.webhooks import bodies
from webhooks.facts import Facts, Unexpected


def _order(name: str, payload: dict[str, Any] | None = None) -> OrderFact:
    (order,) = bodies.understood(name, payload).orders
    return order


def test_an_order() -> None:
    """A whole order becomes one fact, with its customer; ids are text, instants UTC, money the store's minor units."""
    assert bodies.understood("order") == Facts(
        orders=(
            OrderFact(
                order_id="5600112233445566778",
                customer_id="7311223344556677889",
                ordered_at=datetime(2026, 11, 2, 23, 20, 29, tzinfo=UTC),
                updated_at=datetime(2026, 11, 2, 23, 20, 33, tzinfo=UTC),
                cancelled_at=None,
                test=False,
                paid=True,
                currency="USD",
                gross_minor=138_40,
                current_minor=138_40,
                channel="web",
                codes=(CodeFact(code="AUTUMN-12", discount_minor=12_00),),
                lines=(
                    LineFact(
                        line_id="8801000000000000001",
                        product_id="6001000000000000001",
                        variant_id="6101000000000000001",
                        quantity=3,
                        total_minor=82_60,
                    ),
                    LineFact(
                        line_id="8801000000000000002",
                        product_id="6001000000000000002",
                        variant_id="6101000000000000002",
                        quantity=1,
                        total_minor=23_00,
                        gift_card=True,
                    ),
                    LineFact(
                        line_id="8801000000000000003", product_id=None, variant_id=None, quantity=1, total_minor=22_80
                    ),
                ),
            ),
        ),
        customers=(
            CustomerFact(
                customer_id="7311223344556677889", updated_at=datetime(2026, 10, 30, 13, 15, tzinfo=UTC), deleted=False
            ),
        ),
    )


@pytest.mark.parametrize("name", ["order_guest", "order_draft_without_customer"])
def test_a_guests_order_has_no_customer(name: str) -> None:
    """``customer`` null and ``customer`` absent are both a guest: the order is kept, nobody bought it."""
    facts = bodies.understood(name)

    assert facts.orders[0].customer_id is None
    assert facts.customers == ()


def test_a_customer_without_an_id_is_a_guest() -> None:
    """Channels that write an empty customer object mean a guest."""
    payload = bodies.body("order", customer={"id": None, "email": None})

    assert _order("order", payload).customer_id is None


@pytest.mark.parametrize(
    ("name", "customer_id"),
    [("order_phone_only_customer", "7311223344556670002"), ("order_redacted", "7311223344556677889")],
)
def test_missing_personal_fields_change_nothing(name: str, customer_id: str) -> None:
    """E-mail null, or all personal keys absent: the same facts as with them."""
    whole, less = _order("order"), _order(name)

    assert less.customer_id == customer_id
    assert (less.lines, less.codes, less.gross_minor) == (whole.lines, whole.codes, whole.gross_minor)


def test_the_synthetic_test_order_counts_for_nothing() -> None:
    """Shopify's own test delivery is a test, voided and cancelled, and its id passes 2^53 unharmed."""
    order = _order("order_test")

    assert order.order_id == "820982911946154508"
    assert (order.test, order.paid, order.cancelled_at is not None) == (True, False, True)


def test_a_purchase_without_processed_at_happened_when_created() -> None:
    """``processed_at`` null falls back to ``created_at``."""
    assert _order("order_test").ordered_at == datetime(2026, 11, 2, 23, 20, 31, tzinfo=UTC)


def test_imported_history_keeps_its_dates() -> None:
    """The purchase is ``processed_at``; ``created_at`` is only when it was imported."""
    assert _order("order_imported").ordered_at == datetime(2019, 3, 10, 6, 30, tzinfo=UTC)


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2198, 12, 31)),  # noqa: DTZ001 - the zone is drawn beside it
    st.integers(-14 * 60, 14 * 60),
)
def test_any_offset_is_the_same_instant(moment: datetime, minutes: int) -> None:
    """Times come with the shop's offset and are kept in UTC."""
    local = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))

    order = _order("order", bodies.body("order", processed_at=local.isoformat(), updated_at=local.isoformat()))

    assert order.ordered_at == order.updated_at == local
    assert order.ordered_at.tzinfo is UTC


def test_money_is_the_stores_not_the_buyers() -> None:
    """A store in yen, a buyer in euros: yen, without digits after the point; the code's discount is summed in yen."""
    order = _order("order_presentment")

    assert (order.currency, order.gross_minor, order.current_minor) == ("JPY", 15_000, 15_000)
    assert order.codes == (CodeFact(code="Autumn-12", discount_minor=900 + 120),)
    assert [line.total_minor for line in order.lines] == [2 * 8_000 - 1_000]


def test_three_digits_after_the_point() -> None:
    """Kuwaiti dinars have a thousand fils."""
    order = _order("order_three_decimals")

    assert (order.currency, order.gross_minor, order.codes[0].discount_minor) == ("KWD", 12_345, 1_255)


def test_the_amount_now_is_looked_for_in_three_places() -> None:
    """``current_total_price_set``, then ``total_price_set``, then the plain text."""
    payload = bodies.body("order_partially_refunded", current_total_price="1.00", total_price="2.00")
    without_current = bodies.without(payload, "current_total_price_set")
    plain = bodies.without(without_current, "total_price_set")

    amounts = [_order("order", body).current_minor for body in (payload, without_current, plain)]

    assert amounts == [110_86, 138_40, 1_00]
    assert _order("order", bodies.without(plain, "current_total_price")).current_minor == 2_00


def test_sets_that_are_null_are_absent() -> None:
    """A set, or its shop money, may be null."""
    payload = bodies.body("order", current_total_price_set=None, total_price_set={"shop_money": None})

    order = _order("order", payload)

    assert (order.gross_minor, order.currency) == (138_40, "USD")


def test_the_currency_may_have_to_be_known() -> None:
    """Where the body names no currency, the store's known one is meant; where that is unknown too, it is unexpected."""
    payload = bodies.without(
        bodies.body("order"), "currency", "total_price_set", "current_total_price_set", "presentment_currency"
    )

    assert bodies.understood("order", payload, currency_hint="EUR").orders[0].currency == "EUR"
    with pytest.raises(Unexpected, match="currency"):
        bodies.understood("order", payload)


def test_two_shop_currencies_are_unexpected() -> None:
    """An order cannot be in two of the store's currencies."""
    payload = bodies.body("order", total_price_set={"shop_money": {"amount": "1", "currency_code": "JPY"}})

    with pytest.raises(Unexpected, match="two currencies"):
        bodies.understood("order", payload)


def test_a_free_order() -> None:
    """All of it off: an order of nothing, whatever else is outstanding."""
    order = _order("order_free")

    assert (order.gross_minor, order.current_minor, order.paid) == (0, 0, True)


@pytest.mark.parametrize(
    ("status", "paid"),
    [
        ("pending", True),
        ("authorized", True),
        ("partially_paid", True),
        ("paid", True),
        ("partially_refunded", True),
        ("refunded", True),
        (None, True),
        ("voided", False),
        ("expired", False),
        ("EXPIRED", False),
    ],
)
def test_voided_and_expired_orders_are_unpaid(status: str | None, paid: bool) -> None:
    """No other state of payment says that no money will come."""
    assert _order("order", bodies.body("order", financial_status=status)).paid is paid


@pytest.mark.parametrize("name", ["order_cancelled_before_capture", "order_expired"])
def test_orders_that_were_never_paid(name: str) -> None:
    """Voided before capture, with no refund to tell of it; and expired."""
    facts = bodies.understood(name)

    assert not facts.orders[0].paid
    assert facts.refunds == ()


@pytest.mark.parametrize(
    "missing", [("updated_at",), ("processed_at", "created_at"), ("total_price", "total_price_set")]
)
def test_a_thin_body_asks_for_the_order(missing: tuple[str, ...]) -> None:
    """A body that lacks what an order is made of, down to its id alone, is fetched instead."""
    thin = bodies.understood("order", bodies.without(bodies.body("order"), *missing))

    assert thin == Facts(refetch_order_ids=frozenset({"5600112233445566778"}))
    assert bodies.understood("order_id_only") == Facts(refetch_order_ids=frozenset({"5600112233445566008"}))


def test_an_edit_asks_for_the_order() -> None:
    """``orders/edited`` says which order, not how it looks."""
    assert bodies.understood("order_edited") == Facts(refetch_order_ids=frozenset({"5600112233445566778"}))


@pytest.mark.parametrize("topic", ["orders/create", "orders/updated", "orders/paid", "orders/cancelled"])
def test_every_order_topic_says_the_same(topic: str) -> None:
    """An update may come before the creation: each topic tells the whole order."""
    assert bodies.understood("order", topic=topic) == bodies.understood("order")


def test_an_order_with_refunds_inside() -> None:
    """What is left of a line counts, with its part of the discount; the refunds inside are facts of their own."""
    facts = bodies.understood("order_partially_refunded")

    assert (facts.orders[0].gross_minor, facts.orders[0].current_minor) == (138_40, 110_86)
    # two of three at 90.60 less 8.00: half a cent goes to the even neighbour
    assert (facts.orders[0].lines[0].quantity, facts.orders[0].lines[0].total_minor) == (2, 55_07)
    assert facts.refunds == bodies.understood("refund", currency_hint="USD").refunds


def test_a_line_that_was_removed_is_worth_nothing() -> None:
    """A line of which none is left, or none was ever bought, costs nothing."""
    lines = bodies.body("order")["line_items"]
    lines[0] |= {"current_quantity": 0}
    lines[1] |= {"quantity": 0, "current_quantity": 0}

    order = _order("order", bodies.body("order", line_items=lines))

    assert [(line.quantity, line.total_minor) for line in order.lines] == [(0, 0), (0, 0), (1, 22_80)]


def test_the_lines_own_discount_stands_in_for_shares() -> None:
    """Where a line lists no shares of discounts, its total discount counts."""
    lines = [bodies.without(line, "discount_allocations") for line in bodies.body("order")["line_items"]]
    lines[0]["total_discount_set"]["shop_money"]["amount"] = "0.60"

    assert _order("order", bodies.body("order", line_items=lines)).lines[0].total_minor == 90_00


def test_two_lines_with_one_id_are_unexpected() -> None:
    """A line is known by its id."""
    line = bodies.body("order")["line_items"][0]

    with pytest.raises(Unexpected, match="two with one id"):
        bodies.understood("order", bodies.body("order", line_items=[line, line]))


def test_a_purchase_older_than_a_deletion_does_not_undo_it() -> None:
    """A buyer of whom the store tells no ``updated_at`` existed at the purchase, and nothing more is claimed."""
    payload = bodies.body("order", customer={"id": 12})

    (customer,) = bodies.understood("order", payload).customers

    assert customer == CustomerFact(customer_id="12", updated_at=datetime(2026, 11, 2, 23, 20, 29, tzinfo=UTC))

"""Refund bodies: only money that really went back, in the store's currency, counts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.facts import RefundFact
from tests.webhooks import bodies
from webhooks.facts import Facts, Unexpected

ORDER = "5600112233445566778"
FOREIGN_ORDER = "5600112233445566005"


def _refund(payload: dict[str, Any], *, currency_hint: str = "USD") -> Facts:
    return bodies.understood("refund", payload, currency_hint=currency_hint)


def test_a_refund() -> None:
    """JSON numbers in the lines, a null currency, ``currency`` for ``currency_code``: the money is the transaction's."""
    assert bodies.understood("refund") == Facts(
        refunds=(
            RefundFact(
                refund_id="3301000000000000001",
                order_id=ORDER,
                refunded_at=datetime(2026, 11, 9, 15, 0, tzinfo=UTC),
                amount_minor=27_54,
                currency="USD",
            ),
        )
    )


def test_only_successful_refunds_count() -> None:
    """Several transactions add up; failed ones and sales do not; no lines are needed; created_at dates it."""
    (refund,) = bodies.understood("refund_amount_only").refunds

    assert refund.amount_minor == 5_00 + 2_50
    assert refund.refunded_at == datetime(2026, 11, 9, 14, 59, 58, tzinfo=UTC)


@pytest.mark.parametrize("name", ["refund_store_credit", "refund_pending"])
def test_no_money_no_refund(name: str) -> None:
    """A return for store credit and a refund still under way say nothing yet."""
    assert bodies.understood(name, currency_hint="USD") == Facts()


def test_the_buyers_currency_is_not_the_stores() -> None:
    """A refund paid out in euros by a store in yen counts what its lines and shipping came to in yen."""
    (refund,) = bodies.understood("refund_presentment", currency_hint="USD").refunds

    assert (refund.order_id, refund.currency, refund.amount_minor) == (FOREIGN_ORDER, "JPY", 7_500 + 500)


def test_what_cannot_be_told_is_fetched() -> None:
    """Euros given back without a word in yen: the order is fetched, no amount is guessed."""
    assert bodies.understood("refund_presentment_amount_only") == Facts(refetch_order_ids=frozenset({FOREIGN_ORDER}))


@pytest.mark.parametrize(
    "change",
    [
        {"order_adjustments": [{"amount": "-3.08", "amount_set": None, "tax_amount_set": None}]},
        {"refund_line_items": [], "order_adjustments": []},
        {"order_adjustments": [{"amount_set": {"shop_money": {"amount": "9000", "currency_code": "JPY"}}}]},
        {"processed_at": None, "created_at": None},
    ],
)
def test_half_of_what_is_needed_is_fetched(change: dict[str, Any]) -> None:
    """A part without the store's money, a sum that is none, a refund without a date: all ask for the order."""
    assert _refund(bodies.body("refund_presentment", **change)) == Facts(refetch_order_ids=frozenset({FOREIGN_ORDER}))


def test_a_transaction_without_an_amount_is_fetched() -> None:
    """Money that moved, without saying how much."""
    transactions = [bodies.without(item, "amount") for item in bodies.body("refund")["transactions"]]

    assert _refund(bodies.body("refund", transactions=transactions)) == Facts(refetch_order_ids=frozenset({ORDER}))


def test_a_refund_without_its_order_is_unexpected() -> None:
    """A refund that names no order can be joined to none."""
    with pytest.raises(Unexpected, match="order_id"):
        _refund(bodies.without(bodies.body("refund"), "order_id"))


def test_inside_an_order_the_order_is_known() -> None:
    """A refund inside an order is of that order, whether it says so or not."""
    order = bodies.body("order_partially_refunded")
    order["refunds"] = [bodies.without(order["refunds"][0], "order_id")]

    assert bodies.understood("order", order).refunds[0].order_id == ORDER


@given(st.lists(st.decimals(min_value=0, max_value=10_000, places=2), max_size=5))
def test_amounts_add_up_exactly(amounts: list[Any]) -> None:
    """The sum of decimal texts, to the cent."""
    transactions = [
        {"kind": "refund", "status": "success", "amount": str(amount), "currency": "USD"} for amount in amounts
    ]

    facts = _refund(bodies.body("refund", transactions=transactions))

    assert sum(refund.amount_minor for refund in facts.refunds) == sum(int(amount * 100) for amount in amounts)

"""Law 1: any shuffle, with duplicates, of the same deliveries leaves the same tables."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.engine import Database
from storage.inbox import Delivery
from tests.webhooks import line
from tests.webhooks.conftest import a_shop

START = datetime(2026, 3, 1, tzinfo=UTC)
Told = tuple[str, dict[str, Any], datetime]

_domains = itertools.count(1)
moments = st.integers(0, 4).map(lambda hours: START + timedelta(hours=hours))
people = st.sampled_from(["101", "102", "103", "104"])
amounts = st.integers(0, 5_000).map(lambda cents: f"{cents // 100}.{cents % 100:02d}")


@st.composite
def refunds(draw: st.DrawFn) -> dict[str, Any]:
    """One of few refunds of few orders, in one of its states; its money only ever becomes more."""
    order = draw(st.sampled_from([1, 2, 3]))
    states = draw(st.lists(st.sampled_from(["success", "pending"]), max_size=2))
    return {
        "id": order * 10 + draw(st.integers(0, 1)),
        "order_id": order,
        "processed_at": START.isoformat(),
        "transactions": [{"kind": "refund", "status": state, "amount": draw(amounts)} for state in states],
    }


@st.composite
def orders(draw: st.DrawFn) -> dict[str, Any]:
    """One of few orders, as told at one of few instants, so that tellings collide."""
    order = draw(st.sampled_from([1, 2, 3]))
    customer = draw(st.none() | people)
    return {
        "id": order,
        "customer": customer and {"id": customer, "updated_at": draw(moments).isoformat()},
        "processed_at": START.isoformat(),
        "updated_at": draw(moments).isoformat(),
        "cancelled_at": draw(st.none() | st.just(START.isoformat())),
        "test": draw(st.booleans()),
        "financial_status": draw(st.sampled_from(["paid", "voided"])),
        "currency": "USD",
        "total_price": draw(amounts),
        "current_total_price": draw(amounts),
        "discount_codes": draw(st.lists(st.just({"code": "X", "amount": "1.00"}), max_size=1)),
        "line_items": [{"id": draw(st.integers(1, 3)), "quantity": 1, "price": draw(amounts)}],
        "refunds": [refund for refund in draw(st.lists(refunds(), max_size=1)) if refund["order_id"] == order],
    }


@st.composite
def merges(draw: st.DrawFn) -> dict[str, Any]:
    """Of two customers the one with the larger id stays: no store merges in a circle."""
    gone, kept = sorted(draw(st.lists(people, min_size=2, max_size=2, unique=True)))
    gids = {"kept": f"gid://shopify/Customer/{kept}", "deleted": f"gid://shopify/Customer/{gone}"}
    return {"status": "completed"} | {f"admin_graphql_api_customer_{which}_id": gid for which, gid in gids.items()}


told = st.one_of(
    st.tuples(st.sampled_from(["orders/create", "orders/updated", "orders/paid"]), orders(), moments),
    st.tuples(st.just("refunds/create"), refunds(), moments),
    st.tuples(
        st.just("customers/update"), st.builds(lambda who, at: {"id": who, "updated_at": at.isoformat()}, people, moments), moments
    ),
    st.tuples(st.just("customers/delete"), people.map(lambda who: {"id": who}), moments),
    st.tuples(st.just("customers/merge"), merges(), moments),
    st.tuples(
        st.just("shop/update"),
        st.builds(
            lambda code, at: {"myshopify_domain": "x", "currency": code, "iana_timezone": "UTC", "updated_at": at.isoformat()},
            st.sampled_from(["USD", "EUR"]),
            moments,
        ),
        moments,
    ),
    st.tuples(st.just("orders/create"), st.just({"id": "poison"}), moments),
)  # fmt: skip


def _deliveries(shop_id: int, history: list[Told], ids: list[int]) -> list[Delivery]:
    return [
        line.delivery(shop_id, topic, body, triggered_at=at, delivery_id=f"w-{number}")
        for number, (topic, body, at) in zip(ids, history, strict=True)
    ]


def _tables_after(database: Database, history: list[Told], ids: list[int], *, batch: int) -> dict[str, Any]:
    shop_id = a_shop(database, f"shop-{next(_domains)}.myshopify.com")
    line.take_in(database, _deliveries(shop_id, history, ids), batch=batch)
    return line.tables(database, shop_id)


@settings(max_examples=25)
@given(history=st.lists(told, min_size=1, max_size=10), data=st.data())
def test_any_shuffle_with_duplicates_leaves_the_same_tables(
    database: Database, history: list[Told], data: st.DataObject
) -> None:
    """Whatever the order, the batches, and how often under which id: the same rows in every table."""
    again = data.draw(st.lists(st.sampled_from(range(len(history))), max_size=4))
    places = data.draw(st.permutations([*range(len(history)), *again]))
    # a duplicate is the same delivery, or the same words under an id of their own
    ids = [
        place if places.index(place) == number or place % 2 else 1000 + number for number, place in enumerate(places)
    ]

    straight = _tables_after(database, history, list(range(len(history))), batch=100)
    shuffled = _tables_after(database, [history[place] for place in places], ids, batch=data.draw(st.integers(1, 5)))

    assert shuffled == straight


@pytest.mark.parametrize("batch", [1, 7])
def test_the_same_deliveries_again_change_nothing(database: Database, batch: int) -> None:
    """A whole history delivered a second time, under new ids and upside down, is the same history."""
    history: list[Told] = [
        (topic, {"id": 1, "customer": {"id": 5}, "currency": "USD", "total_price": f"{hour}.00",
                 "processed_at": START.isoformat(), "updated_at": (START + timedelta(hours=hour)).isoformat()}, START)
        for hour, topic in enumerate(["orders/create", "orders/paid", "orders/updated"] * 3)
    ]  # fmt: skip

    once = _tables_after(database, history, list(range(9)), batch=batch)
    twice = _tables_after(database, [*history, *reversed(history)], list(range(18)), batch=batch)

    assert once == twice
    assert once["orders"][0][9:11] == (8_00, 8_00)

"""Kept bytes become facts: in batches, each row for itself, in the caller's transaction."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import update

from storage import erasure, orders, shops
from storage.engine import Database
from storage.inbox import InboxRow
from storage.tables import inbox
from tests.webhooks import bodies, line
from tests.webhooks.conftest import a_shop
from webhooks import intake
from webhooks.facts import Facts

ORDER, FOREIGN_ORDER = "5600112233445566778", "5600112233445566005"
CUSTOMER, OTHER = "7311223344556677889", "7311223344556670002"
POISON = b'{"id": 1, "updated_at": "yesterday", "email": "zoe@example.com"}'


def test_an_order_is_recorded(database: Database, shop_id: int) -> None:
    """A delivery becomes rows, its customer is touched, the inbox row is done."""
    (recorded,) = line.take_in(database, line.of(shop_id, "order"))

    assert recorded == intake.Recorded(touched={shop_id: {CUSTOMER}}, orders={shop_id: {ORDER}})
    assert line.states(database, shop_id) == [("orders/updated", "done", None)]
    with database.reading() as db:
        stored = orders.get(db, shop_id, ORDER)
    assert stored is not None
    assert (stored.customer_id, stored.net_minor, stored.valid) == (CUSTOMER, 138_40, True)


@pytest.mark.parametrize("names", [("refund_amount_only", "order"), ("order", "refund_amount_only")])
def test_a_refund_may_come_first(database: Database, shop_id: int, names: tuple[str, str]) -> None:
    """A refund waits for its order; the customer is touched once both are there."""
    first, second = line.take_in(database, line.of(shop_id, *names), batch=1)

    assert first.orders == second.orders == {shop_id: {ORDER}}
    assert second.touched == {shop_id: {CUSTOMER}}
    with database.reading() as db:
        stored = orders.get(db, shop_id, ORDER)
    assert stored is not None
    assert stored.net_minor == 138_40 - 7_50


def test_poison_is_set_aside_alone(database: Database, shop_id: int) -> None:
    """What cannot be understood is set aside with a reason that names no person; what stands around it goes on."""
    deliveries = [
        line.delivery(shop_id, "orders/create", b"\xff\xfe"),
        *line.of(shop_id, "order"),
        line.delivery(shop_id, "orders/create", POISON),
        line.delivery(shop_id, "shop/update", b"[1]"),
        *line.of(shop_id, "customer"),
    ]

    (recorded,) = line.take_in(database, deliveries)

    assert recorded.touched == {shop_id: {CUSTOMER}}
    assert line.states(database, shop_id) == [
        ("orders/create", "set_aside", "not UTF-8"),
        ("orders/updated", "done", None),
        ("orders/create", "set_aside", "updated_at: not a time with a zone"),
        ("shop/update", "set_aside", "body: Invalid input type."),
        ("customers/update", "done", None),
    ]


def test_understanding_needs_no_database() -> None:
    """The first phase is pure: rows in, facts and reasons out, each beside its row; the currency is only a hint."""
    transaction = {"kind": "refund", "status": "success", "amount": "5"}
    refund = {"id": 1, "order_id": 2, "created_at": "2026-01-01T00:00:00Z", "transactions": [transaction]}
    arrived = [
        ("refunds/create", bodies.raw("refund_pending")),
        ("orders/create", b"{}"),
        ("customers/delete", b'{"id": 5}'),
        ("orders/create", b"1e999"),
        ("refunds/create", json.dumps(refund).encode()),
    ]
    rows = [
        InboxRow(number, 7, f"w-{number}", topic, None, bodies.RECEIVED, body, 1, 1)
        for number, (topic, body) in enumerate(arrived)
    ]

    understood = intake.understand(rows, {7: "JPY"})

    assert [row for row, _ in understood.heard] == [rows[0], rows[2], rows[4]]
    assert understood.heard[0][1] == Facts()
    assert understood.heard[1][1].customers[0].updated_at == bodies.RECEIVED
    assert understood.heard[2][1].refunds[0].amount_minor == 5
    assert understood.refused == (
        (rows[1], "id: Missing data for required field."),
        (rows[3], "a number out of range"),
    )


def test_what_asks_for_more_is_handed_back(database: Database, shop_id: int) -> None:
    """Requests, removals and orders to fetch are told by shop; nothing is decided or erased here."""
    names = ("order_id_only", "order_edited", "customer_data_request", "customer_redact", "customer_redact_by_address")
    line.take_in(database, line.of(shop_id, "order"))
    before = line.tables(database, shop_id)
    uninstalled = line.delivery(shop_id, "app/uninstalled", bodies.raw("shop"))

    (recorded,) = line.take_in(database, [*line.of(shop_id, *names, "shop_redact"), uninstalled])

    assert recorded.refetch == {shop_id: {ORDER, "5600112233445566008"}}
    assert [request.customer_id for request in recorded.data_requests[shop_id]] == [CUSTOMER]
    assert [redact.customer_id for redact in recorded.redact_customers[shop_id]] == [CUSTOMER, None]
    assert recorded.redact_shops == recorded.uninstalled == {shop_id: bodies.TRIGGERED}
    assert (recorded.touched, recorded.orders) == ({}, {})
    assert line.tables(database, shop_id) == before
    assert {state for _, state, _ in line.states(database, shop_id)} == {"done"}


def test_the_store_tells_its_currency(database: Database, shop_id: int) -> None:
    """``shop/update`` is recorded, the newest of a batch."""
    older = line.delivery(
        shop_id, "shop/update", bodies.body("shop", updated_at="2026-01-02T00:00:00Z", currency="EUR")
    )

    line.take_in(database, [*line.of(shop_id, "shop"), older])

    with database.reading() as db:
        shop = shops.get(db, shop_id)
    assert (shop.name, shop.currency, shop.timezone) == ("Quiet Goods 🕯️", "CAD", "America/Toronto")


@pytest.mark.parametrize("order", [0, 1])
def test_a_merged_customers_orders_belong_to_the_one_who_stays(database: Database, shop_id: int, order: int) -> None:
    """Orders of the one who is gone, told before or after the merge, count for the one who stays."""
    names = ["order_phone_only_customer", "customers_merged"]

    *_, last = line.take_in(database, line.of(shop_id, *(names if order else reversed(names))), batch=1)

    with database.reading() as db:
        stored = orders.get(db, shop_id, "5600112233445566003")
    assert stored is not None
    assert stored.customer_id == CUSTOMER
    assert CUSTOMER in last.touched[shop_id]


def test_a_deleted_customer_is_touched(database: Database, shop_id: int) -> None:
    """Someone who is gone has to be looked at again."""
    (recorded,) = line.take_in(database, line.of(shop_id, "customer_deleted"))

    assert recorded.touched == {shop_id: {CUSTOMER}}


@pytest.mark.parametrize("key", [0, 1])
def test_the_erased_do_not_come_back(database: Database, shop_id: int, key: int) -> None:
    """Under the new or an old key: no order, refund, customer or merge of an erased customer leaves a row again."""
    with database.transaction() as db:
        fingerprint = line.fingerprints(shop_id, CUSTOMER)[key]
        erasure.erase_customer(db, shop_id, CUSTOMER, fingerprint=fingerprint, needles=(), now=bodies.RECEIVED)
    names = ("order", "order_partially_refunded", "customer", "customer_deleted", "customers_merged", "order_guest")
    before = line.tables(database, shop_id)

    (recorded,) = line.take_in(database, line.of(shop_id, *names))

    after = line.tables(database, shop_id)
    assert (after["customers"], after["refunds"]) == (before["customers"], before["refunds"])
    assert [row[:2] for row in after["orders"]] == [("5600112233445566001", None)]
    assert recorded.touched == {}
    assert recorded.orders == {shop_id: {"5600112233445566001"}}
    # whom the late merge makes part of them is them
    assert recorded.erased_before == {shop_id: {CUSTOMER, "7311223344556670002"}}


def test_an_emptied_body_has_nothing_to_say(database: Database, shop_id: int) -> None:
    """A delivery whose customer was erased while it waited is done, not set aside."""
    line.arrive(database, line.of(shop_id, "order"))
    with database.transaction() as db:
        db.execute(update(inbox).where(inbox.c.shop_id == shop_id).values(body=None))

    assert line.record(database, line.claim(database)) == intake.Recorded()
    assert line.states(database, shop_id) == [("orders/updated", "done", None)]


def test_shops_do_not_mix(database: Database, shop_id: int) -> None:
    """The same ids in two shops of one batch are two orders of two customers; poison and erasure stay in theirs."""
    other = a_shop(database, "second.myshopify.com")
    with database.transaction() as db:
        fingerprint = line.fingerprints(other, CUSTOMER)[0]
        erasure.erase_customer(db, other, CUSTOMER, fingerprint=fingerprint, needles=(), now=bodies.RECEIVED)
    deliveries = [*line.of(shop_id, "order"), *line.of(other, "order"), line.delivery(other, "orders/create", b"{")]

    (recorded,) = line.take_in(database, deliveries)

    assert recorded.touched == {shop_id: {CUSTOMER}}
    assert len(line.tables(database, shop_id)["orders"]) == 1
    assert line.tables(database, other)["orders"] == []


def test_a_row_that_another_worker_took_changes_nothing(database: Database, shop_id: int) -> None:
    """A worker that was too slow records the same facts and settles nothing."""
    line.arrive(database, line.of(shop_id, "order", "order_id_only"))
    slow = line.claim(database)
    with database.transaction() as db:
        db.execute(update(inbox).where(inbox.c.shop_id == shop_id).values(fence=inbox.c.fence + 1))

    line.record(database, slow)
    once = line.tables(database, shop_id)
    line.record(database, slow)

    assert line.tables(database, shop_id) == once
    assert {state for _, state, _ in line.states(database, shop_id)} == {"waiting"}


def test_all_of_a_batch_or_nothing(database: Database, shop_id: int) -> None:
    """The transaction is the caller's: if it rolls back, no fact is recorded and every row still waits."""
    line.arrive(database, [*line.of(shop_id, "order"), line.delivery(shop_id, "orders/create", b"{")])
    understood = intake.understand(line.claim(database), {})

    def record_and_fail() -> None:
        with database.transaction() as db:
            intake.record(db, understood, fingerprints=line.fingerprints, now=bodies.RECEIVED)
            raise RuntimeError("later in the same transaction")

    with pytest.raises(RuntimeError, match="later"):
        record_and_fail()

    assert line.tables(database, shop_id)["orders"] == []
    assert [state for _, state, _ in line.states(database, shop_id)] == ["waiting", "waiting"]


def test_an_empty_batch_is_nothing(database: Database) -> None:
    """No rows, no statements, no change."""
    assert line.record(database, []) == intake.Recorded()


@pytest.mark.usefixtures("shop_named")
def test_every_statement_names_its_shop(database: Database, shop_id: int) -> None:
    """All payloads, on both databases, with statements that say whose rows they touch."""
    (recorded,) = line.take_in(database, line.of(shop_id, *bodies.NAMES))

    assert {state for _, state, _ in line.states(database, shop_id)} == {"done"}
    assert recorded.refetch[shop_id] == {ORDER, FOREIGN_ORDER, "5600112233445566008"}

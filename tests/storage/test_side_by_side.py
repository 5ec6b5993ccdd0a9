"""Workers side by side leave what one worker alone would leave, and shops side by side never meet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from storage import (
    budgets,
    customers,
    decisions,
    erasure,
    inbox,
    offers,
    orders,
    outbox,
    programs,
    redemptions,
    reports,
    shops,
    snapshots,
)
from storage.budgets import Cause
from storage.engine import Database
from storage.facts import CustomerFact, MergeFact, RefundFact, ShopFact
from tests.storage import filled
from tests.storage.dumps import dump
from tests.storage.test_offers import offer
from tests.storage.worlds import START, Fact, facts, new_shop, order, take

LATER = START + timedelta(days=2)
WHO, BOUGHT, OTHER = filled.customer(0), filled.bought(0), filled.customer(1)

CHANGES: dict[str, Callable[[Connection, int], Any]] = {
    "orders": lambda db, shop: orders.record_many(
        db, shop, [order(BOUGHT, OTHER, updated_at=LATER), order("new", WHO)], [_refund()]
    ),
    "customers": lambda db, shop: customers.record_many(
        db, shop, [CustomerFact(customer_id=WHO, updated_at=LATER, deleted=True)]
    ),
    "merge": lambda db, shop: customers.merge(db, shop, MergeFact(kept_id=OTHER, gone_id=WHO, merged_at=LATER)),
    "leave out": lambda db, shop: customers.leave_out(db, shop, WHO, left_out=True),
    "deliveries": lambda db, shop: inbox.keep(db, [filled.delivery(shop, 9)]),
    "reopen": inbox.reopen,
    "effects": lambda db, shop: outbox.put(db, shop, key="new", kind="x", payload={}, now=LATER),
    "give up": lambda db, shop: outbox.give_up_all(db, shop, "gone", LATER),
    "measured": lambda db, shop: snapshots.keep_many(db, shop, [filled.measured(WHO) | {"r": 1}]),
    "forget": lambda db, shop: snapshots.forget(db, shop, [WHO]),
    "plan": lambda db, shop: snapshots.plan_checks(db, shop, {WHO: None}),
    "plan all": lambda db, shop: snapshots.plan_all(db, shop, LATER),
    "program": lambda db, shop: programs.append(db, shop, body={}, author="", note="", now=LATER),
    "offer": lambda db, shop: offers.open_many(db, shop, [offer("new", customer_id=WHO)]),
    "advance": lambda db, shop: offers.advance(db, shop, "offer0", to="sending"),
    "amend": lambda db, shop: offers.amend(db, shop, "offer0", unwanted=True),
    "reserve": lambda db, shop: budgets.reserve(db, shop, month="2026-03", amount=1, cap=1000, cause=Cause("r", LATER)),
    "release": lambda db, shop: budgets.release(db, shop, month="2026-03", amount=1, cause=Cause("f", LATER)),
    "book": lambda db, shop: budgets.book(db, shop, month="2026-03", reserved=1, cost=1, cause=Cause("b", LATER)),
    "redeem": lambda db, shop: redemptions.record(
        db, shop, offer_id="offer0", order_id="new", ordered_at=LATER, discount_minor=1, leaked=True
    ),
    "reverse": lambda db, shop: redemptions.reverse(db, shop, offer_id="offer0", order_id=BOUGHT),
    "restore": lambda db, shop: redemptions.restore(db, shop, offer_id="offer0", order_id=BOUGHT, discount_minor=5),
    "decide": lambda db, shop: decisions.keep_many(db, shop, [_decided()]),
    "tell": lambda db, shop: shops.tell(
        db, shop, ShopFact(name="N", currency="EUR", timezone="Europe/Berlin", updated_at=LATER)
    ),
    "model": lambda db, shop: shops.keep_model(db, shop, {"a": 1}, LATER),
    "credentials": lambda db, shop: shops.keep_credentials(db, shop, b"new"),
    "nightly": lambda db, shop: shops.plan_nightly(db, shop, LATER),
    "pause": lambda db, shop: shops.pause(db, shop, "closed"),
    "resume": shops.resume,
    "uninstall": lambda db, shop: shops.uninstall(db, shop, LATER),
    "erase": lambda db, shop: erasure.erase_customer(
        db, shop, WHO, fingerprint="f", needles=[filled.email(1)], now=LATER
    ),
    "erase all": erasure.erase_shop,
}


def everything_read(db: Connection, shop_id: int) -> list[Any]:
    return [
        shops.get(db, shop_id),
        shops.credentials(db, shop_id),
        shops.model(db, shop_id),
        orders.purchases(db, shop_id),
        orders.latest(db, shop_id, [WHO, OTHER]),
        orders.with_codes(db, shop_id, [BOUGHT]),
        customers.canonical(db, shop_id, [WHO]),
        customers.left_out(db, shop_id, [WHO]),
        list(snapshots.every(db, shop_id)),
        snapshots.due(db, shop_id, LATER, 10),
        snapshots.group_counts(db, shop_id),
        snapshots.lateness_counts(db, shop_id, LATER),
        snapshots.spends(db, shop_id),
        programs.history(db, shop_id),
        list(offers.every(db, shop_id)),
        offers.by_codes(db, shop_id, ["code-offer0"]),
        budgets.state(db, shop_id, "2026-03"),
        redemptions.of_orders(db, shop_id, [BOUGHT, "new"]),
        list(decisions.every(db, shop_id)),
        inbox.aside(db, shop_id),
        erasure.erased(db, shop_id, ["f"]),
        reports.overview(db, shop_id, LATER),
        dump(db, shop_id),
    ]


@settings(max_examples=15)
@given(changes=st.lists(st.sampled_from(sorted(set(CHANGES) - {"erase all"})), max_size=12))
def test_a_twin_with_the_same_ids_is_never_touched(database: Database, changes: Sequence[str]):
    """Whatever happens to a shop, one with the very same customers, orders, offers and codes reads as before."""
    with database.transaction() as db:
        mine, twin = new_shop(db), new_shop(db)
        for shop_id in (mine, twin):
            filled.fill(db, shop_id, range(3))
        before = everything_read(db, twin)
        for change in (*changes, "erase all"):
            CHANGES[change](db, mine)
        assert everything_read(db, twin) == before


@settings(max_examples=5, phases=[Phase.generate])
@given(told=st.lists(facts, min_size=30, max_size=60))
def test_workers_side_by_side_leave_what_one_alone_leaves(database: Database, told: list[Fact]):
    """Orders, refunds, customers and merges taken by four workers at once are as if taken one after the other."""
    with database.transaction() as db:
        together, alone = new_shop(db), new_shop(db)
        for fact in told:
            take(db, alone, [fact])
    work = [told[start::4] for start in range(4)]
    failed: list[BaseException] = []
    start = threading.Barrier(4)

    def run(mine: list[Fact]) -> None:
        start.wait()
        try:
            for first in range(0, len(mine), 3):
                some = mine[first : first + 3]
                # as a worker does: two who merge the same customers may meet, and the server has one of them begin anew
                database.carry_out(lambda db, some=some: take(db, together, some))
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    threads = [threading.Thread(target=run, args=(mine,)) for mine in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with database.reading() as db:
        assert dump(db, together) == dump(db, alone)


def _refund() -> RefundFact:
    return RefundFact(refund_id="new", order_id=BOUGHT, refunded_at=LATER, amount_minor=5, currency="EUR")


def _decided() -> dict[str, Any]:
    return {
        "customer_id": WHO, "decided_at": LATER, "program_version": 1, "outcome": "issue", "reasons": [], "inputs": {},
    }  # fmt: skip

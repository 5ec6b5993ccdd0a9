"""The month's money under redemptions that come larger, later and more often than reckoned with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from plugin.rewards.propose import propose
from plugin.rewards.stored import to_stored
from plugin.usecases import give_back, redeem
from storage import budgets, offers, orders, programs, redemptions, shops
from storage.budgets import Cause
from storage.engine import Database
from storage.facts import CodeFact, OrderFact
from storage.offers import NewOffer

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
MONTH = "2026-03"
CAP = 1_000
OPEN = frozenset({"planned", "sending", "issued"})

#: order, offer, discount, does the order stand
tellings = st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(1, 700), st.booleans())


@given(st.lists(st.integers(0, 400), min_size=4, max_size=4), st.lists(tellings, max_size=14), st.integers(0, 14))
@settings(max_examples=40)
def test_the_month_never_passes_its_cap(
    database: Database, reserves: list[int], told: list[tuple[int, int, int, bool]], expiry: int
) -> None:
    """Set aside plus booked stays under the cap, is the sum over the offers, and a story taken back leaves nothing."""
    shop_id, domain = _shop(database)
    with database.transaction() as db:
        for number, amount in enumerate(reserves):
            _offer(db, shop_id, number, amount)
    for turn, (order, offer, discount, stands) in enumerate(told):
        if turn == expiry:
            with database.transaction() as db:
                _expire(db, shop_id, 0)
        _tell(database, shop_id, order, offer, discount, turn=turn, stands=stands)
        _assert_month(database, shop_id, domain)
    for order in range(6):
        _tell(database, shop_id, order, 0, 1, turn=99, stands=False)
    _assert_month(database, shop_id, domain)
    with database.reading() as db:
        assert budgets.state(db, shop_id, MONTH).booked_minor == 0


def test_an_overrun_is_told(database: Database) -> None:
    """A discount beyond what was set aside books what the month has left, and the offer's note names the rest."""
    shop_id, _ = _shop(database)
    with database.transaction() as db:
        _offer(db, shop_id, 0, 900)
    _tell(database, shop_id, 1, 0, 1_500, turn=0, stands=True)
    with database.reading() as db:
        offer = offers.get(db, shop_id, _id(shop_id, 0))
        (use,) = redemptions.of_orders(db, shop_id, ["1"])
        month = budgets.state(db, shop_id, MONTH)
    assert offer is not None
    assert (month.reserved_minor, month.booked_minor, offer.cost_minor, use.discount_minor) == (0, CAP, CAP, 1_500)
    assert offer.note == "took 5.00 USD more off than the month's budget had left"


def test_a_use_after_the_end_books_only_what_is_left(database: Database) -> None:
    """Money that an expiry gave back and another offer took is not spent twice when a late order tells of a use."""
    shop_id, domain = _shop(database)
    with database.transaction() as db:
        _offer(db, shop_id, 0, 600)
        _expire(db, shop_id, 0)
        _offer(db, shop_id, 1, 700)
    _tell(database, shop_id, 1, 0, 500, turn=0, stands=True)
    _assert_month(database, shop_id, domain)
    with database.reading() as db:
        assert budgets.state(db, shop_id, MONTH) == (700, 300)


def _shop(database: Database) -> tuple[int, str]:
    program = propose(currency="USD", spends_365d=[], order_values=[], monthly_revenue=0)
    program = replace(program, mode="live", limits=replace(program.limits, monthly_budget=CAP))
    with database.transaction() as db:
        domain = f"shop-{len(shops.every(db))}.myshopify.com"
        shop = shops.install(
            db, platform="shopify", domain=domain, credentials=None, scopes="", now=NOW, nightly_due_at=NOW
        )
        programs.append(db, shop.shop_id, body=to_stored(program), author="a test", note="", now=NOW)
    return shop.shop_id, domain


def _id(shop_id: int, number: int) -> str:
    return f"offer-{shop_id}-{number}"


def _offer(db: Connection, shop_id: int, number: int, amount: int) -> None:
    cause = Cause(f"reserve/{number}", NOW)
    if not budgets.reserve(db, shop_id, month=MONTH, amount=amount, cap=CAP, cause=cause):
        amount = 0
    one = NewOffer(
        offer_id=_id(shop_id, number), customer_id=f"c{number}", kind="loyalty", step="", rule="loyalty", cycle=str(number),
        program_version=1, state="issued", code=f"CODE{number}", code_key_id="k", benefit={}, budget_month=MONTH,
        reserved_minor=amount, currency="USD", created_at=NOW, starts_at=NOW, ends_at=NOW + timedelta(days=1),
        issued_at=NOW, reasons=[], inputs={},
    )  # fmt: skip
    offers.open_many(db, shop_id, [one])


def _expire(db: Connection, shop_id: int, number: int) -> None:
    """As when the store has shown the code off."""
    offer = offers.get(db, shop_id, _id(shop_id, number))
    assert offer is not None
    later = NOW + timedelta(days=30)
    if offers.advance(db, shop_id, offer.offer_id, to="expired", closed_at=later):
        give_back.money(db, shop_id, [offer], now=later)


def _tell(database: Database, shop_id: int, order: int, offer: int, discount: int, *, turn: int, stands: bool) -> None:
    at = NOW + timedelta(minutes=turn)
    fact = OrderFact(
        order_id=str(order), customer_id=f"c{offer}", ordered_at=NOW, updated_at=at, cancelled_at=None if stands else at,
        test=False, paid=True, currency="USD", gross_minor=5_000, current_minor=5_000,
        codes=(CodeFact(code=f"code{offer}", discount_minor=discount),),
    )  # fmt: skip
    with database.transaction() as db:
        orders.record_many(db, shop_id, [fact], [])
        redeem.from_orders(db, shops.get(db, shop_id), [str(order)])


def _assert_month(database: Database, shop_id: int, domain: str) -> None:
    with database.reading() as db:
        month = budgets.state(db, shop_id, MONTH)
        made = list(offers.every(db, shop_id))
        uses = redemptions.of_orders(db, shop_id, [str(order) for order in range(6)])
    assert month.reserved_minor + month.booked_minor <= CAP, domain
    assert month.reserved_minor == sum(one.reserved_minor for one in made if one.state in OPEN)
    assert month.booked_minor == sum(one.cost_minor for one in made)
    for one in made:
        taken = sum(use.discount_minor for use in uses if use.offer_id == one.offer_id and not use.reversed)
        assert one.cost_minor <= taken

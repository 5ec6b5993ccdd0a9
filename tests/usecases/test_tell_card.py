"""The documents that the night keeps once a month: the report card, and what customers buy."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pytest

from plugin.signals import history as purchase_history
from plugin.signals import model
from plugin.signals.groups import GROUPS
from plugin.signals.history import PurchaseHistory
from plugin.usecases import tell_card, tell_habits
from storage import orders
from storage.engine import Database
from storage.facts import CodeFact, LineFact, OrderFact
from storage.figures import Kept
from tests.journeys.test_effect import NOW, store
from tests.signals.made import after, gamma_store, lognormal_store


@pytest.fixture(scope="module")
def history() -> PurchaseHistory:
    return lognormal_store(seed=3, customers=500, days=500, chance=0.4)


def test_the_card_is_plain_and_says_what_is_in_use(history: PurchaseHistory) -> None:
    """Marks of ours and of the rules of others, dates, lateness, and what chances rest on, in plain JSON."""
    fitted = model.fit(history, after(500))
    told = tell_card.tell(history, fitted, as_of=after(500))
    json.dumps(told, allow_nan=False)

    assert told["in_use"]["chance"] == fitted.in_use
    assert {mark["name"] for mark in told["marks"]} == set(tell_card.NAMES.values())
    assert told["trusted"] is True
    assert 0.6 < told["late"]["before_late"] < 0.95
    assert told["dates"]["mean_error"] < told["dates"]["rule_error"]


def test_a_card_is_drawn_again_with_new_lessons(history: PurchaseHistory) -> None:
    """The card of one set of lessons serves for as long as they do, and no longer."""
    first = model.fit(history, after(400))
    kept = Kept(as_of=after(400), body=tell_card.tell(history, first, as_of=after(400)))
    soon = model.fit(history, after(405), earlier=first)
    later = model.fit(history, after(457), earlier=first)

    assert not tell_card.stale(kept, soon)
    assert tell_card.stale(kept, later)
    assert tell_card.stale(None, soon)


def test_ours_is_trusted_where_the_plain_model_does_as_well() -> None:
    """A store of chance gaps, where MBG/NBD alone is a hair nearer: both beat the rules, so nobody is warned of the chances."""
    past = gamma_store(seed=8, customers=120, days=400, k=1.0, leave=0.1)
    told = tell_card.tell(past, model.fit(past, after(400)), as_of=after(400))

    assert {mark["name"]: mark["verdict"] for mark in told["marks"]} == {
        "regulars": "good", "mbg": "good", "days_since_last_order": "yardstick", "ordered_in_90_days": "yardstick",
    }  # fmt: skip
    assert told["trusted"] is True


@pytest.mark.parametrize("size", [0, 1, 30])
def test_a_small_store_claims_nothing(size: int) -> None:
    """Without enough past there are no marks, nothing is called trusted, and the reason is told."""
    small = lognormal_store(seed=1, customers=size, days=80)
    told = tell_card.tell(small, model.fit(small, after(80)), as_of=after(80))
    json.dumps(told, allow_nan=False)

    assert (told["marks"], told["trusted"], told["dates"], told["late"]) == ([], None, None, None)
    assert told["in_use"]["why"] == "few_customers"
    assert told["in_use"]["fixed_cuts"] is True


def test_habits_tell_what_was_bought_and_with_what(database: Database) -> None:
    """Forty buy soap at a discount and tea 30 days later at full price: paths, followers, cohorts and shares say so."""
    shop = store(database, [])
    told: list[OrderFact] = []
    for number in range(40):
        for turn, (product, days) in enumerate((("soap", 200), ("tea", 170), ("tea", 140 - number % 2))):
            when = NOW - timedelta(days=days)
            told.append(
                OrderFact(
                    order_id=f"{number}-{turn}", customer_id=f"c{number:02d}", ordered_at=when, updated_at=when, cancelled_at=None,
                    test=False, paid=True, currency=shop.currency, gross_minor=1_000, current_minor=1_000,
                    codes=(CodeFact(code="HELLO", discount_minor=100),) if turn == 0 else (),
                    lines=(LineFact(line_id="1", product_id=product, variant_id=None, quantity=1, total_minor=1_000, gift_card=False),),
                    channel="web" if turn or number < 30 else "pos", country="DE" if number else None,
                )
            )  # fmt: skip
    with database.transaction() as db:
        orders.record_many(db, shop.shop_id, told, [])
    with database.reading() as db:
        found = orders.purchases(db, shop.shop_id)
        past = _history(found, shop.timezone)
        habits = tell_habits.tell(db, shop, past, model.fit(past, NOW), as_of=NOW)
    json.dumps(habits, allow_nan=False)

    assert habits["paths"] == [
        {"products": ("soap", "tea"), "customers": 40, "days": 30.0, "between": [30.0]},
        {"products": ("soap", "tea", "tea"), "customers": 40, "days": 60.5, "between": [30.0, 30.5]},
    ]
    assert (habits["followers"][0]["product"], habits["followers"][0]["next"]) == ("soap", "tea")
    assert [one["product_id"] for one in habits["replenishment"]] == ["tea"]
    assert habits["full_price"]["365"] == pytest.approx(2 / 3, abs=1e-4)
    assert (habits["first_product"]["names"], habits["first_product"]["sizes"]) == (["soap"], [40])
    assert habits["first_discount"]["names"] == ["discounted"]
    assert habits["first_discount"]["active"][0][0] == 1.0
    assert habits["gap_quantiles"]["first"] == dict.fromkeys(("25", "50", "75", "80", "90"), 30.0)
    assert habits["gap_quantiles"]["second"]["50"] == 30.5
    assert (habits["first_channel"]["names"], habits["first_channel"]["sizes"]) == (["web", "pos"], [30, 10])
    left = habits["left"]
    assert {one["name"]: one["left"] + one["stayed"] for one in left["channel"]} == {"web": 30, "pos": 10}
    assert [one["name"] for one in left["discount_share"]] == ["up to half"]
    assert [one["left"] + one["stayed"] for one in left["country"]] == [39]
    assert [(rung["visit"], rung["customers"]) for rung in habits["funnel"]] == [(1, 40), (2, 40), (3, 40)]
    newest = np.array(habits["movements"][-1]["matrix"])
    assert newest.shape == (len(GROUPS), len(GROUPS))
    assert newest.sum() == 40


@pytest.mark.parametrize(("days", "stale"), [(0, False), (6, False), (7, True), (60, True)])
def test_habits_are_told_anew_each_week(days: int, stale: bool) -> None:  # what is to come out
    """So that a month that ended is in them within days; also at once when there are none, or of another form."""
    kept = Kept(as_of=NOW - timedelta(days=days), body={"version": tell_habits.VERSION})

    assert tell_habits.stale(kept, as_of=NOW) is stale
    assert tell_habits.stale(Kept(as_of=NOW, body={"version": tell_habits.VERSION - 1}), as_of=NOW)
    assert tell_habits.stale(None, as_of=NOW)


def _history(found: orders.Purchases, timezone: str) -> PurchaseHistory:
    return purchase_history.build(
        customer_ids=found.customer_ids,
        at_micros=found.at_micros,
        net_minor=found.net_minor,
        timezone=timezone,
        until=NOW,
    )

"""What the offers added is reckoned from the store's tables: by lot, from the first decision on, for a fixed time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from plugin.rewards.holdout import is_held_out
from plugin.rewards.propose import propose
from plugin.rewards.stored import to_stored
from plugin.signals import history as purchase_history
from plugin.usecases import report_effect, report_store
from plugin.usecases.report_effect import Effect
from plugin.usecases.report_effect import extra as found_of
from storage import customers, offers, orders, programs, redemptions, shops
from storage.engine import Database
from storage.facts import CodeFact, MergeFact, OrderFact
from storage.offers import NewOffer
from storage.shops import Shop

BEGIN = datetime(2026, 1, 10, 12, tzinfo=UTC)
WINDOW = timedelta(days=report_effect.WINDOW_DAYS)
NOW = BEGIN + timedelta(days=report_effect.PLAN_DAYS + report_effect.WINDOW_DAYS)
SHARE = 20


@dataclass(frozen=True)
class Person:
    """A customer of the store: when they qualified, in which arm, and their orders as (days after that, minor units)."""

    name: str
    at: datetime
    held_out: bool
    bought: tuple[tuple[float, int], ...]
    #: the discount on the first order after they qualified, minor units
    discount: int = 0


def people(count: int, *, lift: float, seed: int = 1, days: float = report_effect.PLAN_DAYS) -> list[Person]:
    """A store's customers, dealt by the product's own hash; an offer lifts the chance to return by ``lift``."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        name, worth = f"c{number:05d}", float(rng.lognormal(0, 0.8))
        held_out = is_held_out(key="first", shop="shopify|effect.myshopify.com", customer_id=name, percent=SHARE)
        bought = [(-float(rng.uniform(5, 300)), round(4_000 * worth)) for _ in range(1 + rng.poisson(worth))]
        returns = rng.random() < min(0.1 + 0.1 * worth, 0.6) + (0 if held_out else lift)
        if returns:
            bought.append((float(rng.uniform(1, report_effect.WINDOW_DAYS)), round(5_000 * worth)))
        at = BEGIN + timedelta(days=days * number / count)
        discount = 100 if returns and not held_out and number % 2 else 0
        made.append(Person(name, at, held_out, tuple(bought), discount))
    return made


def store(database: Database, known: Sequence[Person], *, percent: int = SHARE) -> Shop:
    """A shop with these customers, their offers and orders in its tables."""
    program = replace(
        propose(currency="USD", spends_365d=[], order_values=[], monthly_revenue=0),
        key="first",
        holdout_percent=percent,
    )
    with database.transaction() as db:
        shop = shops.install(
            db, platform="shopify", domain="effect.myshopify.com", credentials=None, scopes="", now=BEGIN,
            nightly_due_at=BEGIN,
        )  # fmt: skip
        programs.append(db, shop.shop_id, body=to_stored(program), author="a test", note="", now=BEGIN)
        offers.open_many(db, shop.shop_id, [offer(one) for one in known])
        told = [(one, number, *order) for one in known for number, order in enumerate(one.bought)]
        orders.record_many(db, shop.shop_id, [fact(*each) for each in told], [])
        for one, number, after, _ in told:
            if one.discount and after > 0:
                redemptions.record(
                    db, shop.shop_id, offer_id=f"offer {one.name}", order_id=f"{one.name}/{number}",
                    ordered_at=one.at + timedelta(days=after), discount_minor=one.discount, leaked=False,
                )  # fmt: skip
    return shop


def offer(one: Person, **other: Any) -> NewOffer:
    """The first offer of a customer, made or held back."""
    told: dict[str, Any] = {
        "offer_id": f"offer {one.name}", "customer_id": one.name, "kind": "win_back", "step": "", "rule": "win_back",
        "cycle": "1", "program_version": 1, "state": "held_out" if one.held_out else "issued",
        "code": None if one.held_out else f"CODE {one.name}", "benefit": {}, "currency": "USD", "created_at": one.at,
        "starts_at": one.at, "ends_at": one.at + timedelta(days=30), "reasons": [], "inputs": {},
    }  # fmt: skip
    return NewOffer(**(told | other))


def fact(one: Person, number: int, after: float, minor: int) -> OrderFact:
    """One of a customer's orders."""
    at = one.at + timedelta(days=after)
    codes = (CodeFact(code=f"CODE {one.name}", discount_minor=one.discount),) if one.discount and after > 0 else ()
    return OrderFact(
        order_id=f"{one.name}/{number}", customer_id=one.name, ordered_at=at, updated_at=at, cancelled_at=None,
        test=False, paid=True, currency="USD", gross_minor=minor, current_minor=minor, codes=codes,
    )  # fmt: skip


def measured(database: Database, shop: Shop, as_of: datetime = NOW, **other: Any) -> dict[str, Effect]:
    """The effect by kind."""
    with database.reading() as db:
        found = orders.purchases(db, shop.shop_id, until=as_of)
        history = purchase_history.build(
            customer_ids=found.customer_ids, at_micros=found.at_micros, net_minor=found.net_minor, timezone="UTC"
        )
        return report_effect.measure(db, shop, history, as_of=as_of, **other)


def test_a_known_effect_is_found_and_sums_agree(database: Database):
    """Arms, means, costs and claims are those of the tables; the interval holds the effect that was put in."""
    known = people(1_500, lift=0.2)
    shop = store(database, known)
    found = measured(database, shop)

    told, rate = found["all"], found["all"].outcomes["return_rate"]
    arms = [[one for one in known if one.held_out == arm] for arm in (False, True)]
    rates = [sum(one.bought[-1][0] > 0 for one in arm) / len(arm) for arm in arms]
    used = [one for one in known if one.discount]
    assert (told.treated, told.held_out, told.waiting) == (len(arms[0]), len(arms[1]), 0)
    assert (rate.treated, rate.held_out) == pytest.approx(tuple(rates))
    assert told.balanced
    assert told.ended
    assert rate.low is not None
    assert rate.high is not None
    assert 0 < rate.low < 0.2 < rate.high
    assert rate.shows
    assert rate.more is None
    assert told.cost == 100 * len(used)
    assert told.claimed == sum(one.bought[-1][1] for one in used)
    assert told.claimed_orders == len(used)
    assert found["win_back"] == told


def test_the_night_keeps_it_for_the_pages(sqlite_database: Database):
    """What the overview reads is what was measured; before the first night there is nothing."""
    shop = store(sqlite_database, people(1_200, lift=0.3))
    found = measured(sqlite_database, shop)
    with sqlite_database.transaction() as db:
        assert found_of(db, shop.shop_id) is None
        report_effect.keep(db, shop, found, as_of=NOW)
        told = found_of(db, shop.shop_id)
    assert told is not None
    assert (told.amount, told.low, told.high) == found["all"].extra
    assert told.claimed == found["all"].claimed
    assert told.shows == found["all"].outcomes["revenue"].shows


def test_what_happened_to_an_offer_does_not_matter(sqlite_database: Database):
    """Refused, called off, followed by others: the arm of the first decision stays (intention to treat)."""
    known = people(600, lift=0.2)
    shop = store(sqlite_database, known)
    before = measured(sqlite_database, shop)["all"]
    given = [one for one in known if not one.held_out]
    with sqlite_database.transaction() as db:
        offers.advance_many(
            db,
            shop.shop_id,
            [f"offer {one.name}" for one in given[:200]],
            to="cancelled",
            frm=["issued"],
            closed_at=NOW,
        )
        later = [
            offer(one, offer_id=f"later {one.name}", cycle="2", state="held_out", code=None, created_at=one.at + WINDOW)
            for one in given
        ]
        offers.open_many(db, shop.shop_id, later)
    assert measured(sqlite_database, shop)["all"] == before


def test_orders_after_the_time_do_not_count(sqlite_database: Database):
    """An order a day after the time is over changes nothing; one on its last day does."""
    known = people(600, lift=0.2)
    quiet = next(one for one in known if one.bought[-1][0] < 0 and not one.held_out)
    shop = store(sqlite_database, known)
    before = measured(sqlite_database, shop)["all"]
    rate = before.outcomes["return_rate"].treated

    _buys(sqlite_database, shop, quiet, after=report_effect.WINDOW_DAYS + 1)
    assert measured(sqlite_database, shop)["all"] == before
    _buys(sqlite_database, shop, quiet, after=report_effect.WINDOW_DAYS)
    after = measured(sqlite_database, shop)["all"].outcomes["return_rate"].treated
    assert after == pytest.approx(rate + 1 / before.treated)


def test_who_is_still_followed_does_not_count_yet(sqlite_database: Database):
    """Half-way only those whose time is over count, the rest waits, and the planned end has not come."""
    known = people(600, lift=0.2)
    shop = store(sqlite_database, known)
    as_of = BEGIN + timedelta(days=report_effect.PLAN_DAYS / 2) + WINDOW
    told = measured(sqlite_database, shop, as_of)["all"]
    complete = [one for one in known if one.at + WINDOW <= as_of]

    assert told.treated + told.held_out == len(complete) == pytest.approx(300, abs=2)
    assert told.waiting == sum(one.at <= as_of for one in known) - len(complete)
    assert not told.ended


def test_two_who_are_one_count_once(sqlite_database: Database):
    """After a merge the person counts in the arm of their first decision, with the orders of both."""
    known = people(300, lift=0.2)
    gone, kept = known[0], known[1]
    shop = store(sqlite_database, known)
    with sqlite_database.transaction() as db:
        customers.merge(db, shop.shop_id, MergeFact(kept_id=kept.name, gone_id=gone.name, merged_at=NOW))
    told = measured(sqlite_database, shop)["all"]

    assert told.treated + told.held_out == len(known) - 1
    assert told.held_out == sum(one.held_out for one in known if one is not kept)


def test_contribution_takes_margin_and_discount_into_account(sqlite_database: Database):
    """Of goods at 40 % margin an order of 100 with 10 off brings 40 less 10."""
    known = [
        Person(f"c{number}", BEGIN, number % 2 == 0, ((1.0, 9_000),), 0 if number % 2 == 0 else 1_000)
        for number in range(100)
    ]
    shop = store(sqlite_database, known, percent=50)
    told = measured(sqlite_database, shop, margin_percent=40)["all"]

    assert told.outcomes["contribution"].treated == pytest.approx(3_000)
    assert told.outcomes["contribution"].held_out == pytest.approx(3_600)
    assert "contribution" not in measured(sqlite_database, shop)["all"].outcomes


def test_a_small_store_is_told_how_many_more(sqlite_database: Database):
    """With too few customers there is no number, and about how many more are needed; with nobody held out neither."""
    known = people(60, lift=0.1)
    shop = store(sqlite_database, known)
    told = measured(sqlite_database, shop)["all"]

    assert told.extra is None
    assert told.outcomes["revenue"].effect is None
    assert (told.outcomes["revenue"].more or 0) > 500
    assert not told.outcomes["revenue"].shows


def test_without_a_control_group_nothing_is_claimed(sqlite_database: Database):
    """Where nobody is held out there is no number and no promise of one."""
    shop = store(sqlite_database, [replace(one, held_out=False) for one in people(400, lift=0.2)], percent=0)
    revenue = measured(sqlite_database, shop)["all"].outcomes["revenue"]

    assert (revenue.effect, revenue.more, revenue.shows) == (None, None, False)


def test_a_report_of_a_month_is_about_its_customers(sqlite_database: Database):
    """A month's effect follows those who qualified in it; its figures are those of the orders in it."""
    known = people(900, lift=0.2)
    shop = store(sqlite_database, known)
    with sqlite_database.reading() as db:
        told = report_store.report(db, shop, as_of=NOW, month="2026-02")
        whole = report_store.report(db, shop, as_of=NOW)
    mine = [one for one in known if one.at.strftime("%Y-%m") == "2026-02"]
    bought = [(one.at + timedelta(days=after), minor) for one in known for after, minor in one.bought]
    in_it = [minor for at, minor in bought if at.strftime("%Y-%m") == "2026-02"]

    assert told.effects["all"].treated + told.effects["all"].held_out == len(mine)
    assert (told.buying.orders, told.buying.revenue) == (len(in_it), sum(in_it))
    assert told.given["win_back"].made + told.given["win_back"].held_out == len(mine)
    assert whole.effects == measured(sqlite_database, shop)
    assert math.isnan(whole.nrr)


def _buys(database: Database, shop: Shop, one: Person, *, after: float) -> None:
    with database.transaction() as db:
        orders.record_many(db, shop.shop_id, [fact(one, 90 + round(after), after, 5_000)], [])

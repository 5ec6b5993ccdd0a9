"""What was measured a moment ago is decided from as it will stand in the tables, and is written once."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from plugin.rewards.propose import propose
from plugin.rewards.stored import from_stored, to_stored
from plugin.usecases import absorb, measure
from plugin.usecases.make_offers import Issuer
from plugin.usecases.measured import Kept
from storage import customers, decisions, programs, shops, snapshots
from storage.engine import Database
from storage.facts import OrderFact
from storage.snapshots import Snapshot
from tests.statements import counted
from tests.storage.worlds import order, take

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BY = Issuer(environment="test", key=b"k" * 32, key_id="00")
PEOPLE = ("often", "twice", "once", "barred", "unmeasured")


def test_decisions_see_what_the_tables_will_have(database: Database, shop_id: int) -> None:
    """Measures, newest orders and wishes are the same before they are written and read back."""
    with database.transaction() as db:
        _buy(db, shop_id)
        shop = shops.get(db, shop_id)
        model = measure.known_model(db, shop, as_of=NOW)
        fresh = measure.afresh(db, shop, PEOPLE, as_of=NOW, program=None, model=model)
        fresh.keep_tiers({"twice": "Gold"})
        fresh.plan_checks(dict.fromkeys(PEOPLE, NOW))
        fresh.write(db, shop_id)
        kept = Kept(db, shop_id)
        told = {
            who: brief._replace(tier=fresh.tiers.get(who, brief.tier)) for who, brief in fresh.briefs(PEOPLE).items()
        }
        assert told == kept.briefs(PEOPLE)
        assert told.keys() == set(PEOPLE) - {"unmeasured"}
        some = ["often", "twice", "barred"]
        assert fresh.briefs(some).keys() == fresh.newest(some).keys() == set(some)
        assert fresh.newest(told) == kept.newest(told) == {who: f"{who}-0" for who in told}
        assert fresh.left_out(PEOPLE) == kept.left_out(PEOPLE) == {"barred", "unmeasured"}
        assert set(snapshots.due(db, shop_id, NOW, 10)) == told.keys()


def test_a_batch_writes_each_measurement_once(database: Database, shop_id: int) -> None:
    """Measuring and deciding is one statement on the table of measurements, and decides what it always has."""
    with database.transaction() as db:
        _rules(db, shop_id)
        touched = _buy(db, shop_id) - {"unmeasured"}
        with counted() as sent:
            absorb.follow_up(db, shop_id, touched, [], now=NOW, issuer=BY)
        assert len([one for one in sent if "snapshots" in one]) == 1
        planned = {who: one.next_check_at for who, one in snapshots.some(db, shop_id, PEOPLE).items()}
        assert planned.keys() == set(PEOPLE) - {"unmeasured"}
        assert planned["twice"] is not None
        assert planned["twice"] > NOW
        assert planned["barred"] is None
        assert {one.customer_id for one in decisions.every(db, shop_id)} == planned.keys()


def test_a_newer_measurement_stays_and_is_looked_at_when_the_decision_says(database: Database, shop_id: int) -> None:
    """A worker whose clock is behind replaces nothing that was measured later, and its decision's next look holds."""
    with database.transaction() as db:
        _rules(db, shop_id)
        touched = _buy(db, shop_id)
        shop, model = shops.get(db, shop_id), measure.known_model(db, shops.get(db, shop_id), as_of=NOW)
        current = programs.current(db, shop_id)
        assert current is not None
        later = NOW + timedelta(days=1)
        measure.customers(db, shop, ["twice"], as_of=later, program=from_stored(current.body), model=model)
        newer = snapshots.some(db, shop_id, ["twice"])["twice"]
        absorb.follow_up(db, shop_id, touched, [], now=NOW, issuer=BY)
        after = snapshots.some(db, shop_id, PEOPLE)
        assert _measures(after["twice"]) == _measures(newer)
        assert after["twice"].next_check_at is not None
        assert after["once"].as_of == NOW


def _buy(db: Connection, shop_id: int) -> set[str]:
    customers.leave_out(db, shop_id, "barred", left_out=True)
    customers.leave_unscored(db, shop_id, "unmeasured", unscored=True)
    told: list[OrderFact] = []
    for who, times in zip(PEOPLE, (6, 2, 1, 2, 2), strict=True):
        days = (40 + 25 * number for number in range(times))
        told += [order(f"{who}-{at}", who, ordered_at=NOW - timedelta(days=day)) for at, day in enumerate(days)]
    return take(db, shop_id, told)


def _rules(db: Connection, shop_id: int) -> None:
    currency = shops.get(db, shop_id).currency
    rules = propose(currency=currency, spends_365d=[5_000] * 20, order_values=[2_000] * 20, monthly_revenue=100_000)
    live = replace(rules, mode="live", win_back=replace(rules.win_back, enabled=True))
    programs.append(db, shop_id, body=to_stored(live), author="a test", note="", now=NOW)


def _measures(one: Snapshot) -> dict[str, Any]:
    return {field.name: getattr(one, field.name) for field in fields(Snapshot) if field.name != "next_check_at"}

"""Measurements, decisions, rules and redemptions come back as they were kept."""

from __future__ import annotations

from datetime import timedelta

from storage import decisions, inbox, offers, orders, programs, redemptions, reports, snapshots
from storage.engine import Database
from tests.storage import filled
from tests.storage.filled import measured
from tests.storage.test_offers import offer
from tests.storage.worlds import START, new_shop, order

LATER = START + timedelta(days=1)


def test_measurements_come_back_whole(database: Database, shop_id: int):
    """Every column of a snapshot is read as it was written; a later measurement replaces it."""
    with database.transaction() as db:
        snapshots.keep_many(db, shop_id, [measured("b"), measured("a")])
        stored = snapshots.get(db, shop_id, "a")
        assert stored is not None
        assert {name: getattr(stored, name) for name in snapshots.Snapshot.__dataclass_fields__} == measured("a")
        assert [one.customer_id for one in snapshots.every(db, shop_id)] == ["a", "b"]
        snapshots.keep_many(db, shop_id, [measured("a") | {"order_count": 2, "tier": "gold"}])
        assert set(snapshots.some(db, shop_id, ["a", "nobody"])) == {"a"}
        again = snapshots.get(db, shop_id, "a")
        assert again is not None
        assert (again.order_count, again.tier) == (2, "gold")
        snapshots.forget(db, shop_id, ["a"])
        assert snapshots.get(db, shop_id, "a") is None


def test_a_newer_measurement_stays(database: Database, shop_id: int):
    """A night that took long does not overwrite what was measured meanwhile, row by row or column by column."""
    older, newer = measured("a") | {"r": 1}, measured("a") | {"as_of": LATER, "r": 5}
    with database.transaction() as db:
        snapshots.keep_many(db, shop_id, [newer])
        snapshots.keep_many(db, shop_id, [older])
        stored = snapshots.get(db, shop_id, "a")
        assert stored is not None
        assert (stored.r, stored.as_of) == (5, LATER)
        snapshots.keep_columns(db, shop_id, {"customer_id": [], "as_of": []})
        assert snapshots.ids(db, shop_id) == {"a"}


def test_who_is_to_be_looked_at(database: Database, shop_id: int):
    """Customers come due at their instant, those planned for no time never, a new program calls on everyone."""
    with database.transaction() as db:
        snapshots.keep_many(db, shop_id, [measured(name) for name in "abc"])
        snapshots.plan_checks(db, shop_id, {"a": LATER, "b": START, "c": None})
        assert snapshots.due(db, shop_id, START, 10) == ["b"]
        assert snapshots.due(db, shop_id, LATER, 10) == ["b", "a"]
        assert snapshots.due(db, shop_id, LATER, 1) == ["b"]
        snapshots.plan_all(db, shop_id, START)
        assert snapshots.due(db, shop_id, START, 10) == ["a", "b", "c"]
        snapshots.plan_checks(db, shop_id, {})


def test_counts_of_groups_and_of_lateness(database: Database, shop_id: int):
    """Lateness is counted as of now from the thresholds, so that it is right between measurements."""
    days = [START + timedelta(days=number) for number in range(4)]
    rows = [
        measured("a") | {"late_at": days[1], "lapsing_at": days[2], "lost_at": days[3], "group": "champions"},
        measured("b") | {"late_at": None},
        measured("c") | {"late_at": days[3], "spend_365d_minor": 5},
    ]
    with database.transaction() as db:
        snapshots.keep_many(db, shop_id, rows)
        assert snapshots.group_counts(db, shop_id) == {"champions": 1, "new": 2}
        assert snapshots.lateness_counts(db, shop_id, days[0]) == {"on_time": 2}
        assert snapshots.lateness_counts(db, shop_id, days[1]) == {"late": 1, "on_time": 1}
        assert snapshots.lateness_counts(db, shop_id, days[2]) == {"lapsing": 1, "on_time": 1}
        assert snapshots.lateness_counts(db, shop_id, days[3]) == {"lost": 1, "late": 1}
        assert snapshots.spends(db, shop_id) == [5, 10_000, 10_000]


def test_the_last_decision_is_kept(database: Database, shop_id: int):
    """A decision replaces the one before on the same customer, with its reasons and inputs as they were."""
    first = {
        "customer_id": "a", "decided_at": START, "program_version": 1, "outcome": "hold",
        "reasons": [{"code": "too_few", "ok": False, "numbers": {"orders": 1}}], "inputs": {"standing": {"r": 1}},
    }  # fmt: skip
    with database.transaction() as db:
        decisions.keep_many(db, shop_id, [first, first | {"customer_id": "b"}])
        decisions.keep_many(db, shop_id, [first | {"outcome": "issue"}])
        assert decisions.get(db, shop_id, "a") == decisions.StoredDecision(**(first | {"outcome": "issue"}))
        assert [one.customer_id for one in decisions.every(db, shop_id)] == ["a", "b"]
        assert decisions.get(db, shop_id, "nobody") is None


def test_every_version_of_the_rules_is_kept(database: Database, shop_id: int):
    """Versions count from one in each shop, the highest is in force, and none changes."""
    with database.transaction() as db:
        assert programs.current(db, shop_id) is None
        for number in (1, 2):
            body = {"key": f"k{number}"}
            assert programs.append(db, shop_id, body=body, author="m", note=f"n{number}", now=START) == number
        assert programs.append(db, new_shop(db), body={}, author="m", note="", now=START) == 1
        wanted = [
            programs.StoredProgram(version=n, body={"key": f"k{n}"}, author="m", note=f"n{n}", saved_at=START)
            for n in (2, 1)
        ]
        assert programs.history(db, shop_id) == wanted
        assert programs.current(db, shop_id) == wanted[0]
        assert programs.get(db, shop_id, 1) == wanted[1]
        assert programs.get(db, shop_id, 3) is None


def test_a_redemption_counts_once_and_can_be_taken_back(database: Database, shop_id: int):
    """Each turn happens once; a cancelled order's redemption can count again."""
    used = {"offer_id": "a", "order_id": "o", "ordered_at": START, "discount_minor": 5, "leaked": True}
    pair = {"offer_id": "a", "order_id": "o"}
    with database.transaction() as db:
        assert redemptions.record(db, shop_id, **used)
        assert not redemptions.record(db, shop_id, **used)
        assert not redemptions.restore(db, shop_id, **pair, discount_minor=5)
        assert redemptions.reverse(db, shop_id, **pair)
        assert not redemptions.reverse(db, shop_id, **pair)
        assert redemptions.of_orders(db, shop_id, ["o", "p"]) == [redemptions.Redemption(**used, reversed=True, turn=1)]
        assert redemptions.restore(db, shop_id, **pair, discount_minor=5)
        assert not redemptions.record(db, shop_id, **used)


def test_the_figures_of_a_shop(database: Database, shop_id: int):
    """The overview counts what is valid and has happened, in this shop alone."""
    with database.transaction() as db:
        filled.fill(db, new_shop(db), range(5))
        told = [order("o1", "c1"), order("o2", "c1"), order("o3", "c2", ordered_at=LATER), order("o4", "c3", test=True)]
        orders.record_many(db, shop_id, told, [])
        new = [offer("a"), offer("b"), offer("c", state="held_out", code=None), offer("d", kind="win_back")]
        offers.open_many(db, shop_id, new)
        offers.advance(db, shop_id, "a", to="issued")
        offers.advance(db, shop_id, "a", to="redeemed", cost_minor=750)
        inbox.keep(db, [filled.delivery(shop_id, 1), filled.delivery(shop_id, 2)])
        rows = inbox.claim(db, now=START, limit=100, lease_seconds=60)
        inbox.set_aside(db, next(row for row in rows if row.shop_id == shop_id), "why", START)
        assert reports.overview(db, shop_id, START) == reports.Overview(
            as_of=START,
            customers=1,
            orders=2,
            revenue_minor=20_000,
            offers={"loyalty": {"held_out": 1, "planned": 1, "redeemed": 1}, "win_back": {"planned": 1}},
            redeemed=1,
            held_out=1,
            cost_minor=750,
            waiting=1,
            aside=1,
            oldest_waiting=START,
        )
        assert reports.overview(db, shop_id, LATER).customers == 2

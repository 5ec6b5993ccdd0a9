"""What the first page asks at each look, on both databases: the same counts as a look at every row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, event, text

from storage import figures, glance, offers, snapshots
from storage.engine import Database
from storage.offers import NewOffer

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def offer(place: int, state: str, *, kind: str = "win_back", step: str = "offer", days: float) -> NewOffer:
    at, bare = NOW - timedelta(days=days), state == "held_out" or step == "reminder"
    return NewOffer(
        offer_id=f"o{place}", customer_id=f"c{place}", kind=kind, step=step, rule="r", cycle="1",
        program_version=1, state=state, code=None if bare else f"CODE{place}", benefit={},
        currency="USD", created_at=at, starts_at=at, ends_at=at + timedelta(days=20), reasons=[], inputs={},
    )  # fmt: skip


def measured(place: int, **columns: object) -> dict[str, object]:
    row: dict[str, object] = {
        "customer_id": f"c{place}", "as_of": NOW, "order_count": 1, "first_order_at": NOW, "last_order_at": NOW,
        "spend_total_minor": 1, "spend_365d_minor": 1, "recency_days": 0, "tenure_days": 0, "r": 5, "f": 1, "m": 1,
        "group": "new", "late_at": None, "lapsing_at": None, "lost_at": None,
    }  # fmt: skip
    return row | columns


def test_people_are_counted_in_one_pass(database: Database, shop_id: int) -> None:
    """By score, by group, by how often they ordered, and by how late they are at the instant asked about."""
    day = timedelta(days=1)
    late = {"late_at": NOW - 2 * day, "lapsing_at": NOW - day, "lost_at": NOW + day}
    rows = [measured(0), measured(1, order_count=3, r=2, group="at_risk", **late), measured(2, **late)]
    with database.transaction() as db:
        snapshots.keep_many(db, shop_id, rows)
        now = glance.people(db, shop_id, NOW)
        later = glance.people(db, shop_id, NOW + 2 * day)

    assert (now.count, now.returning) == (3, 1)
    assert now.scores == {(5, 1, 1): 2, (2, 1, 1): 1}
    assert now.groups == {"new": 2, "at_risk": 1}
    assert now.lateness == {"lapsing": 2}
    assert later.lateness == {"lost": 2}


def test_offers_are_counted_by_state_and_by_time(database: Database, shop_id: int) -> None:
    """An offer belongs to the span in which it was decided, its use to the one in which it was used; a reminder to one only where it has a code."""
    made = [
        *(offer(10 + place, state, step="reminder", days=5) for place, state in enumerate(("issued", "held_out"))),
        replace(offer(12, "expired", step="reminder", days=45), code="CODE12"),
        offer(1, "redeemed", days=40), offer(2, "issued", days=5), offer(3, "held_out", days=5),
        offer(4, "rejected", days=5), offer(5, "expired", kind="loyalty", days=35),
    ]  # fmt: skip
    edges = [NOW - timedelta(days=days) for days in (60, 30, 0)]
    with database.transaction() as db:
        offers.open_many(db, shop_id, made)
        offers.amend(db, shop_id, "o1", redeemed_at=NOW - timedelta(days=10))
        by_state = glance.offers_by_state(db, shop_id)
        newest, before = (glance.given(db, shop_id, after=edges[place], until=edges[place + 1]) for place in (1, 0))
        spans = glance.offers_over_time(db, shop_id, edges)

    assert by_state["win_back", "redeemed"] == by_state["loyalty", "expired"] == 1
    assert newest == glance.Given(given=1, redeemed=0, held_out=1)
    assert before == glance.Given(given=3, redeemed=1, held_out=0)
    assert spans == [(3, 0), (1, 1)]


def test_a_years_offers_are_counted_from_an_index_alone(database: Database, shop_id: int) -> None:
    """The rows, which are long, are not looked at: not even to see whether a reminder has a code."""
    edges = [NOW - timedelta(days=30 * back) for back in range(12, -1, -1)]
    asked: list[tuple[str, Any]] = []

    def note(_db: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    with database.transaction() as db:
        if database.dialect == "postgresql":
            # a table without rows is read as a whole unless this is forbidden
            db.execute(text("SET LOCAL enable_seqscan = off"))
            db.execute(text("SET LOCAL enable_bitmapscan = off"))
        event.listen(Engine, "before_cursor_execute", note)
        glance.given(db, shop_id, after=edges[0], until=NOW)
        glance.offers_over_time(db, shop_id, edges)
        event.remove(Engine, "before_cursor_execute", note)
        explain = "EXPLAIN QUERY PLAN" if database.dialect == "sqlite" else "EXPLAIN"
        plans = [[row[-1] for row in db.exec_driver_sql(f"{explain} {sent}", values)] for sent, values in asked]
    looks = [[step for step in plan if "SEARCH offers" in step or " on offers" in step] for plan in plans]

    assert [len(steps) for steps in looks] == [1, 12, 1]
    for step in (*looks[0], *looks[1]):
        # where a partial index proves what its rows are, SQLite does not look at them, and does not say so
        assert "Index Only Scan using ix_offers_giving" in step or (
            "USING INDEX ix_offers_giving (shop_id=? AND state=? AND created_at>? AND created_at<?)" in step
        )
    assert any(f"{kind} ix_offers_counted" in looks[2][0] for kind in ("COVERING INDEX", "Index Only Scan using"))


def test_a_document_of_figures_is_replaced_by_a_newer_one_only(database: Database, shop_id: int) -> None:
    """Two nights that end in the wrong order leave the newer numbers."""
    with database.transaction() as db:
        assert figures.get(db, shop_id, "overview") is None
        figures.keep(db, shop_id, "overview", {"n": 2}, NOW)
        figures.keep(db, shop_id, "overview", {"n": 1}, NOW - timedelta(days=1))
        kept = figures.get(db, shop_id, "overview")

    assert kept == figures.Kept(as_of=NOW, body={"n": 2})


def test_a_quiet_shop_has_nothing_to_tell(database: Database, shop_id: int) -> None:
    """No month of a budget, no orders, nothing that waits."""
    with database.reading() as db:
        assert glance.months(db, shop_id, "2026-10") == []
        assert glance.orders_seen(db, shop_id, 10) == 0
        assert glance.waiting_since(db, shop_id) is None

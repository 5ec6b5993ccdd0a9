"""Offers move along the drawn arrows only, and one reason makes one offer."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, product

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError

from storage import customers, offers
from storage.engine import Database
from storage.facts import MergeFact
from storage.offers import MOVES, NewOffer
from storage.tables import OFFER_STATES
from tests.storage.worlds import new_shop

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = count()
states = st.sampled_from(sorted(MOVES))


def offer(offer_id: str, **changed: object) -> NewOffer:
    values: dict[str, object] = {
        "customer_id": "c1", "kind": "loyalty", "step": "silver", "rule": f"loyalty of {offer_id}", "cycle": "2026-03",
        "program_version": 1, "state": "planned", "code": f"CODE-{offer_id}".upper(), "code_key_id": "k1",
        "benefit": {"type": "percent", "value": 10}, "budget_month": "2026-03", "reserved_minor": 500,
        "currency": "EUR", "created_at": NOW, "starts_at": NOW, "ends_at": NOW + timedelta(days=14),
        "reasons": [{"code": "enough", "detail": "spent enough", "numbers": {"spend": 100}}], "inputs": {"as_of": 1},
    }  # fmt: skip
    return NewOffer(offer_id=offer_id, **(values | changed))  # type: ignore[arg-type]


def test_every_state_is_drawn():
    """The drawing and the table know the same states."""
    assert set(MOVES) == set(OFFER_STATES)
    assert set().union(*MOVES.values()) <= set(OFFER_STATES)


class Lives(RuleBasedStateMachine):
    """Offers under any sequence of wishes, beside a model of where each one stands."""

    known = Bundle("known")

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        with database.transaction() as db:
            self.shop_id = new_shop(db)
        self.stands: dict[str, str] = {}

    @rule(target=known, state=states)
    def opens(self, state: str) -> str:
        offer_id = f"offer{next(NAMES)}"
        with self.database.transaction() as db:
            code = None if state == "held_out" else f"CODE{offer_id}"
            assert offers.open_many(db, self.shop_id, [offer(offer_id, state=state, code=code)]) == {offer_id}
        self.stands[offer_id] = state
        return offer_id

    @rule(offer_id=known, to=states, frm=st.none() | st.sets(states, min_size=1, max_size=3))
    def is_moved(self, offer_id: str, to: str, frm: set[str] | None) -> None:
        asked = set(MOVES) if frm is None else frm
        drawn = {state for state in MOVES if to in MOVES[state]}
        with self.database.transaction() as db:
            if not drawn or (frm is not None and not frm <= drawn):
                with pytest.raises(ValueError, match="no offer goes"):
                    offers.advance(db, self.shop_id, offer_id, to=to, frm=frm)
                return
            moved = offers.advance(db, self.shop_id, offer_id, to=to, frm=frm, note=to)
        assert moved == (self.stands[offer_id] in asked & drawn)
        if moved:
            self.stands[offer_id] = to

    @rule(offer_id=known)
    def is_amended(self, offer_id: str) -> None:
        with self.database.transaction() as db:
            assert offers.amend(db, self.shop_id, offer_id, unwanted=True)

    @rule(offer_id=consumes(known))
    def is_moved_by_another_shop(self, offer_id: str) -> None:
        with self.database.transaction() as db:
            assert not offers.advance(db, new_shop(db), offer_id, to="redeemed")

    @invariant()
    def stands_where_the_model_says(self) -> None:
        with self.database.reading() as db:
            assert {one.offer_id: one.state for one in offers.every(db, self.shop_id)} == self.stands
            counted = {state: list(self.stands.values()).count(state) for state in set(self.stands.values())}
            assert offers.counts(db, self.shop_id) == counted


def test_offers_move_only_as_drawn(database: Database):
    """Whatever is asked for in whatever order, an offer is only ever where the drawing leads."""
    run_state_machine_as_test(
        lambda: Lives(database), settings=settings(max_examples=12, stateful_step_count=20, deadline=None)
    )


@pytest.mark.parametrize(("frm", "to"), [pair for pair in product(MOVES, repeat=2) if pair[1] not in MOVES[pair[0]]])
def test_a_move_that_is_not_drawn_is_a_mistake(sqlite_database: Database, frm: str, to: str):
    """Asking for a move that nothing draws is refused before it reaches the database."""
    with sqlite_database.reading() as db, pytest.raises(ValueError, match="no offer goes"):
        offers.advance(db, 1, "x", to=to, frm=[frm])


def test_of_many_who_move_an_offer_one_does(database: Database, shop_id: int):
    """Of eight threads that send the same planned offer, one is told that it did."""
    with database.transaction() as db:
        offers.open_many(db, shop_id, [offer("x")])
    answers: list[bool] = []
    start = threading.Barrier(8)

    def send() -> None:
        start.wait()
        with database.transaction() as db:
            answers.append(offers.advance(db, shop_id, "x", to="sending", frm=["planned"], sending_at=NOW))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 7 + [True]


def test_one_reason_one_offer(database: Database, shop_id: int):
    """The same rule and cycle, the same id or the same code makes no second offer, and leaves the first as it was."""
    first = offer("a", rule="r")
    with database.transaction() as db:
        assert offers.open_many(db, shop_id, [first, offer("b")]) == {"a", "b"}
        again = [
            replace(first, offer_id="c", code="OTHER"),
            replace(first, rule="other", code="OTHER"),
            replace(first, offer_id="d", rule="other", code="code-a"),
        ]
        assert offers.open_many(db, shop_id, again) == set()
        assert offers.open_many(db, shop_id, [replace(again[0], generation=1)]) == {"c"}
        stored = offers.get(db, shop_id, "a")
        assert stored is not None
        assert {name: getattr(stored, name) for name in NewOffer.__dataclass_fields__} == {
            name: getattr(first, name) for name in NewOffer.__dataclass_fields__
        }


def test_a_code_is_found_however_it_is_typed(database: Database, shop_id: int):
    """Buyers type in any case; the answer is keyed in upper case."""
    with database.transaction() as db:
        offers.open_many(db, shop_id, [offer("a", code="Regu-1aB"), offer("b", code=None)])
        assert {code: one.offer_id for code, one in offers.by_codes(db, shop_id, ["reGU-1ab", "none"]).items()} == {
            "REGU-1AB": "a"
        }
        assert offers.amend(db, shop_id, "b", code="later", generation=1)
        assert offers.by_codes(db, shop_id, ["LATER"])["LATER"].offer_id == "b"


def test_what_never_changes(database: Database, shop_id: int):
    """Whose offer it is, why and for what was written once."""
    with database.transaction() as db:
        offers.open_many(db, shop_id, [offer("a")])
        for column in ("customer_id", "state", "benefit", "rule", "reasons", "no_such"):
            with pytest.raises(ValueError, match="does not change"):
                offers.amend(db, shop_id, "a", **{column: "x"})
            with pytest.raises(ValueError, match="does not change"):
                offers.advance(db, shop_id, "a", to="sending", **{column: "x"})


def test_the_control_group_has_no_codes(database: Database, shop_id: int):
    """The database itself refuses a code on a held-out offer."""
    with pytest.raises(IntegrityError), database.transaction() as db:
        offers.open_many(db, shop_id, [offer("a", state="held_out")])


def test_what_has_ended_and_what_is_in_doubt(database: Database, shop_id: int):
    """Issued offers end at their end, included; what is on its way too long is listed over all shops."""
    with database.transaction() as db:
        offers.open_many(db, shop_id, [offer("a", ends_at=NOW), offer("b"), offer("c", ends_at=NOW)])
        other = new_shop(db)
        offers.open_many(db, other, [offer("a", ends_at=NOW)])
        for offer_id in ("a", "b", "c"):
            offers.advance(db, shop_id, offer_id, to="sending", sending_at=NOW)
        offers.advance(db, other, "a", to="sending", sending_at=NOW - timedelta(hours=1))
        assert [(one.shop_id, one.offer_id) for one in offers.in_doubt(db, NOW + timedelta(seconds=1))] == [
            (other, "a"), (shop_id, "a"), (shop_id, "b"), (shop_id, "c"),
        ]  # fmt: skip
        assert [one.shop_id for one in offers.in_doubt(db, NOW)] == [other]
        for offer_id in ("a", "b", "c"):
            offers.advance(db, shop_id, offer_id, to="issued", issued_at=NOW)
        assert [one.offer_id for one in offers.ended(db, shop_id, NOW, 10)] == ["a", "c"]
        assert [one.offer_id for one in offers.ended(db, shop_id, NOW, 1)] == ["a"]
        assert offers.ended(db, shop_id, NOW - timedelta(microseconds=1), 10) == []


def test_offers_follow_a_merge(database: Database, shop_id: int):
    """Offers of one who was merged away belong to who is left; two for one reason stay two."""
    with database.transaction() as db:
        mine, theirs = offer("a", rule="r"), offer("b", rule="r", customer_id="c2", created_at=NOW + timedelta(hours=1))
        offers.open_many(db, shop_id, [mine, theirs, offer("c", customer_id="c2")])
        customers.merge(db, shop_id, MergeFact(kept_id="c1", gone_id="c2", merged_at=NOW))
        followed = offers.of_customers(db, shop_id, ["c1", "c2"])
        assert {one: [each.offer_id for each in their] for one, their in followed.items()} == {"c1": ["a", "c", "b"]}
        assert [one.cycle for one in followed["c1"]] == ["2026-03", "2026-03", "2026-03~c2"]


@pytest.mark.parametrize("name", ["_by", "_made"])
def test_offers_of_some_customers_are_not_looked_for_among_all(sqlite_database: Database, name: str) -> None:
    """SQLite finds them by their customers; an index by age would lead through every offer of the shop."""
    statement = offers._made("sqlite") if name == "_made" else offers._by("sqlite", "customer_id")
    asked = statement.compile(dialect=sqlite.dialect(paramstyle="named"))
    with sqlite_database.reading() as db:
        plan = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", {**asked.params, "shop": 1, "wanted": "[]"})
        ways = [row.detail for row in plan]

    assert "shop_id=? AND customer_id=?" in ways[0]

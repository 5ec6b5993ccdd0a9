"""Rows in the driver's own way: what is copied, and what is written by the quicker writer, is what was given."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from storage import locks, orders, programs
from storage.columns import to_text, to_text_quickly
from storage.engine import Database
from storage.facts import LineFact, OrderFact
from storage.tables import order_lines
from storage.upserts import add

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)
ODD = ("a\tb", "\\N", "\\", "new\nline", "quote\"'", "ö🌻", "\\t", "\r")


def test_lines_with_odd_names_come_back_as_they_are(database: Database, shop_id: int) -> None:
    """Tabs, line ends and backslashes in a store's names are text like any other, and so is what looks like nothing."""
    lines = tuple(
        LineFact(line_id=name, product_id=name, variant_id=None, quantity=1, total_minor=place)
        for place, name in enumerate(ODD)
    )
    told = OrderFact(
        order_id="o\t1", customer_id=None, ordered_at=NOW, updated_at=NOW, cancelled_at=None, test=False, paid=True,
        currency="EUR", gross_minor=1, current_minor=1, lines=lines,
    )  # fmt: skip
    with database.transaction() as db:
        orders.record_many(db, shop_id, [told], [])
        mine = select(order_lines.c.line_id, order_lines.c.product_id, order_lines.c.variant_id)
        found = db.execute(mine.where(order_lines.c.shop_id == shop_id)).all()

    assert sorted(map(tuple, found)) == sorted((name, name, None) for name in ODD)


def test_a_refused_copy_says_so_as_every_statement_does(database: Database, shop_id: int) -> None:
    """A line without its order is refused with the library's error, which holds the driver's, and nothing is written."""
    with pytest.raises(DBAPIError) as refused, database.transaction() as db:
        add(db, order_lines, orders.OF_LINES, [(shop_id, "none", "1", None, None, 1, 1, 0)])

    assert refused.value.orig is not None
    with database.reading() as db:
        assert db.execute(select(order_lines).where(order_lines.c.shop_id == shop_id)).all() == []


@given(VALUES)
def test_the_quicker_writer_writes_the_same_text(value: Any) -> None:
    """Without fractions the text is the same; with one, the value is."""
    assert to_text_quickly(value) == to_text(value)


@given(st.dictionaries(TEXT, st.floats(allow_nan=False, allow_infinity=False), max_size=4))
def test_the_quicker_writer_keeps_fractions(value: Any) -> None:
    """Whatever the exponent looks like, reading it gives the very number."""
    assert json.loads(to_text_quickly(value)) == value


def test_what_is_held_is_not_asked_for_again_and_ends_with_the_transaction(postgresql_database: Database) -> None:
    """Names taken twice are one lock, a whole room includes its names, and the next transaction begins with none."""
    held = select(text("count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"))
    counts = []
    for room in ("orders", "orders"):
        with postgresql_database.transaction() as db:
            for names in (["a", "b"], ["b"], ["b", "c"], [], None, ["d"]):
                locks.take(db, 1, room, names)
                counts.append(db.execute(held).scalar_one())

    # the room is shared beside each name; all of it alone comes to that
    assert counts == 2 * [3, 3, 4, 4, 5, 5]


def test_the_rules_in_force_at_a_moment(database: Database, shop_id: int) -> None:
    """The newest that was saved by then; before the first, the first; without any, none."""
    with database.transaction() as db:
        assert programs.in_force(db, shop_id, NOW) is None
        for day in (10, 20):
            programs.append(db, shop_id, body={"day": day}, author="a", note="", now=NOW.replace(day=day))
        found = [programs.in_force(db, shop_id, NOW.replace(day=day)) for day in (1, 10, 19, 20, 28)]

    assert [one and one.version for one in found] == [1, 1, 1, 2, 2]

"""Imports and reconciliations: one of each shop, one holder, nothing lost."""

from __future__ import annotations

from datetime import timedelta

from storage import imports, reconciliations, shops
from storage.engine import Database
from tests.conftest import INSTALLED_AT
from tests.storage.worlds import START

LATER = START + timedelta(minutes=5)
OPEN_END = ((START, None),)


def test_an_import_has_one_holder(database: Database, shop_id: int) -> None:
    """Who claims first has it until the lease ends; who is too slow changes nothing any more."""
    with database.transaction() as db:
        imports.ask(db, shop_id, spans=OPEN_END, limited_to=None, now=START)
        assert imports.due(db, START) == imports.due(db, START, shop_id=shop_id) == [shop_id]
        assert imports.due(db, START, shop_id=shop_id + 1) == []
        first = imports.claim(db, shop_id, now=START, lease_seconds=60)
        assert first is not None
        assert imports.claim(db, shop_id, now=START, lease_seconds=60) is None
        assert imports.due(db, START) == []
        assert imports.due(db, LATER) == [shop_id]
        second = imports.claim(db, shop_id, now=LATER, lease_seconds=60)
        assert second is not None
        assert not imports.change(db, first, state="done")
        assert imports.change(db, second, state="reading", parts=3, spans=((None, START), (START, LATER)))
        kept = imports.get(db, shop_id)
    assert kept is not None
    assert (kept.state, kept.parts, kept.spans) == ("reading", 3, ((None, START), (START, LATER)))


def test_an_import_asked_for_anew_is_nobodys(database: Database, shop_id: int) -> None:
    """Who was at the old one has lost it, and nothing of it is left."""
    with database.transaction() as db:
        imports.ask(db, shop_id, spans=OPEN_END, limited_to=START, now=START)
        held = imports.claim(db, shop_id, now=START, lease_seconds=60)
        assert held is not None
        assert imports.change(db, held, orders_read=7, operation="gid://1", trouble="x")
        again = imports.ask(db, shop_id, spans=((None, None),), limited_to=None, now=LATER)
        assert not imports.change(db, held, state="done")
    assert (again.orders_read, again.operation, again.trouble, again.limited_to) == (0, None, None, None)
    assert (again.is_open, again.spans) == (True, ((None, None),))


def test_only_served_shops_are_imported(database: Database, shop_id: int) -> None:
    """A paused shop's import waits; one that has ended is nobody's work."""
    with database.transaction() as db:
        imports.ask(db, shop_id, spans=OPEN_END, limited_to=None, now=START)
        shops.pause(db, shop_id, "by hand")
        assert imports.due(db, LATER) == []
        shops.resume(db, shop_id)
        held = imports.claim(db, shop_id, now=START, lease_seconds=60)
        assert held is not None
        assert imports.change(db, held, state="done", claimed_until=None)
        assert imports.due(db, LATER) == []
        assert not imports.change(db, held, state="reading")


def test_a_hint_makes_it_due(database: Database, shop_id: int) -> None:
    """Only of the operation that is waited for, and it never puts off."""
    with database.transaction() as db:
        imports.ask(db, shop_id, spans=OPEN_END, limited_to=None, now=START)
        held = imports.claim(db, shop_id, now=START, lease_seconds=60)
        assert held is not None
        imports.change(db, held, state="running", operation="mine", run_at=LATER, claimed_until=None)
        imports.hurry(db, shop_id, ["other"], START)
        assert imports.due(db, START) == []
        imports.hurry(db, shop_id, ["other", "mine"], START)
        assert imports.due(db, START) == [shop_id]


def test_a_reconciliation_only_goes_forward(database: Database, shop_id: int) -> None:
    """The place up to which a store was asked never goes back; what is found is added up."""
    with database.transaction() as db:
        assert reconciliations.due(db, START) == [shop_id]
        reconciliations.plan(db, shop_id, asked_until=INSTALLED_AT, due_at=LATER)
        assert reconciliations.due(db, START) == []
        assert reconciliations.due(db, LATER) == [shop_id]
        reconciliations.reached(db, shop_id, START)
        reconciliations.reached(db, shop_id, INSTALLED_AT)
        reconciliations.plan(db, shop_id, asked_until=INSTALLED_AT, due_at=LATER)
        reconciliations.found(db, shop_id, 2, START)
        reconciliations.found(db, shop_id, 3, LATER)
        kept = reconciliations.get(db, shop_id)
        shops.pause(db, shop_id, "by hand")
        assert reconciliations.due(db, LATER) == []
    assert kept == reconciliations.Reconciliation(asked_until=START, due_at=LATER, found=5, found_at=LATER)

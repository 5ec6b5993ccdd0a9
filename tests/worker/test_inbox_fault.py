"""A delivery that the database fails over is tried for long, and set aside only where the fault must be its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from plugin.worker import inbox_step
from storage import inbox
from storage.tables import inbox as kept
from tests.campaigns import town
from tests.campaigns.town import Town

#: what each kind of database says of one order: that it takes too much, that there is no room
TOO_MUCH = {"postgresql": "57014", "sqlite": "SELECT json('{')"}
NO_ROOM = "53100"


@pytest.fixture
def opened(database_url: str, tmp_path: Path) -> Iterator[Town]:
    """A store with Regulars installed."""
    with town.opened(tmp_path, database_url, seed=6) as made:
        yield made


def fail_over(opened: Town, order_id: str, fault: str) -> None:
    """Has the database fail whenever this order is written."""
    statements = [
        f"CREATE FUNCTION fault() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{fault}'; END $$ LANGUAGE plpgsql",
        f"CREATE TRIGGER fault BEFORE INSERT ON orders FOR EACH ROW WHEN (NEW.order_id = '{order_id}') EXECUTE FUNCTION fault()",
    ]
    if opened.runtime.database.dialect == "sqlite":
        statements = [
            f"CREATE TRIGGER fault BEFORE INSERT ON orders WHEN NEW.order_id = '{order_id}' BEGIN {fault}; END"
        ]
    with opened.runtime.database.transaction() as db:
        for statement in statements:
            db.execute(text(statement.replace(":", "\\:")))


def heal(opened: Town) -> None:
    on = " ON orders" if opened.runtime.database.dialect == "postgresql" else ""
    with opened.runtime.database.transaction() as db:
        db.execute(text(f"DROP TRIGGER fault{on}"))


def bought(opened: Town) -> str:
    """A purchase whose deliveries wait; its order's number."""
    before = set(opened.orders)
    opened.put_into_inbox(opened.live(1))
    (order_id,) = opened.orders - before
    return order_id


def tried(opened: Town, times: int, *, others: bool) -> int:
    """Tries what waits so often, with a purchase of somebody else's each time or without; how many are aside then."""
    for _ in range(times):
        if others:
            bought(opened)
        inbox_step.run(opened.runtime)
        opened.leases_end()
    with opened.runtime.database.reading() as db:
        return inbox.count_aside(db, opened.shop_id)


def attempts(opened: Town) -> int:
    """Of what was tried most often."""
    with opened.runtime.database.reading() as db:
        mine = select(kept.c.attempts).where(kept.c.shop_id == opened.shop_id)
        return max(db.execute(mine).scalars())


def test_a_delivery_that_fails_while_others_go_in_is_set_aside(opened: Town) -> None:
    """After an hour of tries, not before; with its reason; and it goes in once the database takes it."""
    fail_over(opened, bought(opened), TOO_MUCH[opened.runtime.database.dialect])
    assert tried(opened, inbox_step.TRIES_BESIDE_OTHERS - 1, others=False) == 0
    assert tried(opened, 2, others=True) > 0
    with opened.runtime.database.reading() as db:
        assert "OperationalError" in inbox.aside(db, opened.shop_id)[0].reason
    heal(opened)
    with opened.runtime.database.transaction() as db:
        inbox.reopen(db, opened.shop_id)
    assert tried(opened, 2, others=False) == 0
    with opened.runtime.database.reading() as db:
        assert inbox.waiting(db) == 0


def test_nothing_is_set_aside_while_nothing_goes_in(opened: Town) -> None:
    """A database that takes nothing at all is no delivery's fault, however often they are tried."""
    fail_over(opened, bought(opened), TOO_MUCH[opened.runtime.database.dialect])
    inbox_step.run(opened.runtime)
    with opened.runtime.database.transaction() as db:
        long_ago = town.now() - timedelta(hours=1)
        mine = update(kept).where(kept.c.shop_id == opened.shop_id, kept.c.state == "done")
        db.execute(mine.values(settled_at=long_ago))
    opened.leases_end()
    assert tried(opened, inbox_step.TRIES_BESIDE_OTHERS + 5, others=False) == 0
    assert attempts(opened) > inbox_step.TRIES_BESIDE_OTHERS


@pytest.mark.parametrize("fault", [NO_ROOM, "55P03"])
def test_want_of_room_and_locks_are_never_the_deliverys_fault(
    fresh_postgresql_url: str, tmp_path: Path, fault: str
) -> None:
    """Also where there is room for others: a large one waits for as long as it takes."""
    with town.opened(tmp_path, fresh_postgresql_url, seed=7) as opened:
        fail_over(opened, bought(opened), fault)
        tried(opened, inbox_step.TRIES_BESIDE_OTHERS, others=False)
        assert tried(opened, 3, others=True) == 0
        heal(opened)
        assert tried(opened, 3, others=False) == 0
        with opened.runtime.database.reading() as db:
            assert inbox.waiting(db) == 0

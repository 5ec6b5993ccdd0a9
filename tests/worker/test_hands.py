"""What a worker cannot finish because of the database is given back as soon as the database takes it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select, text
from sqlalchemy.exc import DBAPIError

from plugin.worker.hands import LONGEST_WAIT_SECONDS, Hands, back_off
from plugin.worker.portion import Portion
from storage import inbox, suspects
from storage.tables import inbox as kept
from tests.campaigns import checks, town
from tests.campaigns.town import Town

#: nothing can be recorded, and nothing be put off: there is no room for either
NO_ROOM = {
    "sqlite": (
        "CREATE TRIGGER no_orders BEFORE INSERT ON orders BEGIN SELECT RAISE(ABORT, 'full'); END",
        "CREATE TRIGGER no_end BEFORE UPDATE OF state ON inbox BEGIN SELECT RAISE(ABORT, 'full'); END",
    ),
    "postgresql": (
        (
            "CREATE FUNCTION full_disk() RETURNS trigger AS "
            "$$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$ LANGUAGE plpgsql"
        ),
        "CREATE TRIGGER no_orders BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION full_disk()",
        "CREATE TRIGGER no_end BEFORE UPDATE OF state ON inbox FOR EACH ROW EXECUTE FUNCTION full_disk()",
    ),
}
ROOM = {
    "sqlite": ("DROP TRIGGER no_orders", "DROP TRIGGER no_end"),
    "postgresql": ("DROP TRIGGER no_orders ON orders", "DROP TRIGGER no_end ON inbox"),
}


@pytest.fixture
def opened(database_url: str, tmp_path: Path) -> Iterator[Town]:
    """A store with Regulars installed, some of whose deliveries wait."""
    with town.opened(tmp_path, database_url, seed=8) as made:
        made.put_into_inbox(made.live(4))
        yield made


def test_what_could_not_be_put_off_is_given_back_first(opened: Town) -> None:
    """While there is no room nothing more is claimed; with room all is free within seconds, and none of it is a suspect."""
    worker = Portion(opened.runtime)
    _say(opened, NO_ROOM)
    for _ in range(suspects.BY_CHANCE + suspects.ALONE + 3):
        with pytest.raises(DBAPIError):
            worker.take_in()
    assert {row.attempts for row in _rows(opened)} == {1}
    assert all(row.claimed_until is not None for row in _rows(opened))

    _say(opened, ROOM)
    worker.take_in()
    given_back = _rows(opened)
    assert {(row.state, row.claimed_until, row.ended) for row in given_back} == {("waiting", None, None)}
    assert max(row.run_at for row in given_back) <= town.now() + timedelta(seconds=2)
    opened.leases_end()
    while worker.take_in():
        pass
    checks.all_is_told(opened, opened.orders)


def test_what_another_fault_left_is_not_given_back(opened: Town) -> None:
    """Its lease runs out, and counts: that may be what ends workers."""
    hands = Hands()
    with pytest.raises(RecursionError), hands.at_work(opened.runtime):
        _fails_over(opened, hands)
    with hands.at_work(opened.runtime):
        pass
    assert all(row.claimed_until is not None for row in _rows(opened))


def _fails_over(opened: Town, hands: Hands) -> None:
    with opened.runtime.database.transaction() as db:
        hands.add(inbox.claim(db, now=town.now(), limit=100, lease_seconds=60))
    raise RecursionError


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 2), (5, 32), (6, LONGEST_WAIT_SECONDS), (10_000, 60)])
def test_the_wait_doubles_up_to_a_minute(attempts: int, seconds: int) -> None:
    """However often something failed, it is tried again within a minute."""
    assert back_off(attempts) == timedelta(seconds=seconds)


def _say(opened: Town, what: dict[str, tuple[str, ...]]) -> None:
    with opened.runtime.database.transaction() as db:
        for statement in what[db.dialect.name]:
            db.execute(text(statement))


def _rows(opened: Town) -> list[Row[Any]]:
    with opened.runtime.database.reading() as db:
        return list(db.execute(select(kept).where(kept.c.shop_id == opened.shop_id)))

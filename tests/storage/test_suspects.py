"""Deliveries that end their workers are found and set aside, and those that were beside them are not."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from storage import inbox, suspects
from storage.engine import Database
from storage.inbox import InboxRow
from storage.tables import inbox as kept
from tests.statements import counted
from tests.storage.worlds import new_shop

START = datetime(2026, 3, 1, tzinfo=UTC)
LEASE = 60.0
#: suspects that a worker takes alone before it claims again
AT_ONCE = 3
Life = Generator[None, None, bool]


class World:
    """A database, the deliveries that end whoever takes them in, and a clock that moves once there is nothing to claim."""

    def __init__(self, database: Database, killers: set[str], limit: int) -> None:
        self.database, self.killers, self.limit, self.now = database, killers, limit, START
        self.deaths: dict[str, int] = {}
        self.moves, self.busy = 0, True

    def life(self) -> Life:
        """A worker, with a stop wherever another may come between; whether it lives to the end of a step."""
        with self.database.transaction() as db:
            rows = inbox.claim(db, now=self.now, limit=self.limit, lease_seconds=LEASE)
            sound, found, _ = suspects.sort_out(db, rows, now=self.now)
        self.busy |= bool(rows)
        yield
        if not (yield from self._taken_in(sound)):
            return False
        for one in found[:AT_ONCE]:
            with self.database.transaction() as db:
                alone = suspects.claim(db, one, now=self.now, lease_seconds=LEASE)
            yield
            if alone is not None and not (yield from self._taken_in([alone])):
                return False
        return True

    def _taken_in(self, rows: list[InboxRow]) -> Life:
        deadly = [row.delivery_id for row in rows if row.delivery_id in self.killers]
        for name in deadly:
            self.deaths[name] = self.deaths.get(name, 0) + 1
        if deadly:
            return False
        with self.database.transaction() as db:
            assert inbox.done(db, rows, self.now) == {row.delivery_row for row in rows}
        yield
        return True

    def waiting(self) -> int:
        with self.database.reading() as db:
            return inbox.waiting(db)

    def states(self, shop_ids: list[int]) -> dict[str, str]:
        with self.database.reading() as db:
            mine = select(kept.c.delivery_id, kept.c.state).where(kept.c.shop_id.in_(shop_ids))
            return {row.delivery_id: row.state for row in db.execute(mine)}


@settings(max_examples=25)
@given(
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    killers=st.sets(st.sampled_from(["0-0", "0-1", "0-3", "1-0", "1-2", "2-0"]), max_size=2),
    limit=st.integers(1, 12),
    by_chance=st.integers(0, suspects.BY_CHANCE),
    rng=st.randoms(use_true_random=False),
)
def test_who_shares_batches_with_a_killer_is_taken_in(
    database: Database, lengths: list[int], killers: set[str], limit: int, by_chance: int, rng: Random
) -> None:
    """Whatever the batches, the workers and who ends by chance: killers alone are set aside, all others are done."""
    names = [f"{shop}-{number}" for shop, length in enumerate(lengths) for number in range(length)]
    world = World(database, killers, limit)
    with database.transaction() as db:
        db.execute(kept.delete().where(kept.c.shop_id > 0))
        shop_ids = [new_shop(db) for _ in lengths]
        inbox.keep(db, [_delivery(shop_ids[int(name.partition("-")[0])], name) for name in names])

    under_way: list[Life] = []
    for _ in range(1_000):
        if not under_way:
            if not world.waiting():
                break
            if not world.busy:
                world.now += timedelta(seconds=LEASE + 1)
                world.moves += 1
                if world.moves % 4 == 0:
                    names.append(f"0-later-{len(names)}")
                    with database.transaction() as db:
                        inbox.keep(db, [_delivery(shop_ids[0], names[-1])])
            world.busy = False
            under_way = [world.life() for _ in range(rng.randint(1, 2))]
        place = rng.randrange(len(under_way))
        dies = by_chance > 0 and rng.random() < 1 / 3
        by_chance -= dies
        if dies or next(under_way[place], StopIteration) is StopIteration:
            under_way.pop(place)

    assert world.states(shop_ids) == {name: "set_aside" if name in killers else "done" for name in names}
    # a few more where nothing else came meanwhile
    assert all(count <= suspects.BY_CHANCE + 1 + suspects.ALONE + 10 for count in world.deaths.values())


def test_two_ends_by_chance_change_nothing(database: Database, shop_id: int) -> None:
    """The third lease is given with all others, and asks the database nothing more; the fourth makes suspects of all."""
    with database.transaction() as db:
        inbox.keep(db, [_delivery(shop_id, name) for name in "abc"])
    for ends in range(suspects.BY_CHANCE + 1):
        rows, (sound, found, guilty) = _claimed(database, ends)
        assert (len(sound), found, guilty, {row.ended for row in rows}) == (3, [], [], {ends})
    with database.transaction() as db, counted() as said:
        suspects.sort_out(db, rows, now=START)
    assert said == []

    rows, (sound, found, guilty) = _claimed(database, suspects.BY_CHANCE + 1)
    assert (sound, len(found), guilty) == ([], 3, [])


def test_suspects_are_let_go_as_if_never_claimed(database: Database, shop_id: int) -> None:
    """They keep their place and their counts however often they are found; alone they are claimed as all are."""
    with database.transaction() as db:
        inbox.keep(db, [_delivery(shop_id, name) for name in "ab"])
    for ends in range(suspects.BY_CHANCE + 1):
        _claimed(database, ends)
    counts = set()
    for ends in range(suspects.BY_CHANCE + 1, suspects.BY_CHANCE + 5):
        rows, (_, found, _) = _claimed(database, ends)
        counts |= {(row.attempts, row.ended) for row in rows}
        assert [row.delivery_id for row in found] == ["a", "b"]
    assert counts == {(suspects.BY_CHANCE + 2, suspects.BY_CHANCE + 1)}

    now = _at(suspects.BY_CHANCE + 5)
    with database.transaction() as db:
        alone = suspects.claim(db, found[1], now=now, lease_seconds=LEASE)
        assert alone is not None
        assert (alone.delivery_id, alone.attempts) == ("b", suspects.BY_CHANCE + 2)
        assert suspects.claim(db, found[1], now=now, lease_seconds=LEASE) is None
        assert inbox.done(db, [alone], now) == {alone.delivery_row}


@pytest.mark.parametrize("how", ["retried", "given back"])
def test_a_row_that_was_given_back_is_no_suspect(database: Database, shop_id: int, how: str) -> None:
    """However often it was claimed: its worker lived. Ends before that do not count any more."""
    with database.transaction() as db:
        inbox.keep(db, [_delivery(shop_id, "a")])
    _claimed(database, 0)
    for ends in range(1, 20):
        ((row,), (sound, _, _)) = _claimed(database, ends)
        assert sound == [row]
        assert row.attempts == ends + 1
        with database.transaction() as db:
            if how == "retried":
                inbox.retry(db, row, run_at=_at(ends), reason="why")
            else:
                inbox.give_back(db, [row], run_at=_at(ends))


def test_what_ended_its_workers_can_be_reopened(database: Database, shop_id: int) -> None:
    """Set aside with words that say what to do; reopened it is taken with all others again."""
    with database.transaction() as db:
        inbox.keep(db, [_delivery(shop_id, "a")])
        db.execute(kept.update().where(kept.c.shop_id == shop_id).values(ended=7, claimed_until=START))
    _goes_in(database, shop_id, 1)
    _, (_, _, guilty) = _claimed(database, 1)
    assert [row.delivery_id for row in guilty] == ["a"]
    with database.transaction() as db:
        (aside,) = inbox.aside(db, shop_id)
        assert "regulars inbox rerun" in aside.reason
        assert inbox.reopen(db, shop_id) == 1
    rows, (sound, _, _) = _claimed(database, 2)
    assert sound == rows
    assert rows[0].ended == 0


def test_who_ended_most_workers_is_tried_last(database: Database, shop_id: int) -> None:
    """Whoever is slow to start again takes in the others first, however old the one that ended him is."""
    with database.transaction() as db:
        inbox.keep(db, [_delivery(shop_id, name) for name in "ab"])
        for name, ended in (("a", 5), ("b", 3)):
            one = kept.update().where(kept.c.shop_id == shop_id, kept.c.delivery_id == name)
            db.execute(one.values(ended=ended, claimed_until=START))
    _, (_, found, _) = _claimed(database, 1)
    assert [row.delivery_id for row in found] == ["b", "a"]


def test_while_nothing_goes_in_nothing_is_set_aside(database: Database, shop_id: int) -> None:
    """Where workers end whatever they take in, it is no delivery's fault; the first that goes in shows whose it is."""
    with database.transaction() as db:
        inbox.keep(db, [_delivery(shop_id, "a")])
        db.execute(kept.update().where(kept.c.shop_id == shop_id).values(ended=40, claimed_until=START))
    _goes_in(database, shop_id, 1)
    for ends in range(7, 30):
        rows, (_, found, guilty) = _claimed(database, ends)
        assert (found, guilty) == (rows, [])
    _goes_in(database, shop_id, 30)
    rows, (_, found, guilty) = _claimed(database, 30)
    assert (found, guilty) == ([], rows)


def _goes_in(database: Database, shop_id: int, ends: int) -> None:
    """A delivery that is taken in at once."""
    with database.transaction() as db:
        held = kept.update().where(kept.c.shop_id == shop_id, kept.c.state == "waiting")
        db.execute(held.values(run_at=_at(ends + 1)))
        inbox.keep(db, [_delivery(shop_id, f"sound-{ends}")])
        assert len(inbox.done(db, inbox.claim(db, now=_at(ends), limit=1, lease_seconds=LEASE), _at(ends))) == 1
        db.execute(held.values(run_at=START))


def _claimed(
    database: Database, ends: int
) -> tuple[list[InboxRow], tuple[list[InboxRow], list[InboxRow], list[InboxRow]]]:
    """A claim after so many leases."""
    with database.transaction() as db:
        rows = inbox.claim(db, now=_at(ends), limit=10, lease_seconds=LEASE)
        return rows, suspects.sort_out(db, rows, now=_at(ends))


def _at(ends: int) -> datetime:
    return START + timedelta(minutes=2 * ends)


def _delivery(shop_id: int, name: str) -> inbox.Delivery:
    return inbox.Delivery(shop_id=shop_id, delivery_id=name, topic="t", received_at=START, body=b"{}")

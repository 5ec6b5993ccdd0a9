"""One pair for each store, renewed by one process at a time, and never lost, whoever dies when."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from plugin.platforms.line import Line, Reply
from plugin.platforms.protocol import AccessLost, InDoubt, NotSent, Throttled
from plugin.runtime import Runtime
from plugin.token_keeper import LEASE_SECONDS
from plugin.vault import Vault
from plugin.worker import connection_step
from storage import access, shops
from storage.engine import Database
from tests.connections.conftest import KEYS, World, line

KILLED = 9
#: more steps than a renewal has
MANY_STEPS = 40


class Dying:
    """Ends the process, as kill -9 does, at one of its steps."""

    def __init__(self, at: int) -> None:
        self.left = at

    def step(self) -> None:
        """One step further."""
        if self.left == 0:
            os._exit(KILLED)
        self.left -= 1


class DyingDatabase(Database):
    """Each beginning and each end of a transaction is a step."""

    dying: Dying

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        self.dying.step()
        with super().transaction() as db:
            yield db
            self.dying.step()
        self.dying.step()


class DyingLine(Line):
    """So is each question and each answer."""

    dying: Dying

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        self.dying.step()
        reply = super().post(url, headers=headers, body=body)
        self.dying.step()
        return reply


class LossyLine(Line):
    """The store hears the question, and the answer is lost."""

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        super().post(url, headers=headers, body=body)
        raise InDoubt("the answer was lost")


def _another_process(world: World) -> Runtime:
    """The same program again, with locks and connections of its own."""
    built = world.runtime
    return replace(
        built, database=Database(built.config.database_url), lines=defaultdict(line),
        renewing=defaultdict(threading.Lock),
    )  # fmt: skip


def _renews_and_dies(world: World, at: int) -> bool:
    """Another process renews the token and is killed at this step; False where it got to its end before."""
    child = os.fork()
    if child == 0:
        try:
            dying = Dying(at)
            database = DyingDatabase(world.runtime.config.database_url)
            database.dying = dying
            wire = line(DyingLine)
            assert isinstance(wire, DyingLine)
            wire.dying = dying
            built = replace(
                world.runtime, database=database, lines=defaultdict(lambda: wire), renewing=defaultdict(threading.Lock)
            )
            built.keeper.fresh(world.shop())
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_renewal_that_dies_at_any_step_locks_nobody_out(world: World) -> None:
    """Whether before the question, between answer and saving, or after: once the lease has fallen, the store is open."""
    for step in range(MANY_STEPS):
        world.passes(hours=2)
        died = _renews_and_dies(world, step)
        world.passes(seconds=LEASE_SECONDS + 1)

        assert world.runtime.open_platform(world.shop()).store_info().name == "Corner Records"
        assert world.credentials().refreshable(world.clock.at + timedelta(days=89))
        if not died:
            break
    assert 6 <= step < MANY_STEPS


def test_a_lost_answer_is_asked_for_again_with_the_same_token(world: World) -> None:
    """The stored refresh token is good until its successor is used; nothing is written for the lost one."""
    before = world.credentials()
    world.passes(hours=2)
    lossy = replace(world.runtime, lines=defaultdict(lambda: line(LossyLine)))
    for _ in range(3):
        with pytest.raises(InDoubt):
            lossy.keeper.fresh(world.shop())
        assert world.credentials() == before

    assert world.runtime.keeper.fresh(world.shop()).usable(world.clock.at)
    assert len(world.pairs()) == 5
    assert world.runtime.open_platform(world.shop()).store_info().name == "Corner Records"


def test_many_at_once_renew_once(world: World) -> None:
    """Threads of two processes that all find the token dead get one new pair between them, and nobody a dead one."""
    world.passes(hours=2)
    other = _another_process(world)
    got, waits = [], []

    def ask(runtime: Runtime) -> None:
        try:
            got.append(runtime.keeper.fresh(world.shop()).access_token)
        except Throttled as wait:
            waits.append(wait.retry_after_seconds)

    threads = [threading.Thread(target=ask, args=(runtime,)) for runtime in (world.runtime, other) * 6]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.database.close()

    assert set(got) == {world.credentials().access_token}
    assert len(world.pairs()) == 2
    assert set(waits) <= {2.0}


def test_while_another_renews_the_old_token_is_used(world: World) -> None:
    """It lives until its own end; only in its last seconds one waits."""
    shop, kept = world.shop(), world.credentials()
    world.passes(minutes=57)
    with world.runtime.database.transaction() as db:
        assert access.lease(db, shop.shop_id, now=world.clock.at, seconds=LEASE_SECONDS)
    assert world.runtime.keeper.fresh(shop) == kept

    world.passes(minutes=3)
    with world.runtime.database.transaction() as db:
        access.lease(db, shop.shop_id, now=world.clock.at, seconds=LEASE_SECONDS)
    with pytest.raises(Throttled):
        world.runtime.keeper.fresh(shop)
    world.passes(seconds=LEASE_SECONDS)
    assert world.runtime.keeper.fresh(shop) != kept


def test_a_lease_has_one_holder(world: World) -> None:
    """Until it is given back or falls; who comes late gives back nothing of another's."""
    shop_id, now = world.shop().shop_id, world.clock.at
    with world.runtime.database.transaction() as db:
        first = access.lease(db, shop_id, now=now, seconds=90)
        assert first is not None
        assert access.lease(db, shop_id, now=now + timedelta(seconds=89), seconds=90) is None
        second = access.lease(db, shop_id, now=now + timedelta(seconds=90), seconds=90)
        assert second is not None
        access.release(db, shop_id, first)
        assert access.lease(db, shop_id, now=now + timedelta(seconds=91), seconds=90) is None
        access.release(db, shop_id, second)
        assert access.lease(db, shop_id, now=now + timedelta(seconds=91), seconds=90)


def test_a_renewal_never_replaces_what_a_merchants_visit_has_brought(world: World) -> None:
    """A grant that came while the answer was on its way is newer than the answer: it stays, and is what is used."""
    shop, now = world.shop(), world.passes(hours=2)

    class Overtaken(Line):
        def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
            reply = super().post(url, headers=headers, body=body)
            fresh = replace(world.credentials(), access_token="shpat_visit", expires_at=now + timedelta(hours=1))
            with world.runtime.database.transaction() as db:
                sealed = world.runtime.seal(shop.domain, fresh)
                access.grant(db, shop.shop_id, credentials=sealed, scopes="read_orders", now=now)
            return reply

    overtaken = replace(world.runtime, lines=defaultdict(lambda: line(Overtaken)))
    assert overtaken.keeper.fresh(shop).access_token == "shpat_visit"
    assert world.credentials().access_token == "shpat_visit"


def test_a_token_that_the_store_does_not_know_is_renewed_first(world: World) -> None:
    """A 401 on a token that should be good makes the next call renew it; the store is not paused for it."""
    shop, before = world.shop(), world.credentials()
    with world.runtime.database.transaction() as db:
        assert access.distrust(db, shop.shop_id, world.clock.at)
        assert not access.distrust(db, shop.shop_id, world.clock.at)

    assert world.runtime.keeper.fresh(shop) != before
    assert world.runtime.keeper.fresh(shop) == world.credentials()
    assert world.shop().state == "active"


def test_a_pair_that_nobody_uses_is_renewed_each_day(world: World) -> None:
    """A paused store that is never called keeps its way in for years; a refresh token alone lives 90 days."""
    with world.runtime.database.transaction() as db:
        shops.pause(db, world.shop().shop_id, "paused by hand")
    for _ in range(14):
        world.passes(days=50)
        connection_step.look_after(world.runtime)

    assert world.credentials().lives(world.clock.at)
    assert world.shop().state == "paused"
    assert len(world.pairs()) == 15


def test_a_refused_renewal_pauses_the_store_and_says_what_heals_it(world: World) -> None:
    """The remedy stands in the trouble; a store that cannot be reached is not taken for one that refuses."""
    world.revoke()
    world.passes(days=2)
    unreachable = replace(world.runtime, lines=defaultdict(lambda: Line(allow_private_hosts=False, monotonic=float)))
    with pytest.raises(NotSent):
        unreachable.keeper.fresh(world.shop())
    with pytest.raises(AccessLost, match="open Regulars once"):
        world.runtime.keeper.fresh(world.shop())
    connection_step.look_after(world.runtime)

    shop = world.shop()
    assert (shop.state, shop.trouble, shop.access_lost_at) == ("paused", shop.access_trouble, world.clock.at)
    assert "open Regulars once" in str(shop.trouble)


def test_sealed_bytes_move_under_the_newest_key(world: World) -> None:
    """After a rotation the hourly look seals again, whatever the state; then the old key can be thrown away."""
    before, shop = world.credentials(), world.shop()
    old, new = world.runtime.vault, "n" * 64
    rotated = replace(world.runtime, vault=Vault((new, *KEYS)))
    connection_step.look_after(rotated)

    assert replace(world.runtime, vault=Vault([new])).credentials(shop) == before
    with pytest.raises(AccessLost, match="restore them"):
        replace(world.runtime, vault=old).credentials(shop)
    assert not rotated.keeper.seal_again(shop)

"""A store with a past installs the app: its orders are read, whatever happens meanwhile."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click import ClickException
from sqlalchemy import delete, select, update

from plugin.cli import doctor, run, shopify_history
from plugin.cli.demo.merchant import Merchant
from plugin.cli.demo.world import World, opened
from plugin.sandbox import deliveries, diary, lifecycle
from plugin.sandbox.bulk import Outcome
from plugin.sandbox.order_bodies import Line
from plugin.sandbox.weather import Mishap
from plugin.usecases import import_history, import_progress
from plugin.worker.history_step import Histories
from plugin.worker.reading import LEASE_SECONDS
from storage import imports, orders, reconciliations
from storage import tables as tables_of
from storage.engine import Database
from storage.imports import Import
from tests.journeys.conftest import BEGIN, free_port
from tests.journeys.people import passes

EVERYTHING = ("read_all_orders",)


@contextmanager
def past(folder: Path, *, scopes: tuple[str, ...] = EVERYTHING, bought: int = 40) -> Iterator[World]:
    """A store that has lived a while before it installs the app; nobody was told of its orders."""
    with opened(folder, free_port()) as world:
        world.store.scopes = (*world.store.scopes, *scopes)
        told = world.store.subscriptions
        world.store.subscribe({})
        live(world, bought)
        world.store.subscribe(told)
        world.clock.set(BEGIN)
        yield world


def live(world: World, bought: int) -> None:
    """Orders every three days, or every ten minutes where they are many, with shipping, two lines, refunds, cancellations, a guest; the last ones are recent."""
    step = timedelta(days=3) if bought < 100 else timedelta(minutes=10)
    world.clock.set(BEGIN - bought * step - timedelta(days=1))
    for number in range(bought):
        world.clock.set(world.clock.now() + step)
        who = 7_000_000_000_001 + number % 9
        diary.know(world.store, who, "Ada Tester", world.clock.now())
        lines = [Line(title="a", price=_money(10 + number)), Line(title="b", price=_money(5), quantity=2)]
        placed = world.store.checkout(
            customer_id=None if number % 8 == 7 else who, total=f"{20 + number}.00", lines=lines,
            shipping="4.00" if number % 3 == 0 else "0",
        )  # fmt: skip
        if number % 5 == 1:
            world.store.refund(placed.order_id, "7.50")
        if number % 11 == 4:
            world.store.cancel(placed.order_id)


def _money(whole: int) -> Decimal:
    return Decimal(whole).quantize(Decimal("0.01"))


def install(world: World) -> None:
    Merchant(world).install()


def state(world: World) -> Import:
    with world.runtime.database.reading() as db:
        found = imports.get(db, world.shop().shop_id)
    assert found is not None
    return found


PURCHASES = (tables_of.orders, tables_of.order_lines, tables_of.refunds, tables_of.customers)


def tables(database: Database) -> dict[str, list[Any]]:
    """All that is known of purchases."""
    with database.reading() as db:
        return {table.name: sorted(map(tuple, db.execute(select(table))), key=repr) for table in PURCHASES}


def heard_live(world: World, folder: Path) -> dict[str, list[Any]]:
    """What is known by one who heard every order of the same store as a webhook."""
    with opened(folder, free_port()) as other:
        other.clock.set(BEGIN)
        install(other)
        with world.store.transaction() as source:
            bodies = [row[0] for row in source.execute("SELECT body FROM orders ORDER BY updated_at DESC")]
        tell(other, bodies)
        return tables(other.runtime.database)


def tell(world: World, bodies: list[str]) -> None:
    """Sends these orders as webhooks."""
    path = world.store.subscriptions["orders/updated"]
    with world.store.transaction() as connection:
        connection.executemany(
            "INSERT INTO deliveries (topic, path, event_id, triggered_at, body) VALUES ('orders/updated', ?, ?, ?, ?)",
            [(path, str(place), "2026-03-02T15:00:00.000000Z", body.encode()) for place, body in enumerate(bodies)],
        )
    world.postman.deliver()
    world.worker.drain()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """The tables that every import of the store's past has to end in."""
    with past(tmp_path_factory.mktemp("lived")) as world:
        return heard_live(world, tmp_path_factory.mktemp("heard"))


def test_an_install_reads_the_past(tmp_path: Path, lived: dict[str, list[Any]]) -> None:
    """After the install the worker has read every order; the tables are those of one who heard them live, and all are measured."""
    with past(tmp_path) as world:
        install(world)
        world.worker.drain()
        found = state(world)

        assert (found.state, found.orders_read, found.unread, found.limited_to) == ("done", 40, 0, None)
        assert tables(world.runtime.database) == lived
        assert world.shop().model_as_of is not None
        with world.runtime.database.reading() as db:
            assert import_progress.progress(db, found.shop_id, now=world.clock.now()) is None


OUTCOMES = {
    "children anywhere": Outcome(shuffled=True),
    "slow": Outcome(polls=5),
    "every download breaks off": Outcome(breaks_after=20_000, shuffled=True),
    "failed": Outcome(status="FAILED", error_code="TIMEOUT"),
    "failed, a part is there": Outcome(status="FAILED", error_code="INTERNAL_SERVER_ERROR", share=0.6, shuffled=True),
    "cancelled": Outcome(status="CANCELED"),
    "expired": Outcome(status="EXPIRED"),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_whatever_becomes_of_the_operation(name: str, tmp_path: Path, lived: dict[str, list[Any]]) -> None:
    """Slow, disordered, broken off, failed, cancelled: it ends in the same tables."""
    with past(tmp_path) as world:
        world.store.bulk.order(OUTCOMES[name])
        install(world)
        until_read(world)

        assert tables(world.runtime.database) == lived


def until_read(world: World) -> Import:
    """The worker works, and time passes, until the import has ended."""
    for _ in range(60):
        world.worker.drain()
        found = state(world)
        if not found.is_open:
            assert found.state == "done", found.trouble
            return found
        passes(world, seconds=61)
    raise AssertionError(f"still {state(world)}")


@pytest.mark.parametrize(
    "mishap", [Mishap.LOST_ANSWER, Mishap.THROTTLED, Mishap.TOO_MANY, Mishap.SERVER_ERROR, Mishap.BAD_GATEWAY]
)
def test_calls_that_fail_are_made_again(mishap: Mishap, tmp_path: Path, lived: dict[str, list[Any]]) -> None:
    """Whichever call it is, and although it was done: an operation that nobody heard of is found and taken up."""
    with past(tmp_path) as world:
        world.store.weather.expect(mishap, mishap, only="RunHistory")
        world.store.weather.expect(mishap, only="LookAtHistory")
        install(world)
        until_read(world)
        with world.store.transaction() as connection:
            begun = connection.execute("SELECT count(*) FROM bulk_operations").fetchone()[0]

        assert begun == 1
        assert tables(world.runtime.database) == lived


class Killed(BaseException):
    """The process is gone at this instant."""


def test_killed_at_every_commit(tmp_path: Path, lived: dict[str, list[Any]]) -> None:
    """A worker that dies before or after any commit leaves an import that the next one ends, with nothing missing or twice."""
    with past(tmp_path) as world:
        world.store.bulk.usual = Outcome(shuffled=True)
        install(world)
        place, ended = 0, False
        while not ended:
            for after in (False, True):
                ended = _dies(world, place, after=after)
                begin_anew(world)
            place += 1
            assert place < 100
        until_read(world)

        assert place > 4
        assert tables(world.runtime.database) == lived


def begin_anew(world: World) -> None:
    """Forgets all that was read, and asks for it again; whoever was at it has lost it."""
    shop = world.shop()
    with world.runtime.database.transaction() as db:
        for table in (tables_of.order_lines, tables_of.refunds, tables_of.orders, tables_of.customers):
            db.execute(delete(table).where(table.c.shop_id == shop.shop_id))
        import_history.ask(db, shop, now=world.clock.now())


def _dies(world: World, place: int, *, after: bool) -> bool:
    """A worker of its own dies at its ``place``-th commit, the next one ends the work; whether it had ended before that."""
    dying = Dying(world, place, after=after)
    histories = Histories(dying.runtime)
    try:
        while histories.run():
            pass
    except Killed:
        ended = False
    else:
        ended = not state(world).is_open
    histories.close()
    passes(world, seconds=LEASE_SECONDS + 1)
    found = until_read(world)
    assert found.orders_read == 40
    return ended


class Dying:
    """A program whose process dies at one of its commits."""

    def __init__(self, world: World, place: int, *, after: bool) -> None:
        self._left, self._after, self._real = place, after, world.runtime.database
        self.runtime = replace(world.runtime, database=self)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def carry_out(self, work: Any) -> Any:
        """As the real one, but for the commit at which it dies."""
        self._left -= 1
        if self._left != -1:
            return self._real.carry_out(work)
        if self._after:
            self._real.carry_out(work)
        raise Killed


def test_what_happens_meanwhile_is_newer(tmp_path: Path) -> None:
    """Orders that change after the file was written are told by webhooks, before or while it is read: the newest holds."""
    with past(tmp_path) as world:
        world.store.bulk.order(Outcome(polls=1))
        install(world)
        world.worker.drain()
        with world.store.transaction() as connection:
            ids = [row[0] for row in connection.execute("SELECT id FROM orders ORDER BY id DESC LIMIT 3")]
        passes(world, seconds=5)
        world.store.cancel(ids[0])
        world.store.refund(ids[1], "2.00")
        world.postman.deliver()
        until_read(world)

        heard = heard_live(world, tmp_path / "other")
        assert tables(world.runtime.database) == heard


def test_without_the_scope_it_says_how_far_back_it_goes(tmp_path: Path) -> None:
    """Sixty days and no more, and the page, the doctor and the command tell why."""
    with past(tmp_path, scopes=()) as world:
        install(world)
        found = until_read(world)

        assert found.limited_to == BEGIN - timedelta(days=60)
        assert 0 < found.orders_read < 40
        assert "2026-01-01 only" in shopify_history.limit_told(found, "x")


def test_a_store_without_a_past_is_read_at_once(world: World) -> None:
    """Two questions, no file, and no night before its time."""
    due = world.shop().nightly_due_at
    world.worker.drain()

    assert (state(world).state, state(world).orders_read) == ("done", 0)
    assert world.shop().nightly_due_at == due


def test_five_others_are_waited_for(tmp_path: Path, lived: dict[str, list[Any]]) -> None:
    """While the store runs as many operations as it may, ours waits, and says so to nobody."""
    with past(tmp_path) as world:
        world.store.bulk.others = 5
        install(world)
        world.worker.drain()
        assert (state(world).state, state(world).trouble) == ("asked", None)
        world.store.bulk.others = 0
        passes(world, seconds=61)
        until_read(world)

        assert tables(world.runtime.database) == lived


def test_a_store_that_refuses_is_not_asked_for_ever(tmp_path: Path) -> None:
    """Access that is denied ends the import with one sentence; the command says it, too."""
    with past(tmp_path) as world:
        world.store.bulk.order(Outcome(status="FAILED", error_code="ACCESS_DENIED"))
        install(world)
        world.worker.drain()

        assert state(world).state == "failed"
        assert "ACCESS_DENIED" in (state(world).trouble or "")


def test_an_erased_customer_stays_erased(tmp_path: Path) -> None:
    """Reading the past again brings nobody back whom the store had us forget."""
    with past(tmp_path) as world:
        install(world)
        until_read(world)
        lifecycle.redact_customer(world.store, 7_000_000_000_001)
        world.postman.deliver()
        world.worker.drain()
        with world.runtime.database.transaction() as db:
            import_history.ask(db, world.shop(), now=world.clock.now())
        until_read(world)
        with world.runtime.database.reading() as db:
            known = {order.customer_id for order in orders.with_codes(db, world.shop().shop_id, _ids(world))}

        assert "7000000000001" not in known
        assert "7000000000002" in known


def _ids(world: World) -> list[str]:
    with world.store.transaction() as connection:
        return [str(row[0]) for row in connection.execute("SELECT id FROM orders")]


def test_the_doctor_tells_how_the_past_stands(tmp_path: Path) -> None:
    """Read, limited, waiting, failed: each with its remedy."""
    with past(tmp_path, scopes=()) as world:
        install(world)
        until_read(world)
        assert "read_all_orders" in _told(world, "history")[1]
        assert _told(world, "history")[0]

        world.store.bulk.order(Outcome(status="FAILED", error_code="ACCESS_DENIED"))
        _again(world)
        world.worker.drain()
        ok, told = _told(world, "history")
        assert not ok
        assert "regulars import" in told

        _again(world)
        world.store.weather.expect(*[Mishap.SERVER_ERROR] * 2, only="RunHistory")
        world.worker.drain()
        assert "it waits" in _told(world, "history")[1]


def _again(world: World) -> None:
    passes(world, minutes=10)
    with world.runtime.database.transaction() as db:
        import_history.ask(db, world.shop(), now=world.clock.now())


def _told(world: World, about: str) -> tuple[bool, str]:
    (found,) = [one for one in doctor.examine(world.runtime) if one.about.startswith(f"{about} of")]
    return found.ok, found.told


def test_the_command_reads_the_past(
    tmp_path: Path, lived: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``regulars import`` without a file: by itself where no worker is at it; again, and from a day on, it changes nothing."""
    with past(tmp_path) as world:
        # the command has the machine's clock
        world.clock.set(datetime.now(UTC))
        install(world)
        config = world.runtime.config
        for name, value in {
            "DATABASE_URL": config.database_url,
            "SHOPIFY_CLIENT_ID": config.shopify_client_id,
            "SHOPIFY_CLIENT_SECRET": config.shopify_client_secret,
            "SHOPIFY_ORIGIN": config.shopify_origin,
            "ALLOW_PRIVATE_HOSTS": "1",
        }.items():
            monkeypatch.setenv(f"REGULARS_{name}", value)
        domain = world.shop().domain
        assert run(["import", domain]) == 0
        assert "Imported 40 orders" in capsys.readouterr().out
        assert tables(world.runtime.database) == lived

        assert run(["import", domain, "--since", f"{BEGIN - timedelta(days=10):%Y-%m-%d}"]) == 0
        assert "Imported 4 orders" in capsys.readouterr().out
        assert tables(world.runtime.database) == lived

        world.store.bulk.order(Outcome(status="FAILED", error_code="ACCESS_DENIED"))
        assert run(["import", domain, "--since", "2025-12-01"]) == 1
        assert "could not be read" in capsys.readouterr().err

        with world.runtime.database.transaction() as db:
            db.execute(update(tables_of.shops).values(credentials=None))
        assert run(["import", domain]) == 1
        assert "is paused" in capsys.readouterr().err


@pytest.mark.parametrize(("bought", "days"), [(150, 2), pytest.param(100_000, 7, marks=pytest.mark.soak)])
def test_a_past_and_a_week(bought: int, days: int, tmp_path: Path) -> None:
    """Installed, throttled, read; a week, or two days of one, in which every third delivery is lost: the tables of one who heard it all."""
    with past(tmp_path, bought=bought) as world:
        world.store.bulk.usual = Outcome(polls=1)
        world.store.weather.chances({Mishap.THROTTLED: 0.1, Mishap.LOST_ANSWER: 0.02}, random.Random(7))
        for _ in range(20):
            # the merchant opens the app until it is installed
            with suppress(ClickException):
                install(world)
        for day in range(days):
            a_day(world, day)
        until_read(world)
        for _ in range(20):
            passes(world, minutes=1)
            world.worker.drain()
        world.store.weather.clear()
        found = tables(world.runtime.database)
        with world.runtime.database.reading() as db:
            counted = reconciliations.get(db, world.shop().shop_id)

        assert found == heard_live(world, tmp_path / "other")
        assert counted is not None
        assert counted.found > 0


def a_day(world: World, day: int) -> None:
    """Six orders, a refund and a cancellation; every third delivery never comes."""
    placed = []
    for hour in range(6):
        passes(world, hours=4)
        who = 7_000_000_000_001 + (day + hour) % 9
        placed.append(world.store.checkout(customer_id=who, total="30.00", at=world.clock.now()).order_id)
        if hour == 3:
            world.store.refund(placed[0], "3.00")
        if hour == 5:
            world.store.cancel(placed[1])
        with world.store.transaction() as connection:
            waiting = deliveries.waiting(connection)
            deliveries.drop(connection, [one for one in waiting if one % 3 == 0])
        world.postman.deliver()
        world.worker.drain()

"""Ready means that the clock is right, by the stores' clocks and the database's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from plugin.platforms.line import Line
from plugin.readiness import CLOCK_KNOWN_SECONDS, CLOCKS_APART_SECONDS, Readiness, clock_is_off
from plugin.runtime import Runtime
from storage.engine import Database
from tests.pages.world import World
from tests.platforms.loopback import answers, store

FAR = CLOCKS_APART_SECONDS + 5


@contextmanager
def heard(world: World, *ahead: float, ticks: list[float]) -> Iterator[Runtime]:
    """The world's runtime after stores answered whose clocks are so many seconds ahead of its own."""
    lines = defaultdict(lambda: Line(allow_private_hosts=True, monotonic=lambda: ticks[0]))
    with ExitStack() as stack:
        for place, seconds in enumerate(ahead):
            date = format_datetime(world.clock.at + timedelta(seconds=seconds), usegmt=True)
            shop = stack.enter_context(store(answers(b"", Date=date)))
            lines[str(place)].send("GET", f"{shop.origin}/x", headers={})
            stack.callback(lines[str(place)].close)
        yield replace(world.runtime, lines=lines)


def ready(runtime: Runtime) -> str | None:
    return Readiness(runtime, monotonic=lambda: 0.0, share=lambda _path: 1.0).trouble()


@pytest.mark.parametrize(
    "ahead", [(0,), (FAR - 10,), (10 - FAR,), (FAR, 0), (0, -FAR), (FAR, 0, 0), (), (FAR, 0, FAR, 0)]
)
def test_clocks_that_agree_with_half_of_the_others_are_right(world: World, ahead: tuple[float, ...]) -> None:
    """Up to half a minute is nothing, and a store whose own clock is wrong stops nobody while another agrees with us."""
    with heard(world, *ahead, ticks=[0.0]) as runtime:
        assert ready(runtime) is None


@pytest.mark.parametrize(
    ("ahead", "said"), [((FAR,), f"{FAR} s behind"), ((-FAR,), f"{FAR} s ahead"), ((0, 99, FAR), f"{FAR} s behind")]
)
def test_a_clock_that_most_others_contradict_is_not_ready(world: World, ahead: tuple[float, ...], said: str) -> None:
    """It says by how much, which way, and what to do."""
    with heard(world, *ahead, ticks=[0.0]) as runtime:
        trouble = ready(runtime)
    assert trouble is not None
    assert said in trouble
    assert "NTP" in trouble


def test_a_clock_that_is_set_wrong_later_is_seen_without_another_answer(world: World) -> None:
    """What a store said goes on with the clock that only runs forward, for an hour."""
    ticks = [0.0]
    with heard(world, 0, ticks=ticks) as runtime:
        world.clock.forward(seconds=600)
        ticks[0] = 600
        assert ready(runtime) is None
        world.clock.forward(hours=1)
        assert "s ahead" in (ready(runtime) or "")
        ticks[0] = CLOCK_KNOWN_SECONDS + 1
        assert ready(runtime) is None


def test_a_servers_clock_is_another(world: World, postgresql_database: Database) -> None:
    """On PostgreSQL a process that speaks to no store compares with the server; a file has no clock of its own."""
    assert clock_is_off(world.runtime) is None
    with heard(world, ticks=[0.0]) as runtime:
        there = replace(runtime, database=postgresql_database, now=lambda: datetime.now(UTC))
        assert clock_is_off(there) is None
        late = replace(there, now=lambda: datetime.now(UTC) - timedelta(seconds=FAR))
        assert clock_is_off(late) == pytest.approx(FAR, abs=3)

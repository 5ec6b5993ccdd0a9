"""Nothing that is lost, late, doubled, out of order or killed breaks the product; and the simulator would see it."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from storage.engine import Database
from tests.simulator.bugs import BUGS
from tests.simulator.chaos import Run, play

SECONDS = 60
#: fewer than this in the time, and the machine is too slow to say anything
LEAST = 20
ON_THE_SERVER = 40
#: schedules within which each planted bug must be seen
PATIENCE = 300
#: what brings a rare bug to light; the others are seen under whatever the seed draws
LIGHT: dict[str, set[str]] = {
    "another code when one is taken": {"lost answer"},
    "a time-out is a failure": {"lost answer"},
    "a time-out is a success": {"lost request"},
    "taken is a failure": {"lost answer"},
    "not found is off": {"late request", "redact"},
    "deleted, not switched off": {"doubled request", "redact"},
    "erased, and the code stays": {"redact"},
    "the erased come back": {"redact", "old letter"},
    "case matters": {"careless"},
    "an overrun booked over the cap": {"jump"},
    "given back twice": {"jump"},
    "taken back twice": set(),
    "booked again when told again": {"duplicate", "old letter"},
    "another control group at night": {"jump"},
}


def test_many_schedules_hold(one_database: Database) -> None:
    """Every schedule that fits a minute keeps all invariants, at every step and at rest."""
    until = time.monotonic() + SECONDS
    runs: list[Run] = []
    while time.monotonic() < until:
        runs.append(_holds(one_database, len(runs)))
    hits = sum((run.hits for run in runs), Counter[tuple[str, str]]())
    print(f"{len(runs)} schedules; hits: {dict(sorted(hits.items()))}")  # noqa: T201
    assert len(runs) >= LEAST
    if len(runs) >= 300:
        assert {phase for trouble, phase in hits if trouble == "crash"} == {"absorb", "ask", "conclude"}


def test_schedules_hold_on_a_server(postgresql_database: Database) -> None:
    """The same schedules on PostgreSQL."""
    for seed in range(ON_THE_SERVER):
        _holds(postgresql_database, seed)


def test_a_seed_plays_the_same_again(one_database: Database) -> None:
    """The same seed gives the same story, word for word."""
    for seed in range(10):
        assert play(one_database, seed).trace == play(one_database, seed).trace


@pytest.mark.parametrize("name", BUGS)
def test_each_planted_bug_is_seen(one_database: Database, name: str) -> None:
    """A product with this bug breaks an invariant within a bounded number of schedules."""
    troubles = frozenset(LIGHT[name]) if name in LIGHT else None
    for seed in range(PATIENCE):
        run = play(one_database, seed, BUGS[name], troubles)
        if run.violation:
            print(f"{name}: seed {seed}: {run.violation}")  # noqa: T201
            return
    pytest.fail(f"{PATIENCE} schedules did not see it: {name}")


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_the_long_campaign_holds(one_database: Database, request: pytest.FixtureRequest) -> None:
    """As many schedules as asked for, from the seed asked for, hold."""
    first, seeds = request.config.getoption("--first-seed", 0), request.config.getoption("--seeds", 20_000)
    for seed in range(first, first + seeds):
        _holds(one_database, seed)
        if seed % 1_000 == 999:
            print(f"{seed + 1 - first} of {seeds} schedules", flush=True)  # noqa: T201


def _holds(database: Database, seed: int) -> Run:
    run = play(database, seed)
    assert not run.violation, run.story()
    return run

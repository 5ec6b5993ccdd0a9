"""Issuing in a Magento store holds under the same schedules, and the mistakes that such stores invite are seen."""

from __future__ import annotations

import pytest

from storage.engine import Database
from tests.simulator.magento_bugs import BUGS
from tests.simulator.magento_world import play

SCHEDULES, PATIENCE = 12, 60
REFUSED_ALL_DAY = 694


def test_schedules_hold_in_a_magento_store(one_database: Database) -> None:
    """Every schedule keeps all invariants, at every step and at rest."""
    _hold(one_database, SCHEDULES)


def test_what_a_store_refuses_all_day_is_called_off(one_database: Database) -> None:
    """A code that was perhaps asked for, and whose rule the merchant then switched off: cancelled, and no longer in doubt."""
    run = play(one_database, REFUSED_ALL_DAY)
    assert not run.violation, run.story()
    assert any("is switched off in the store" in step for step in run.trace)
    assert any("asks cancel/" in step for step in run.trace)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_many_schedules_hold_in_a_magento_store(one_database: Database) -> None:
    """The same for many more."""
    _hold(one_database, 20_000)


@pytest.mark.parametrize("name", BUGS)
def test_each_mistake_is_seen(one_database: Database, name: str) -> None:
    """A product with this bug breaks an invariant within a bounded number of schedules."""
    bug = BUGS[name]
    runs = (
        play(one_database, seed, bug.parts, bug.light or None, bug.change)
        for seed in range(bug.first, bug.first + PATIENCE)
    )
    found = next((run for run in runs if run.violation), None)
    assert found is not None
    assert found.violation.startswith(bug.breaks), found.story()


def _hold(database: Database, schedules: int) -> None:
    for seed in range(schedules):
        run = play(database, seed)
        assert not run.violation, run.story()

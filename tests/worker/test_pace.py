"""When a step looks again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from plugin.worker.pace import Pace

START = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@given(st.integers(min_value=-10_000, max_value=10_000))
def test_it_is_due_unless_it_looked_within_its_time(seconds: int) -> None:
    """After a look it rests for its time; before that, after that, and where the clock was set back it is due."""
    pace = Pace(MINUTE)
    assert pace.due(START)
    pace.looked(START)
    assert pace.due(START + timedelta(seconds=seconds)) == (not 0 <= seconds < 60)
    pace.hurry()
    assert pace.due(START)

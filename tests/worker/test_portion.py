"""How many deliveries a worker takes at once."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from plugin.worker.portion import LARGEST, LONG_SECONDS, SMALLEST, Portion, following
from storage.engine import Database
from tests.campaigns import checks, town

SIZES = st.integers(min_value=SMALLEST, max_value=LARGEST)
SECONDS = st.floats(min_value=0, max_value=1e6)


@given(SIZES, st.integers(min_value=0, max_value=LARGEST), SECONDS)
def test_it_stays_within_its_bounds(size: int, claimed: int, seconds: float) -> None:
    """Never fewer than a hundred, never more than five hundred, and a hundred again once the line is at its end."""
    after = following(size, min(claimed, size), seconds)
    assert SMALLEST <= after <= LARGEST
    assert claimed >= size or after == SMALLEST


@given(SIZES, SECONDS)
def test_it_grows_only_while_a_larger_one_is_quick(size: int, seconds: float) -> None:
    """A larger batch follows only where it should still be done in time at the pace of the last; a long one is followed by a smaller."""
    after = following(size, size, seconds)
    assert after <= size or seconds / size * after <= LONG_SECONDS
    assert after < size or after == SMALLEST or seconds <= LONG_SECONDS


def test_a_long_line_on_a_server_is_taken_in_larger_batches(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """All of it is taken in once, by the quick in ever larger batches on a server and by a hundred on SQLite."""
    taken: list[int] = []
    with town.opened(tmp_path, database_url, seed=6) as opened:
        opened.put_into_inbox(opened.live(200))
        portion = Portion(opened.runtime, clock=lambda: 0.0)
        while count := portion.take_in():
            taken.append(count)
        checks.all_is_told(opened, opened.orders)

    assert sum(taken) > 3 * SMALLEST
    assert taken[1] == (SMALLEST if database.dialect == "sqlite" else 2 * SMALLEST)
    assert portion.size == SMALLEST

"""Numbers for charts that a reader can add up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plugin.pages import charts


@given(st.lists(st.integers(0, 1_000), min_size=1, max_size=6).filter(any))
def test_whole_percents_add_up_and_are_off_by_less_than_one(counts: list[int]) -> None:
    """Whatever the shares of a whole are."""
    shares = [count / sum(counts) for count in counts]
    shown = charts.whole_percents(shares)

    assert sum(shown) == 100
    assert all(abs(one - 100 * share) < 1 for one, share in zip(shown, shares, strict=True))

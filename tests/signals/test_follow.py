"""What customers did in a time of their own is what counting by hand finds."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.signals.days import DAY
from plugin.signals.follow import follow
from plugin.signals.history import build

ZERO = datetime(2025, 1, 1, tzinfo=UTC)
SECONDS = int(ZERO.timestamp())

names = st.sampled_from(["a", "b", "c", "d"])
moments = st.integers(0, 800 * 2).map(lambda halves: halves * DAY // 2)
#: the year 1, which programs write for "no date", and one before 1970
ancient = st.sampled_from([int(datetime(1, 1, 1, tzinfo=UTC).timestamp()) - SECONDS, -60 * 365 * DAY])
orders = st.lists(st.tuples(names, st.one_of(moments, ancient), st.integers(1, 9)), max_size=25)
later_orders = st.lists(st.tuples(names, moments, st.integers(1, 9)), max_size=25)
asked = st.lists(st.tuples(names, moments), min_size=1, max_size=6)


@given(bought=orders, who=asked, days=st.integers(1, 100))
def test_it_is_what_counting_by_hand_finds(
    bought: list[tuple[str, int, int]], who: list[tuple[str, int]], days: int
) -> None:
    """Orders strictly after the instant and up to the end of the time; before it orders, days since, and the log of both."""
    found = follow(history(bought), [name for name, _ in who], np.array([SECONDS + at for _, at in who]), days=days)

    for place, (name, at) in enumerate(who):
        mine = [(then, worth) for one, then, worth in bought if one == name]
        inside = [worth for then, worth in mine if at < then <= at + days * DAY]
        earlier = [then for then, _ in mine if then <= at]
        assert (found.orders[place], found.revenue[place]) == (len(inside), sum(inside))
        assert found.before[place, 1] == pytest.approx(math.log1p(len(earlier)))
        if earlier:
            assert found.before[place, 2] == pytest.approx(math.log1p((at - max(earlier)) / DAY))


@given(bought=orders, who=asked, later=later_orders)
def test_what_was_known_before_does_not_change_later(
    bought: list[tuple[str, int, int]], who: list[tuple[str, int]], later: list[tuple[str, int, int]]
) -> None:
    """Orders after every instant that is asked for change nothing of what was known at it."""
    last = max(at for _, at in who)
    after = [(name, last + 1 + at, worth) for name, at, worth in later]
    ids, at = [name for name, _ in who], np.array([SECONDS + one for _, one in who])

    assert (
        follow(history(bought), ids, at, days=60).before == follow(history(bought + after), ids, at, days=60).before
    ).all()


def test_spend_before_is_that_of_a_year() -> None:
    """An order a year and a day ago is not in the spend before; one of half a year ago is."""
    bought = [("a", 0, 5), ("a", 200 * DAY, 7)]
    found = follow(history(bought), ["a"], np.array([SECONDS + 366 * DAY]), days=60)

    assert found.before[0, 0] == 7


def history(bought: list[tuple[str, int, int]]):
    """The purchases as a history."""
    return build(
        customer_ids=[name for name, _, _ in bought],
        at_micros=[(SECONDS + at) * 1_000_000 for _, at, _ in bought],
        net_minor=[worth for _, _, worth in bought],
        timezone="UTC",
        until=ZERO + timedelta(days=5_000),
    )

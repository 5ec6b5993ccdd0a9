"""What was known of customers' orders: by columns and order by order the same."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.usecases.backtest import versions
from plugin.usecases.backtest.placed import Row, columns
from plugin.usecases.backtest.plain import plain
from plugin.usecases.backtest.versions import Telling, Versions

ZONE = "Europe/Berlin"
SECOND = 1_000_000
#: few instants, so that many orders share one
ORDERS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12), st.integers(1, 900)), max_size=40)


def facts(found: Versions) -> list[tuple[object, ...]]:
    """All that a version says, wherever its rows lie."""
    return [
        (one.customer, one.at, one.sitting, one.looked, one.last_id, sorted(one.told), found.rows(place))
        for place, one in enumerate(found.all)
    ]


def rows(bought: Sequence[tuple[int, int, int]]) -> list[Row]:
    """Orders in no order; ids that do not follow time."""
    found = [
        (f"c{who}", f"o{place * 7919 % 101:03}", day * 86_400 * SECOND, net)
        for place, (who, day, net) in enumerate(bought)
    ]
    random.Random(1).shuffle(found)
    return found


@settings(max_examples=60, deadline=None)
@given(bought=ORDERS, followed=st.sets(st.integers(0, 5)), since=st.integers(-1, 12), known=st.integers(0, 13))
def test_columns_know_what_is_known_order_by_order(
    bought: list[tuple[int, int, int]], followed: set[int], since: int, known: int
) -> None:
    """Whose orders were never told of has the same versions, reckoned at once or one by one, beside whom it may be."""
    placed, begin = rows(bought), known * 86_400 * SECOND
    people = sorted({who for who, *_ in placed})
    tellings: dict[str, list[Telling]] = {}
    for who, order, at, net in sorted(placed, key=lambda row: row[1]):
        told = Telling(at=at, sitting=0, order_id=order, ordered_at=at, net=net, looked=at < begin)
        tellings.setdefault(who, []).append(told)
    one_by_one = {f"c{who}" for who in followed}
    all_columns = columns(placed)
    place_of = [-1 if who in one_by_one else people.index(who) for who in all_columns.ids]
    start = since * 86_400 * SECOND
    mixed = versions.build(
        people, {who: tellings[who] for who in people if who in one_by_one}, timezone=ZONE, since=start,
        plain=plain(all_columns, place_of, since=start, looked_before=begin),
    )  # fmt: skip
    single = versions.build(people, tellings, timezone=ZONE, since=start)

    assert facts(mixed) == facts(single)
    assert mixed.starts == single.starts

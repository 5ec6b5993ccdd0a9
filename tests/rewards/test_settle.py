"""The money set aside: every cent is somewhere, and never more than the cap."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plugin.rewards.settle import Move, redeemed, released, reversed_use

amounts = st.integers(0, 10_000)


@given(
    st.lists(st.tuples(st.sampled_from(("offer", "use", "end", "reverse")), amounts, st.integers(0, 20)), max_size=40),
    amounts,
)
def test_the_counters_hold_through_every_story(story: list[tuple[str, int, int]], cap: int) -> None:
    """Set aside plus booked stays between nothing and the cap, equals its parts, and overruns are told."""
    reserved = booked = 0
    held: dict[int, int] = {}
    used: dict[int, list[int]] = {}
    for act, amount, who in story:
        move = Move(reserved=0, booked=0, overrun=0)
        if act == "offer" and reserved + booked + amount <= cap:
            held[who] = held.get(who, 0) + amount
            reserved += amount
        elif act == "use":
            move = redeemed(held=held.pop(who, 0), discount=amount, left=cap - reserved - booked)
            assert move.booked + move.overrun == amount
            used.setdefault(who, []).append(move.booked)
        elif act == "end":
            move = released(held=held.pop(who, 0))
        elif act == "reverse" and used.get(who):
            move = reversed_use(booked=used[who].pop())
        reserved, booked = reserved + move.reserved, booked + move.booked
        assert (reserved, booked) == (sum(held.values()), sum(map(sum, used.values())))
        assert 0 <= reserved + booked <= cap


@given(amounts, amounts, amounts)
def test_what_was_set_aside_pays_first(held: int, discount: int, left: int) -> None:
    """A discount within its worst case needs nothing else, and what it does not need is free again."""
    move = redeemed(held=held, discount=discount, left=left)
    assert move.reserved == -held
    assert (move.overrun > 0) == (discount > held + left)
    if discount <= held:
        assert (move.booked, move.overrun) == (discount, 0)


def test_an_overspent_month_has_nothing_left() -> None:
    """When the merchant lowered the budget below what is set aside, a use still books what was set aside for it."""
    assert redeemed(held=500, discount=800, left=-100) == Move(reserved=-500, booked=500, overrun=300)


def test_a_use_taken_back_leaves_no_trace() -> None:
    """Redeemed and reversed, the month is as before the offer."""
    use = redeemed(held=500, discount=300, left=0)
    back = reversed_use(booked=use.booked)
    assert (500 + use.reserved + back.reserved, use.booked + back.booked) == (0, 0)

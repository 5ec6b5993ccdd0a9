"""The control group: a fair share, the same for ever."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.rewards.holdout import is_held_out

texts = st.text(max_size=20)


def group(percent: int, *, key: str = "main", shop: str = "shopify|tea.example.com", of: int = 20_000) -> set[int]:
    """The customers that are held out, of those numbered from 0 on."""
    return {one for one in range(of) if is_held_out(key=key, shop=shop, customer_id=str(one), percent=percent)}


@given(texts, texts, texts, st.integers(0, 100), st.integers(0, 100))
def test_a_larger_group_keeps_the_smaller_one(key: str, shop: str, customer_id: str, one: int, other: int) -> None:
    """Whoever is held out at 10 % is held out at 20 %."""
    small, large = sorted((one, other))
    held = is_held_out(key=key, shop=shop, customer_id=customer_id, percent=small)
    assert not held or is_held_out(key=key, shop=shop, customer_id=customer_id, percent=large)


@given(texts, texts, texts)
def test_nobody_and_everybody(key: str, shop: str, customer_id: str) -> None:
    """At 0 % nobody is held out, at 100 % everybody."""
    assert not is_held_out(key=key, shop=shop, customer_id=customer_id, percent=0)
    assert is_held_out(key=key, shop=shop, customer_id=customer_id, percent=100)


@pytest.mark.parametrize("percent", [1, 5, 10, 20, 50])
@pytest.mark.parametrize("key", ["main", "spring"])
def test_the_share_is_the_one_asked_for(percent: int, key: str) -> None:
    """Among 20,000 customers the share is within four standard errors of the percentage."""
    share = percent / 100
    assert abs(len(group(percent, key=key)) / 20_000 - share) < 4 * math.sqrt(share * (1 - share) / 20_000)


@pytest.mark.parametrize("other", [{"key": "spring"}, {"shop": "shopify|coffee.example.com"}])
def test_programs_and_shops_deal_independently(other: dict[str, str]) -> None:
    """Of those held out at 20 % by one, about 20 % are held out by the other, too."""
    both = len(group(20) & group(20, **other))
    assert abs(both / 20_000 - 0.04) < 4 * math.sqrt(0.04 * 0.96 / 20_000)


def test_the_group_never_changes() -> None:
    """These customers were dealt on 22 November 2026 and stay where they are."""
    assert sorted(group(10, of=60)) == [8, 9, 18, 33]


def test_neighbours_do_not_share_a_fate() -> None:
    """Moving a letter from one field to the next deals anew: fields are kept apart."""
    pairs = [(f"a{one}", "b") for one in range(200)]
    moved = [("a", f"{one}b") for one in range(200)]
    ours = [is_held_out(key=key, shop=shop, customer_id="7", percent=50) for key, shop in pairs]
    theirs = [is_held_out(key=key, shop=shop, customer_id="7", percent=50) for key, shop in moved]
    assert ours != theirs

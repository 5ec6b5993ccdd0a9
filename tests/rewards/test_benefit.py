"""What an offer gives, kept and read again."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from plugin.rewards import benefit
from plugin.rewards.decision import Benefit

IDS = st.lists(st.from_regex(r"[0-9]{1,12}", fullmatch=True), max_size=3, unique=True).map(tuple)
BENEFITS = st.builds(
    Benefit,
    type=st.sampled_from(benefit.TYPES),
    value=st.integers(0, 10**6),
    cap=st.integers(0, 10**9),
    minimum=st.integers(0, 10**9),
    products=IDS,
    collections=IDS,
    combines=st.sampled_from([(), ("shipping",), ("order", "product", "shipping")]),
)


@given(BENEFITS)
def test_a_kept_benefit_is_read_as_it_was(given: Benefit) -> None:
    """What is kept as JSON comes back equal."""
    assert benefit.from_plain(json.loads(json.dumps(benefit.to_plain(given)))) == given


def test_an_older_offer_is_read_with_defaults() -> None:
    """An offer from before products and stacking holds for everything and is combined with nothing."""
    old = {"type": "percent", "value": 10, "cap": 5_000, "minimum": 2_500}
    assert benefit.from_plain(old) == Benefit(type="percent", value=10, cap=5_000, minimum=2_500)
    assert benefit.to_plain(benefit.from_plain(old)) == old

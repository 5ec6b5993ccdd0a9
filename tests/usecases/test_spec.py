"""What an offer asks the store for: titles that say what a discount is, and nothing of whom it is for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.platforms.protocol import StoredDiscount
from plugin.usecases.spec import LONGEST_TITLE, POOLED, is_ours, spec_of, tag_of
from storage.offers import Offer

NOW = datetime(2026, 3, 2, tzinfo=UTC)
OFFER = Offer(
    offer_id="0123456789abcdef", customer_id="7000000000001", kind="win_back", step="last_offer", rule="win_back:last_offer",
    cycle="9200000000001", program_version=1, state="planned", code="BACK-0123456789ABCDEF", currency="USD",
    benefit={"type": "percent", "value": 15, "cap": 0, "minimum": 2500}, created_at=NOW, starts_at=NOW,
    ends_at=datetime(2026, 3, 16, tzinfo=UTC), reasons=[], inputs={}, shop_id=1, store_ref=None, cost_minor=0,
    sending_at=None, redeemed_at=None, order_id=None, unwanted=False,
)  # fmt: skip
POOL = replace(OFFER, benefit={**OFFER.benefit, POOLED: True})


@pytest.mark.parametrize(
    ("changed", "title"),
    [
        ({}, "Regulars win-back BACK-0123456789ABCDEF: last offer, 15 %"),
        ({"kind": "loyalty", "step": "gold"}, "Regulars loyalty BACK-0123456789ABCDEF: gold, 15 %"),
        (
            {"kind": "occasion", "step": "order_5", "benefit": {"type": "fixed", "value": 0, "cap": 500}},
            "Regulars occasion BACK-0123456789ABCDEF: order 5, 5.00 USD off",
        ),
        ({"benefit": POOL.benefit}, "Regulars codes until 2026-03-16: 15 %"),
    ],
)
def test_a_title_says_what_the_discount_is(changed: dict[str, Any], title: str) -> None:
    """Kind, code, tier or step, and what it gives; a pool's end instead of a code."""
    assert spec_of(replace(OFFER, **changed)).title == title


@given(
    step=st.text(max_size=400),
    kind=st.sampled_from(["loyalty", "win_back", "occasion", "surprise"]),
    cap=st.integers(1, 10**12),
)
def test_a_title_fits_and_names_nobody(step: str, kind: str, cap: int) -> None:
    """However long the words, the store takes it, the code can be read, and the customer is not in it."""
    benefit = {"type": "gift", "value": 0, "cap": cap, "minimum": 0, "products": ["1"]}
    title = spec_of(replace(OFFER, step=step, kind=kind, benefit=benefit)).title

    assert len(title) <= LONGEST_TITLE
    assert str(OFFER.code) in title
    assert OFFER.customer_id not in title.replace(step.replace("_", " "), "")


def test_a_discount_is_known_by_its_tag_whatever_its_title() -> None:
    """What an older program has put into the store under another title is ours; a pool's title is that of all its offers."""
    other = replace(
        POOL, offer_id="fedcba9876543210", customer_id="7000000000002", code="BACK-ZZZZZZZZZZZZZZZZ", step="gold"
    )
    there = StoredDiscount(ref="gid", code=str(OFFER.code), tags=(OFFER.offer_id, "regulars"), live=True, usage_count=0)

    assert is_ours(OFFER, there)
    assert (tag_of(POOL), spec_of(POOL).title) == (tag_of(other), spec_of(other).title)

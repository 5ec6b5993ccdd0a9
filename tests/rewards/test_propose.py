"""The first program comes from the store's own orders, and says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.rewards.cautions import cautions
from plugin.rewards.currencies import CURRENCIES
from plugin.rewards.friendly import friendly, friendly_up, quantile
from plugin.rewards.propose import proposal, propose, with_win_back_on

amounts = st.lists(st.integers(-100, 10**13) | st.integers(0, 50_000), max_size=30)
currencies = st.sampled_from(sorted(CURRENCIES))


@given(currencies, amounts, amounts, st.integers(-5, 10**14))
def test_every_store_gets_a_sound_proposal(currency: str, spends: list[int], orders: list[int], revenue: int) -> None:
    """Whatever was sold, the proposal is a program without a warning, with win-back off, every sentence for a field."""
    proposed = proposal(currency=currency, spends_365d=spends, order_values=orders, monthly_revenue=revenue)
    assert cautions(proposed.program) == ()
    assert not proposed.program.win_back.enabled
    assert with_win_back_on(proposed.program).win_back.enabled
    assert {"loyalty.tiers.3.spend_from", "limits.order_guard", "limits.monthly_budget"} <= proposed.explanations.keys()
    for field, said in proposed.explanations.items():
        found: object = proposed.program
        for name in field.split("."):
            found = found[int(name)] if isinstance(found, tuple) else getattr(found, name)
        assert said.endswith(".")


def test_tiers_stand_at_the_stores_own_quantiles() -> None:
    """Among spends of 1 to 1000 dollars the tiers begin at 0, 550, 800 and 960."""
    program = propose(
        currency="USD", spends_365d=[dollars * 100 for dollars in range(1, 1001)], order_values=[], monthly_revenue=0
    )
    assert [(tier.name, tier.spend_from, tier.percent) for tier in program.loyalty.tiers] == [
        ("Member", 0, 0), ("Silver", 55_000, 3), ("Gold", 80_000, 5), ("VIP", 96_000, 8),
    ]  # fmt: skip


def test_limits_come_from_the_orders() -> None:
    """Half the middle order, the 99th percentile, three per cent of a month, each rounded."""
    orders = [dollars * 100 for dollars in range(1, 101)]
    limits = propose(currency="USD", spends_365d=[], order_values=orders, monthly_revenue=1_234_567).limits
    assert (limits.min_order, limits.order_guard, limits.monthly_budget) == (2_500, 10_000, 37_500)


def test_equal_customers_still_get_ascending_tiers() -> None:
    """Where everybody spent the same, the tiers above it follow in friendly steps."""
    program = propose(currency="USD", spends_365d=[5_000] * 100, order_values=[5_000], monthly_revenue=5_000)
    assert [tier.spend_from for tier in program.loyalty.tiers] == [0, 5_000, 5_500, 6_000]


@pytest.mark.parametrize(("currency", "gold"), [("USD", 50_000), ("JPY", 50_000), ("KWD", 500_000), ("VND", 5_000_000)])
def test_a_store_without_orders_gets_amounts_of_its_size(currency: str, gold: int) -> None:
    """500 dollars, 50,000 yen, 500 dinars, 5 million dong, in minor units."""
    program = propose(currency=currency, spends_365d=[], order_values=[], monthly_revenue=0)
    assert program.loyalty.tiers[2].spend_from == gold


def test_a_small_store_can_afford_one_offer() -> None:
    """When three per cent of the revenue would not pay a single offer, the budget is what one can cost."""
    proposed = proposal(currency="USD", spends_365d=[], order_values=[20_000], monthly_revenue=30_000)
    assert proposed.program.limits.monthly_budget == 4_000
    assert proposed.explanations["limits.monthly_budget"].startswith("The most that one offer can cost")


@given(st.integers(0, 10**12), currencies)
def test_friendly_amounts_are_near(minor: int, currency: str) -> None:
    """Rounding moves an amount by less than a tenth, or than the smallest step, and rounding up never goes down."""
    near, up = friendly(minor, currency), friendly_up(minor, currency)
    assert abs(near - minor) <= max(minor / 10, 2_500)
    assert minor <= up <= minor + max(minor / 10, 5_000)


@given(st.lists(st.integers(0, 100), min_size=1).map(sorted), st.integers(1, 100))
def test_a_quantile_is_a_value_that_enough_do_not_exceed(values: list[int], percent: int) -> None:
    """It is one of the values, enough are at most it, and fewer are below it."""
    found = quantile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= percent * len(values)
    assert sum(value < found for value in values) * 100 < percent * len(values)

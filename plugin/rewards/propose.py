"""Proposes a program to a store from its own orders, every number explained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from plugin.rewards import defaults
from plugin.rewards.friendly import friendly, friendly_up, quantile
from plugin.rewards.parts import Limits, Loyalty, Tier
from plugin.rewards.program import Program
from plugin.rewards.sound import MOST_MONEY
from plugin.rewards.wording import money_text
from plugin.rewards.worst_case import worst_case
from storage.money import exponent

#: leaves room for the tiers above and for rounding up
LARGEST_SEEN = MOST_MONEY // 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A program and, by dotted field, one sentence on where a number comes from."""

    program: Program
    explanations: dict[str, str]


def propose(*, currency: str, spends_365d: Sequence[int], order_values: Sequence[int], monthly_revenue: int) -> Program:
    """Only the program of ``proposal``."""
    return proposal(
        currency=currency, spends_365d=spends_365d, order_values=order_values, monthly_revenue=monthly_revenue
    ).program


def proposal(
    *, currency: str, spends_365d: Sequence[int], order_values: Sequence[int], monthly_revenue: int
) -> Proposal:
    """A program from what each customer spent in 12 months, what orders came to, and the revenue of a usual month.

    Money is minor units. Loyalty is on, win-back is off until the merchant turns it on. Where there is nothing to go
    by, the numbers are usual ones in the size of the currency's unit.
    """
    tiers, why_tiers = _tiers(_seen(spends_365d), currency)
    limits, why_limits = _limits(_seen(order_values), monthly_revenue, currency)
    program = Program(
        key="main",
        mode="shadow",
        currency=currency,
        code_prefix="REG",
        loyalty=Loyalty(enabled=True, tiers=tiers, valid_days=defaults.LOYALTY_VALID_DAYS),
        win_back=defaults.WIN_BACK,
        limits=limits,
        holdout_percent=defaults.HOLDOUT_PERCENT,
    )
    return Proposal(program=program, explanations={**defaults.EXPLANATIONS, **why_tiers, **why_limits})


def with_win_back_on(program: Program) -> Program:
    """The same program with its win-back ladder switched on."""
    return replace(program, win_back=replace(program.win_back, enabled=True))


def _seen(amounts: Sequence[int]) -> list[int]:
    """What says something about a store, ascending."""
    return sorted(min(amount, LARGEST_SEEN) for amount in amounts if amount > 0)


def _tiers(spends: list[int], currency: str) -> tuple[tuple[Tier, ...], dict[str, str]]:
    tiers: list[Tier] = []
    why: dict[str, str] = {}
    for place, (name, share, percent) in enumerate(defaults.TIERS):
        start, said = 0, "Every customer is at least in the first tier."
        if place:
            wished = friendly(quantile(spends, share), currency) if spends else 0
            wished = wished if spends else _usual(defaults.SPENDS_WITHOUT_ORDERS[place], currency)
            # where many spent the same, two tiers would begin at one amount
            start = max(wished, friendly_up(tiers[-1].spend_from + 1, currency))
            said = f"About {share} in 100 of your customers spent less than {money_text(start, currency)} in 12 months."
            said = said if spends else _without_orders(start, currency)
        tiers.append(Tier(name=name, spend_from=start, percent=percent))
        why[f"loyalty.tiers.{place}.spend_from"] = said
    return tuple(tiers), why


def _limits(orders: list[int], monthly_revenue: int, currency: str) -> tuple[Limits, dict[str, str]]:
    minimum = friendly(quantile(orders, 50) // 2, currency) if orders else 0
    minimum = minimum if orders else _usual(defaults.MINIMUM_WITHOUT_ORDERS, currency)
    guard = quantile(orders, 99) if orders else _usual(defaults.GUARD_WITHOUT_ORDERS, currency)
    guard = friendly_up(max(guard, minimum, 1), currency)
    budget, why_budget = _budget(monthly_revenue, guard, currency)
    limits = Limits(
        highest_percent=defaults.HIGHEST_PERCENT,
        min_order=minimum,
        order_guard=guard,
        wait_days=defaults.WAIT_DAYS,
        monthly_budget=budget,
    )
    why_minimum = f"Half of your middle order, rounded: {money_text(minimum, currency)}."
    why_guard = f"99 in 100 of your orders are at most {money_text(guard, currency)}; what an offer can cost is reckoned with it."
    why = {
        "limits.min_order": why_minimum if orders else _without_orders(minimum, currency),
        "limits.order_guard": why_guard if orders else _without_orders(guard, currency),
        "limits.monthly_budget": why_budget,
    }
    return limits, why


def _budget(monthly_revenue: int, guard: int, currency: str) -> tuple[int, str]:
    """A share of the revenue, but not less than what one offer can cost: a smaller budget would never make any."""
    one_offer = worst_case(percent=defaults.HIGHEST_PERCENT, order_guard=guard)
    share = -(-min(monthly_revenue, LARGEST_SEEN) * defaults.BUDGET_PERCENT // 100)
    wished = share if monthly_revenue > 0 else _usual(defaults.BUDGET_WITHOUT_ORDERS, currency)
    budget = friendly_up(max(wished, one_offer), currency)
    if one_offer > wished:
        return budget, f"The most that one offer can cost, rounded up: {money_text(budget, currency)}."
    if monthly_revenue <= 0:
        return budget, _without_orders(budget, currency)
    return (
        budget,
        f"{defaults.BUDGET_PERCENT} % of a usual month's revenue, rounded up: {money_text(budget, currency)}.",
    )


def _usual(whole_units: int, currency: str) -> int:
    return int(whole_units * defaults.UNIT_SIZE.get(currency, 1) * 10 ** exponent(currency))


def _without_orders(minor: int, currency: str) -> str:
    return f"There are no orders to go by yet; {money_text(minor, currency)} is a usual amount."

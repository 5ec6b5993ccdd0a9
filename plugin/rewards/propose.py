"""Proposes a program to a store from its own orders, every number explained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from plugin.rewards.parts import Limits, Loyalty, Step, Tier, Timing, WinBack
from plugin.rewards.program import Program
from plugin.rewards.wording import money_text
from storage.money import exponent

TIERS = (("Member", 0, 0), ("Silver", 55, 3), ("Gold", 80, 5), ("VIP", 96, 8))
#: whole units of a currency with a unit like the dollar, for a store without orders
NO_ORDERS_SPENDS = (0, 200, 500, 1000)
NO_ORDERS_MINIMUM, NO_ORDERS_GUARD, NO_ORDERS_BUDGET = 25, 500, 500
#: how many of these buy about as much as one dollar, as a power of ten; a rough guess is enough for a first proposal
SMALL_UNITS = {
    10: "BDT CZK DOP DZD EGP ETB HKD INR JMD KES MXN NOK NPR PHP PKR RSD RUB SEK THB TRY TWD UAH UYU ZAR",
    100: "AMD CRC HUF ISK JPY KZT LKR RWF XAF XOF",
    1000: "ARS CLP COP IQD KRW LBP MNT MMK NGN PYG TZS UGX",
    10_000: "IDR IRR KHR LAK UZS VND",
}
UNIT_SIZE = {currency: size for size, listed in SMALL_UNITS.items() for currency in listed.split()}
BUDGET_PERCENT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A program and, by dotted field, one sentence on where each number comes from."""

    program: Program
    explanations: dict[str, str]


def propose(
    *, currency: str, spends_365d: Sequence[int], order_values: Sequence[int], monthly_revenue: int
) -> Program:
    """The proposed program alone; see ``proposal``."""
    return proposal(
        currency=currency, spends_365d=spends_365d, order_values=order_values, monthly_revenue=monthly_revenue
    ).program


def proposal(
    *, currency: str, spends_365d: Sequence[int], order_values: Sequence[int], monthly_revenue: int
) -> Proposal:
    """A program for a store, from what each customer spent in 12 months, what orders came to, and a month's revenue.

    Money is minor units. Loyalty is on and win-back off until the merchant turns it on. Without orders the numbers
    are fixed ones in the size of the currency's unit.
    """
    spends = sorted(spend for spend in spends_365d if spend > 0)
    orders = sorted(value for value in order_values if value > 0)
    tiers, tiers_said = _tiers(spends, currency)
    limits, limits_said = _limits(orders, monthly_revenue, currency)
    program = Program(
        key="main",
        mode="live",
        currency=currency,
        code_prefix="REG",
        loyalty=Loyalty(enabled=True, tiers=tiers, valid_days=30),
        win_back=WIN_BACK,
        limits=limits,
        holdout_percent=10,
    )
    return Proposal(program=program, explanations={**FIXED, **tiers_said, **limits_said})


def with_win_back_on(program: Program) -> Program:
    """The same program with its win-back ladder switched on."""
    return replace(program, win_back=replace(program.win_back, enabled=True))


def _tiers(spends: list[int], currency: str) -> tuple[tuple[Tier, ...], dict[str, str]]:
    tiers: list[Tier] = []
    said: dict[str, str] = {}
    for place, (name, share, percent) in enumerate(TIERS):
        start = _friendly(_quantile(spends, share), currency) if spends else _fixed(NO_ORDERS_SPENDS[place], currency)
        if place == 0:
            start, why = 0, "Every customer is in the first tier."
        else:
            # many equal spends would put two tiers on one amount
            start = max(start, _friendly_above(tiers[-1].spend_from, currency))
            why = f"Half-way rule: {share} in 100 customers spent less than about {money_text(start, currency)} in 12 months."
            if not spends:
                why = f"There are no orders yet, so a usual amount is proposed: {money_text(start, currency)}."
        tiers.append(Tier(name=name, spend_from=start, percent=percent))
        said[f"loyalty.tiers.{place}.spend_from"] = why
    return tuple(tiers), said

"""What a program may say although it is hardly meant: warnings, never errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plugin.rewards.decision import Benefit
from plugin.rewards.margin import leaves_enough, single_limit
from plugin.rewards.parts import Reward
from plugin.rewards.problem import Problem
from plugin.rewards.program import Program
from plugin.rewards.reward import NOTHING, benefit_of
from plugin.rewards.wording import gives_numbers, gives_text, money_text


def cautions(program: Program) -> tuple[Problem, ...]:
    """All warnings about a sound program, in the order of its fields."""
    return (*_tiers(program), *_occasions(program), *_steps(program), *_budget(program), *_control_group(program))


def _tiers(program: Program) -> Iterator[Problem]:
    tiers = program.loyalty.tiers
    for place, tier in enumerate(tiers):
        at = f"loyalty.tiers.{place}.percent"
        if place and _gives_less(tier, tiers[place - 1], program):
            said = f"{tier.name} gets less than {tiers[place - 1].name}."
            yield Problem(field=at, code="tier_gives_less", message=said, numbers={"tier": tier.name})
        yield from _above_highest(program, at, tier)
        yield from _cap(program, f"loyalty.tiers.{place}.cap", tier)


def _occasions(program: Program) -> Iterator[Problem]:
    for place, occasion in enumerate(program.loyalty.occasions):
        yield from _above_highest(program, f"loyalty.occasions.{place}.percent", occasion)
        yield from _cap(program, f"loyalty.occasions.{place}.cap", occasion)


def _steps(program: Program) -> Iterator[Problem]:
    steps = program.win_back.steps
    for place, step in enumerate(steps):
        at = f"win_back.steps.{place}.percent"
        if place and _gives_less(step, steps[place - 1], program):
            yield Problem(field=at, code="step_gives_less", message="A later step gives less than an earlier one.")
        yield from _above_highest(program, at, step)
        yield from _cap(program, f"win_back.steps.{place}.cap", step)


def _gives_less(reward: Reward, before: Reward, program: Program) -> bool:
    """Percentages by percent; what cannot be compared so, by what it can cost."""
    if reward.type == before.type == "percent":
        return reward.percent < before.percent
    return benefit_of(reward, program.limits).cap < benefit_of(before, program.limits).cap


def _cap(program: Program, at: str, reward: Reward) -> Iterator[Problem]:
    """No store of today holds a percentage to an amount: the money is set aside by the largest order."""
    worst = benefit_of(reward, program.limits).cap
    if reward.type == "percent" and 0 < reward.cap < worst:
        said = (
            f"The store cannot hold a percentage to an amount: on an order of "
            f"{money_text(program.limits.order_guard, program.currency)} it takes {money_text(worst, program.currency)} "
            "off, and that is set aside. A fixed amount is held."
        )
        numbers = {"cap_minor": reward.cap, "needed_minor": worst, "order_minor": program.limits.order_guard}
        yield Problem(field=at, code="cap_not_held", message=said, numbers={**numbers, "currency": program.currency})


def _above_highest(program: Program, at: str, reward: Reward) -> Iterator[Problem]:
    limits = program.limits
    highest = single_limit(limits)
    if reward.type in {"shipping", "gift"} and not leaves_enough(reward.amount, limits):
        said = "On the smallest order this leaves less than the margin that must stay. It would never be given."
        yield Problem(field=at.replace("percent", "amount"), code="below_margin", message=said)
    if reward.type == "fixed" and benefit_of(reward, limits).value < reward.amount:
        left = benefit_of(reward, limits).value
        said = f"The highest discount leaves {money_text(left, program.currency)} of it on the smallest order."
        numbers = {"highest_percent": highest, "left_minor": left, "currency": program.currency}
        yield Problem(field=at.replace("percent", "amount"), code="amount_lowered", message=said, numbers=numbers)
    elif reward.type == "percent" and reward.percent > highest:
        said = f"The highest discount of {highest} % will be given instead."
        yield Problem(field=at, code="above_highest", message=said, numbers={"highest_percent": highest})


def _budget(program: Program) -> Iterator[Problem]:
    """An offer that can cost more than the whole budget is never made."""
    rules: list[Reward] = [*program.loyalty.tiers, *program.loyalty.occasions] * program.loyalty.enabled
    rules += [*program.win_back.steps] * program.win_back.enabled
    largest = max((benefit_of(rule, program.limits) for rule in rules), key=lambda one: one.cap, default=NOTHING)
    if largest.cap > program.limits.monthly_budget:
        needed, gives = money_text(largest.cap, program.currency), gives_text(largest, program.currency)
        said = f"An offer of {gives} can cost up to {needed}, more than the whole budget."
        numbers: dict[str, Any] = {
            "needed_minor": largest.cap,
            "percent": largest.value,
            "currency": program.currency,
        }
        if largest.type != "percent":
            numbers["gives"] = gives_numbers(largest, program.currency)
        yield Problem(field="limits.monthly_budget", code="budget_under_one_offer", message=said, numbers=numbers)
    yield from _single_limits(program, largest)


def _single_limits(program: Program, largest: Benefit) -> Iterator[Problem]:
    """A limit below what one offer can cost keeps that offer from ever being made."""
    limits = program.limits
    for name, cap in (("daily_budget", limits.daily_budget), ("customer_year", limits.customer_year)):
        if 0 < cap < largest.cap:
            needed, gives = money_text(largest.cap, program.currency), gives_text(largest, program.currency)
            said = f"An offer of {gives} can cost up to {needed}, more than this."
            numbers: dict[str, Any] = {"needed_minor": largest.cap, "currency": program.currency}
            numbers["gives"] = gives_numbers(largest, program.currency)
            yield Problem(field=f"limits.{name}", code="limit_under_one_offer", message=said, numbers=numbers)


def _control_group(program: Program) -> Iterator[Problem]:
    if program.holdout_percent == 0:
        said = "Without a control group, extra revenue cannot be shown."
        yield Problem(field="holdout_percent", code="no_control_group", message=said)

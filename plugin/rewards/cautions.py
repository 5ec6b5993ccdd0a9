"""What a program may say although it is hardly meant: warnings, never errors."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.rewards.problem import Problem
from plugin.rewards.program import Program
from plugin.rewards.wording import money_text
from plugin.rewards.worst_case import worst_case


def cautions(program: Program) -> tuple[Problem, ...]:
    """All warnings about a sound program, in the order of its fields."""
    return (*_tiers(program), *_steps(program), *_budget(program), *_control_group(program))


def _tiers(program: Program) -> Iterator[Problem]:
    tiers = program.loyalty.tiers
    for place, tier in enumerate(tiers):
        at = f"loyalty.tiers.{place}.percent"
        if place and tier.percent < tiers[place - 1].percent:
            said = f"{tier.name} gets less than {tiers[place - 1].name}."
            yield Problem(field=at, code="tier_gives_less", message=said, numbers={"tier": tier.name})
        yield from _above_highest(program, at, tier.percent)


def _steps(program: Program) -> Iterator[Problem]:
    steps = program.win_back.steps
    for place, step in enumerate(steps):
        at = f"win_back.steps.{place}.percent"
        if place and step.percent < steps[place - 1].percent:
            yield Problem(field=at, code="step_gives_less", message="A later step gives less than an earlier one.")
        yield from _above_highest(program, at, step.percent)


def _above_highest(program: Program, at: str, percent: int) -> Iterator[Problem]:
    highest = program.limits.highest_percent
    if percent > highest:
        said = f"The highest discount of {highest} % will be given instead."
        yield Problem(field=at, code="above_highest", message=said, numbers={"highest_percent": highest})


def _budget(program: Program) -> Iterator[Problem]:
    """An offer that can cost more than the whole budget is never made."""
    rules = [tier.percent for tier in program.loyalty.tiers] * program.loyalty.enabled
    rules += [step.percent for step in program.win_back.steps] * program.win_back.enabled
    largest = min(max(rules, default=0), program.limits.highest_percent)
    needed = worst_case(percent=largest, order_guard=program.limits.order_guard)
    if needed > program.limits.monthly_budget:
        said = f"An offer of {largest} % can cost up to {money_text(needed, program.currency)}, more than the whole budget."
        numbers = {"needed_minor": needed, "percent": largest, "currency": program.currency}
        yield Problem(field="limits.monthly_budget", code="budget_under_one_offer", message=said, numbers=numbers)


def _control_group(program: Program) -> Iterator[Problem]:
    if program.holdout_percent == 0:
        said = "Without a control group, extra revenue cannot be shown."
        yield Problem(field="holdout_percent", code="no_control_group", message=said)

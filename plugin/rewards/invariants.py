"""What must hold for a program: every field in its range, and no field against another."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.rewards.currencies import CURRENCIES
from plugin.rewards.parts import Announced, InStore, Limits, Loyalty, Surprise, Tier, Timing, WinBack
from plugin.rewards.problem import Problem
from plugin.rewards.sound import (
    alike,
    announced_problems,
    money,
    occasion_problems,
    one_of,
    reward_problems,
    scope_problems,
    surprise_problems,
    tag_problems,
    within,
)
from storage.money import to_decimal_text

MODES = ("live", "shadow")
TIMING_RULES = ("recommended", "days", "gap_multiple", "quantile")
#: the shares that a store's gaps are known at
QUANTILES = (50, 80, 90, 95)
#: the only order in which steps may follow each other
STEP_NAMES = ("reminder", "offer", "last_offer")
MOST_TIERS = 6
MEASURES = ("spend", "orders")
MOST_ORDERS = 1_000
MOST_A_DAY = 100_000
LONGEST_NAME = 30
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
PREFIX = re.compile(r"[A-Z0-9]{0,12}")


def problems(
    *,
    key: str,
    mode: str,
    currency: str,
    code_prefix: str,
    loyalty: Loyalty,
    win_back: WinBack,
    limits: Limits,
    holdout_percent: int,
    rollout_percent: int,
    surprise: Surprise,
    in_store: InStore,
    announced: Announced,
) -> Iterator[Problem]:
    """All that is wrong with a program of these parts, in the order of its fields; nothing for a sound one."""
    if not KEY.fullmatch(key):
        yield Problem(
            field="key", code="key", message="Use 1 to 40 of a-z, 0-9, - and _, beginning with a letter or digit."
        )
    yield from one_of("mode", mode, MODES)
    if currency not in CURRENCIES:
        said = "This is no currency; use three capital letters like USD."
        yield Problem(field="currency", code="currency", message=said, numbers=alike(currency.upper(), CURRENCIES))
    if not PREFIX.fullmatch(code_prefix):
        yield Problem(field="code_prefix", code="prefix", message="Use up to 12 capital letters and digits.")
    yield from _loyalty(loyalty, limits, currency)
    yield from _win_back(win_back, limits, currency)
    yield from _limits(limits, currency)
    yield from within("holdout_percent", holdout_percent, 0, 50)
    yield from within("rollout_percent", rollout_percent, 1, 100)
    yield from surprise_problems(surprise, limits, currency)
    yield from announced_problems(announced, in_store, [tier.name for tier in loyalty.tiers])


def _loyalty(loyalty: Loyalty, limits: Limits, currency: str) -> Iterator[Problem]:
    if not loyalty.tiers:
        yield Problem(
            field="loyalty.tiers", code="too_few_tiers", message="Keep at least one tier.", numbers={"least": 1}
        )
    if len(loyalty.tiers) > MOST_TIERS:
        said = f"Use at most {MOST_TIERS} tiers."
        yield Problem(field="loyalty.tiers", code="too_many_tiers", message=said, numbers={"most": MOST_TIERS})
    for place, tier in enumerate(loyalty.tiers):
        at = f"loyalty.tiers.{place}"
        yield from _tier_name(f"{at}.name", tier, loyalty.tiers[:place])
        yield from _tier_spend(f"{at}.spend_from", tier, loyalty.tiers[:place], currency)
        yield from _tier_orders(f"{at}.orders_from", place, loyalty)
        yield from reward_problems(at, tier, limits, currency)
    yield from within("loyalty.valid_days", loyalty.valid_days, 3, 60)
    yield from occasion_problems(loyalty.occasions, limits, currency)
    yield from one_of("loyalty.measure", loyalty.measure, MEASURES)
    yield from within("loyalty.retain_percent", loyalty.retain_percent, 1, 100)
    yield from within("loyalty.reenter_percent", loyalty.reenter_percent, min(loyalty.retain_percent, 100), 300)
    yield from within("loyalty.grace_days", loyalty.grace_days, 0, 365)
    yield from within("loyalty.notice_days", loyalty.notice_days, 0, max(loyalty.grace_days, 7))


def _tier_orders(at: str, place: int, loyalty: Loyalty) -> Iterator[Problem]:
    """Rising numbers of orders, where orders are counted."""
    found = loyalty.tiers[place].orders_from
    if loyalty.measure != "orders":
        yield from within(at, found, 0, MOST_ORDERS)
    elif place == 0:
        yield from within(at, found, 0, 0)
    else:
        yield from within(at, found, loyalty.tiers[place - 1].orders_from + 1, MOST_ORDERS)


def _tier_name(at: str, tier: Tier, before: tuple[Tier, ...]) -> Iterator[Problem]:
    if not 1 <= len(tier.name) <= LONGEST_NAME or tier.name != tier.name.strip() or not tier.name.isprintable():
        said = f"Use 1 to {LONGEST_NAME} characters."
        yield Problem(field=at, code="name_length", message=said, numbers={"least": 1, "most": LONGEST_NAME})
    elif tier.name.casefold() in {other.name.casefold() for other in before}:
        yield Problem(field=at, code="name_taken", message="Another tier has this name.")


def _tier_spend(at: str, tier: Tier, before: tuple[Tier, ...], currency: str) -> Iterator[Problem]:
    if not before and tier.spend_from:
        yield Problem(field=at, code="first_spend", message="The first tier begins at 0.", numbers={"nearest": 0})
    elif before and tier.spend_from <= before[-1].spend_from:
        least = before[-1].spend_from
        said = f"Must be more than {to_decimal_text(least, currency)} for {before[-1].name}."
        numbers = {"above_minor": least, "currency": currency, "tier": before[-1].name, "nearest": least + 1}
        yield Problem(field=at, code="spend_order", message=said, numbers=numbers)
    else:
        yield from money(at, tier.spend_from, currency)


def _win_back(win_back: WinBack, limits: Limits, currency: str) -> Iterator[Problem]:
    yield from _timing(win_back.timing)
    if not win_back.steps:
        yield Problem(
            field="win_back.steps", code="too_few_steps", message="Keep at least one step.", numbers={"least": 1}
        )
    reached = -1
    for place, step in enumerate(win_back.steps):
        at = f"win_back.steps.{place}"
        yield from one_of(f"{at}.name", step.name, STEP_NAMES)
        if step.name in STEP_NAMES and STEP_NAMES.index(step.name) <= reached:
            said = "Each step once, in this order: reminder, offer, last_offer."
            yield Problem(field=f"{at}.name", code="step_order", message=said)
        reached = max(reached, STEP_NAMES.index(step.name) if step.name in STEP_NAMES else -1)
        # two steps at one moment would be one message with two discounts
        yield from within(f"{at}.wait_days", step.wait_days, 1 if place else 0, 365)
        yield from reward_problems(at, step, limits, currency)
        yield from within(f"{at}.valid_days", step.valid_days, 3, 60)
    yield from within("win_back.sunset_days", win_back.sunset_days, 0, 730)
    yield from within("win_back.max_age_days", win_back.max_age_days, 1, 365)
    yield from within("win_back.daily_ramp", win_back.daily_ramp, 0, MOST_A_DAY)


def _timing(timing: Timing) -> Iterator[Problem]:
    yield from one_of("win_back.timing.rule", timing.rule, TIMING_RULES)
    yield from within("win_back.timing.days", timing.days, 7, 365)
    if timing.quantile_percent not in QUANTILES:
        nearest = min(QUANTILES, key=lambda share: abs(share - timing.quantile_percent))
        said = f"Must be one of {', '.join(map(str, QUANTILES))}."
        numbers = {"allowed": list(QUANTILES), "nearest": nearest}
        yield Problem(field="win_back.timing.quantile_percent", code="choice", message=said, numbers=numbers)
    at = "win_back.timing.gap_multiple_tenths"
    if not 10 <= timing.gap_multiple_tenths <= 120:
        nearest = min(max(timing.gap_multiple_tenths, 10), 120)
        numbers = {"least": 10, "most": 120, "nearest": nearest}
        yield Problem(
            field=at, code="range", message="Enter tenths from 10 to 120 (1 to 12 times the gap).", numbers=numbers
        )


def _limits(limits: Limits, currency: str) -> Iterator[Problem]:
    yield from within("limits.highest_percent", limits.highest_percent, 0, 50)
    yield from money("limits.min_order", limits.min_order, currency)
    # without an order to reckon with, a percentage would cost nothing and the budget would mean nothing
    least = max(limits.min_order, 1)
    if limits.order_guard < least:
        said = f"Must be at least {to_decimal_text(least, currency)}: a smaller largest order makes the budget meaningless."
        numbers = {"least_minor": least, "currency": currency, "nearest": least}
        yield Problem(field="limits.order_guard", code="guard_too_small", message=said, numbers=numbers)
    else:
        yield from money("limits.order_guard", limits.order_guard, currency)
    yield from within("limits.wait_days", limits.wait_days, 7, 365)
    yield from money("limits.monthly_budget", limits.monthly_budget, currency)
    yield from within("limits.margin_percent", limits.margin_percent, 0, 95)
    # a floor at the margin would leave nothing to give
    most = max(limits.margin_percent - 1, 0)
    yield from within("limits.margin_floor_percent", limits.margin_floor_percent, 0, most)
    yield from money("limits.daily_budget", limits.daily_budget, currency)
    yield from money("limits.customer_year", limits.customer_year, currency)
    yield from scope_problems(limits)
    yield from tag_problems(limits.leave_out_tags)

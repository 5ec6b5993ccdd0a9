"""A program cannot be wrong: every fault is named by field, code, sentence and nearest allowed value."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from plugin.rewards.cautions import cautions
from plugin.rewards.currencies import CURRENCIES
from plugin.rewards.program import Gift, InvalidProgram, Occasion, Program, Step, Surprise, Tier, Timing
from storage.money import THREE_DIGITS, ZERO_DIGITS
from tests.rewards.worlds import programs, usual_program, with_win_back

SCHEMA = Path(__file__).resolve().parents[2] / "../shared/schemas/shopify/admin_2026-10.graphql"
USUAL = usual_program()


def with_tier(place: int, **changes: Any) -> Program:
    """The usual program with changes of one tier."""
    tiers = list(USUAL.loyalty.tiers)
    tiers[place] = replace(tiers[place], **changes)
    return replace(USUAL, loyalty=replace(USUAL.loyalty, tiers=tuple(tiers)))


def with_loyalty(**changes: Any) -> Program:
    """The usual program with changes of its loyalty part."""
    return replace(USUAL, loyalty=replace(USUAL.loyalty, **changes))


def with_step(place: int, **changes: Any) -> Program:
    """The usual program with changes of one win-back step."""
    steps = list(USUAL.win_back.steps)
    steps[place] = replace(steps[place], **changes)
    return with_win_back(USUAL, steps=tuple(steps))


def with_timing(**changes: Any) -> Program:
    """The usual program with another moment for win-back."""
    return with_win_back(USUAL, timing=replace(USUAL.win_back.timing, **changes))


def with_surprise(**changes: Any) -> Program:
    """The usual program with a surprise."""
    surprise = Surprise(enabled=True, monthly_budget=9_000, gifts=(Gift(percent=5, weight=1),))
    return replace(USUAL, surprise=replace(surprise, **changes))


FIFTH = Occasion(on="order_number", number=5, group="", percent=5, valid_days=30)


def with_occasion(**changes: Any) -> Program:
    """The usual program with one occasion."""
    return with_loyalty(occasions=(replace(FIFTH, **changes),))


FAULTS = [
    (lambda: replace(USUAL, key="Main!"), "key", "key", None),
    (lambda: replace(USUAL, mode="on"), "mode", "choice", None),
    (lambda: replace(USUAL, currency="usd"), "currency", "currency", "USD"),
    (lambda: replace(USUAL, currency="QQQ"), "currency", "currency", None),
    (lambda: replace(USUAL, code_prefix="REG-"), "code_prefix", "prefix", None),
    (lambda: replace(USUAL, holdout_percent=51), "holdout_percent", "range", 50),
    (lambda: replace(USUAL, loyalty=replace(USUAL.loyalty, tiers=())), "loyalty.tiers", "too_few_tiers", None),
    (lambda: replace(USUAL, loyalty=replace(USUAL.loyalty, tiers=SEVEN)), "loyalty.tiers", "too_many_tiers", None),
    (lambda: replace(USUAL, loyalty=replace(USUAL.loyalty, valid_days=2)), "loyalty.valid_days", "range", 3),
    (lambda: usual_program(margin_percent=96), "limits.margin_percent", "range", 95),
    (lambda: usual_program(margin_percent=40, margin_floor_percent=40), "limits.margin_floor_percent", "range", 39),
    (lambda: usual_program(margin_floor_percent=10), "limits.margin_floor_percent", "range", 0),
    (lambda: with_surprise(gifts=()), "surprise.gifts", "too_few_gifts", None),
    (lambda: with_surprise(pool="all"), "surprise.pool", "choice", None),
    (lambda: with_surprise(odds_percent=0), "surprise.odds_percent", "range", 1),
    (lambda: with_surprise(monthly_budget=-1), "surprise.monthly_budget", "amount_range", 0),
    (lambda: with_surprise(gifts=(Gift(percent=0, weight=1),)), "surprise.gifts.0.percent", "range", 1),
    (lambda: with_surprise(gifts=(Gift(percent=5, weight=0),)), "surprise.gifts.0.weight", "range", 1),
    (lambda: replace(USUAL, rollout_percent=0), "rollout_percent", "range", 1),
    (lambda: with_tier(1, name=""), "loyalty.tiers.1.name", "name_length", None),
    (lambda: with_tier(1, name="x" * 31), "loyalty.tiers.1.name", "name_length", None),
    (lambda: with_tier(1, name=" Silver"), "loyalty.tiers.1.name", "name_length", None),
    (lambda: with_tier(1, name="Sil\nver"), "loyalty.tiers.1.name", "name_length", None),
    (lambda: with_tier(2, name="silver"), "loyalty.tiers.2.name", "name_taken", None),
    (lambda: with_tier(0, spend_from=1), "loyalty.tiers.0.spend_from", "first_spend", 0),
    (lambda: with_tier(2, spend_from=20_000), "loyalty.tiers.2.spend_from", "spend_order", 20_001),
    (lambda: with_tier(3, spend_from=10**12), "loyalty.tiers.3.spend_from", "amount_range", 10**11),
    (lambda: with_tier(2, percent=51), "loyalty.tiers.2.percent", "range", 50),
    (lambda: with_tier(2, percent=-1), "loyalty.tiers.2.percent", "range", 0),
    (lambda: with_timing(rule="weekly"), "win_back.timing.rule", "choice", None),
    (lambda: with_timing(days=6), "win_back.timing.days", "range", 7),
    (lambda: with_timing(gap_multiple_tenths=121), "win_back.timing.gap_multiple_tenths", "range", 120),
    (lambda: with_win_back(USUAL, steps=()), "win_back.steps", "too_few_steps", None),
    (lambda: with_step(1, name="gift"), "win_back.steps.1.name", "choice", None),
    (lambda: with_step(1, name="reminder"), "win_back.steps.1.name", "step_order", None),
    (lambda: with_step(2, name="reminder"), "win_back.steps.2.name", "step_order", None),
    (lambda: with_step(0, wait_days=-1), "win_back.steps.0.wait_days", "range", 0),
    (lambda: with_step(2, wait_days=0), "win_back.steps.2.wait_days", "range", 1),
    (lambda: with_step(2, percent=60), "win_back.steps.2.percent", "range", 50),
    (lambda: with_step(1, valid_days=61), "win_back.steps.1.valid_days", "range", 60),
    (lambda: with_win_back(USUAL, sunset_days=-1), "win_back.sunset_days", "range", 0),
    (lambda: with_win_back(USUAL, max_age_days=0), "win_back.max_age_days", "range", 1),
    (lambda: usual_program(highest_percent=51), "limits.highest_percent", "range", 50),
    (lambda: usual_program(min_order=-1), "limits.min_order", "amount_range", 0),
    (lambda: usual_program(order_guard=2_499), "limits.order_guard", "guard_too_small", 2_500),
    (lambda: usual_program(order_guard=0, min_order=0), "limits.order_guard", "guard_too_small", 1),
    (lambda: usual_program(order_guard=10**12), "limits.order_guard", "amount_range", 10**11),
    (lambda: with_step(2, percent=100), "win_back.steps.2.percent", "range", 50),
    (lambda: with_tier(2, type="points"), "loyalty.tiers.2.type", "choice", None),
    (lambda: with_tier(2, type="fixed", amount=0), "loyalty.tiers.2.amount", "amount_range", 1),
    (lambda: with_tier(2, type="fixed", amount=2_501), "loyalty.tiers.2.amount", "amount_above_minimum", 2_500),
    (lambda: with_tier(2, type="shipping"), "loyalty.tiers.2.amount", "amount_range", 1),
    (lambda: with_tier(2, type="gift", amount=900), "loyalty.tiers.2.product", "gift_missing", None),
    (lambda: with_tier(2, type="gift", amount=900, product="one two"), "loyalty.tiers.2.product", "store_id", None),
    (lambda: with_step(1, cap=-1), "win_back.steps.1.cap", "amount_range", 0),
    (lambda: usual_program(products=("7", "7")), "limits.products", "twice", None),
    (lambda: usual_program(products=("",)), "limits.products", "store_id", None),
    (lambda: usual_program(collections=tuple(map(str, range(51)))), "limits.collections", "too_many_ids", None),
    (lambda: with_occasion(on="birthday"), "loyalty.occasions.0.on", "choice", None),
    (lambda: with_occasion(number=0), "loyalty.occasions.0.number", "range", 1),
    (lambda: with_occasion(on="group", number=0, group="at_risk"), "loyalty.occasions.0.group", "choice", None),
    (lambda: with_occasion(percent=0), "loyalty.occasions.0.percent", "range", 1),
    (lambda: with_occasion(valid_days=1), "loyalty.occasions.0.valid_days", "range", 3),
    (lambda: with_loyalty(occasions=(FIFTH, FIFTH)), "loyalty.occasions.1.on", "twice", None),
    (lambda: with_loyalty(occasions=tuple(replace(FIFTH, number=n) for n in range(1, 10))), "loyalty.occasions", "too_many", None),
    (lambda: with_loyalty(measure="points"), "loyalty.measure", "choice", None),
    (lambda: with_loyalty(retain_percent=101), "loyalty.retain_percent", "range", 100),
    (lambda: with_loyalty(retain_percent=80, reenter_percent=79), "loyalty.reenter_percent", "range", 80),
    (lambda: with_loyalty(grace_days=-1), "loyalty.grace_days", "range", 0),
    (lambda: with_loyalty(grace_days=30, notice_days=31), "loyalty.notice_days", "range", 30),
    (lambda: with_tier(2, orders_from=1_001), "loyalty.tiers.2.orders_from", "range", 1_000),
    (lambda: with_win_back(USUAL, daily_ramp=-1), "win_back.daily_ramp", "range", 0),
    (lambda: with_timing(quantile_percent=70), "win_back.timing.quantile_percent", "choice", 80),
    (lambda: usual_program(daily_budget=-1), "limits.daily_budget", "amount_range", 0),
    (lambda: usual_program(customer_year=-5), "limits.customer_year", "amount_range", 0),
    (lambda: usual_program(wait_days=6), "limits.wait_days", "range", 7),
    (lambda: usual_program(monthly_budget=-1), "limits.monthly_budget", "amount_range", 0),
]  # fmt: skip
SEVEN = tuple(Tier(name=f"T{place}", spend_from=place, percent=0) for place in range(7))


@pytest.mark.parametrize(("make", "field", "code", "nearest"), FAULTS, ids=[f"{row[1]}-{row[2]}" for row in FAULTS])
def test_a_fault_is_named(make: Any, field: str, code: str, nearest: int | str | None) -> None:
    """A program with one fault cannot be made; the error has its field, code, sentence and nearest allowed value."""
    with pytest.raises(InvalidProgram) as caught:
        make()
    assert caught.value.errors == {field: code}
    assert caught.value.messages[field].endswith(".")
    assert caught.value.problems[0].numbers.get("nearest") == nearest


def test_all_faults_are_told_at_once() -> None:
    """Whoever corrects a form sees everything that is wrong, in the order of the fields."""
    with pytest.raises(InvalidProgram) as caught:
        replace(with_win_back(USUAL, sunset_days=730), key="", holdout_percent=99, mode="")
    assert list(caught.value.errors) == ["key", "mode", "holdout_percent"]
    assert str(caught.value).startswith("key: Use 1 to 40")


def test_a_tier_below_its_predecessor_is_told_in_money() -> None:
    """The sentence names the amount and the tier."""
    with pytest.raises(InvalidProgram) as caught:
        with_tier(2, spend_from=10_000)
    assert caught.value.messages == {"loyalty.tiers.2.spend_from": "Must be more than 200.00 for Silver."}


@given(programs())
def test_every_sound_program_can_be_made(program: Program) -> None:
    """What the laws are tested with passes the checks."""
    assert replace(program) == program


def test_the_usual_program_needs_no_caution() -> None:
    """The proposal gives nothing to warn of, once results are measured."""
    assert cautions(replace(USUAL, holdout_percent=10)) == ()


@pytest.mark.parametrize(
    ("program", "field", "code"),
    [
        (with_tier(2, percent=2), "loyalty.tiers.2.percent", "tier_gives_less"),
        (with_tier(3, percent=21), "loyalty.tiers.3.percent", "above_highest"),
        (with_step(2, percent=9), "win_back.steps.2.percent", "step_gives_less"),
        (with_step(2, percent=21), "win_back.steps.2.percent", "above_highest"),
        (usual_program(monthly_budget=7_499), "limits.monthly_budget", "budget_under_one_offer"),
        (USUAL, "holdout_percent", "no_control_group"),
        (usual_program(daily_budget=7_499), "limits.daily_budget", "limit_under_one_offer"),
        (usual_program(customer_year=100), "limits.customer_year", "limit_under_one_offer"),
        (with_step(2, cap=1_000), "win_back.steps.2.cap", "cap_not_held"),
        (with_tier(3, type="fixed", amount=600), "loyalty.tiers.3.amount", "amount_lowered"),
        (with_tier(3, type="gift", product="7", amount=60_000), "limits.monthly_budget", "budget_under_one_offer"),
    ],
)
def test_what_is_hardly_meant_is_warned_of(program: Program, field: str, code: str) -> None:
    """The program stands, and the warning names the field."""
    assert (field, code) in [(problem.field, problem.code) for problem in cautions(program)]


def test_rules_that_are_off_need_no_budget() -> None:
    """With everything off, an empty budget is no reason to warn."""
    off = replace(with_win_back(usual_program(monthly_budget=0), enabled=False), holdout_percent=10)
    off = replace(off, loyalty=replace(off.loyalty, enabled=False))
    assert cautions(off) == ()


def test_every_currency_of_the_platform_is_known() -> None:
    """A store may use any currency that Shopify's schema names, and any whose digits are not two."""
    assert CURRENCIES >= ZERO_DIGITS | THREE_DIGITS
    if not SCHEMA.exists():
        pytest.skip("the platform's schema is not beside the repository, so its currencies cannot be compared")
    listed = SCHEMA.read_text(encoding="utf-8").split("enum CurrencyCode {")[1].split("}")[0]
    names = {word for word in listed.replace("@", " @").split() if len(word) == 3 and word.isupper()}
    assert len(names) > 100
    # three times X stands for "no currency"
    assert names - {3 * "X"} <= CURRENCIES


def test_parts_are_told_from_the_program() -> None:
    """The parts are plain values: they take anything, and the program that holds them is what refuses."""
    assert Step(name="?", wait_days=-1, percent=999, valid_days=0).percent == 999
    assert Timing(rule="?", days=0, gap_multiple_tenths=0).days == 0

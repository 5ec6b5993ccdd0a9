"""Says without asking the rules what a decision would be, where it is certain to be a hold: then nothing is worded.

It speaks only for customers whose offers so far are reminders, and only under rules of the kinds that it knows; for all
others it is silent. A property test holds it to the plain decision.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from plugin.rewards.decision import Benefit
from plugin.rewards.loyalty import FRESH_DAYS
from plugin.rewards.parts import Limits, Loyalty, Step, WinBack
from plugin.rewards.program import Program
from plugin.rewards.reward import asked_of, benefit_of
from plugin.rewards.standing_tier import is_plain
from plugin.rewards.tiers import tier_of
from plugin.rewards.win_back import KIND, rule_of
from plugin.usecases.backtest.made import Made
from storage.columns import EPOCH, MICROSECOND

EVERYONE = 100
DAY = timedelta(days=1) // MICROSECOND
FRESH = FRESH_DAYS * DAY
#: the fields of each part that were in mind when this was written: with a new one it falls silent
KNOWN = {
    Program: {"key", "mode", "currency", "code_prefix", "loyalty", "win_back", "limits", "holdout_percent",
        "rollout_percent", "surprise",
    },
    Loyalty: {
        "enabled", "tiers", "valid_days", "measure", "retain_percent", "reenter_percent", "grace_days", "notice_days",
        "occasions",
    },
    WinBack: {"enabled", "timing", "steps", "sunset_days", "max_age_days", "daily_ramp"},
    Limits: {
        "highest_percent", "min_order", "order_guard", "wait_days", "monthly_budget", "daily_budget", "customer_year",
        "products", "collections", "combine_order", "combine_product", "combine_shipping",
        "margin_percent", "margin_floor_percent",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold for certain."""

    #: microseconds since 1970; None: only an order can change it
    next_check: int | None
    #: the month's money is what keeps the offer back
    budget_used_up: bool = False


class Quick:
    """What is certain under one program. Instants are microseconds since 1970."""

    def __init__(self, program: Program, timezone: str) -> None:
        self._program, self._zone = program, ZoneInfo(timezone)
        self._steps: list[tuple[Step, Benefit]] = [
            (step, benefit_of(step, program.limits)) for step in program.win_back.steps
        ]
        self._last = rule_of(program.win_back.steps[-1].name)
        self._place = {step.name: place for place, step in enumerate(program.win_back.steps)}
        self.speaks = _is_known(program)
        self._turns: tuple[int, int, int] = (0, 0, 0)

    def is_simple(self, one: Made) -> bool:
        """Whether an offer is of the only kind that a customer may have had: a reminder that is not the last step."""
        return (
            one.spec.kind == KIND
            and not one.is_discount
            and one.spec.rule != self._last
            and one.spec.step in self._place
        )

    def hold(
        self,
        *,
        at: int,
        spend: int,
        last_at: int,
        last_id: str,
        late_at: int | None,
        offers: list[Made],
        left: int,
        today: int,
    ) -> Hold | None:
        """A certain hold at an instant; None: ask.

        ``offers`` are simple; ``late_at`` is when win-back may begin; ``left`` is what is left of the month's money,
        ``today`` the win-back messages of the day so far.
        """
        program = self._program
        asks = program.loyalty.enabled and at < last_at + FRESH and asked_of(tier_of(program, spend))
        if asks:
            return None
        if not program.win_back.enabled or late_at is None:
            return Hold(None)
        cycle = f"silence:{last_id}"
        before = [one for one in offers if one.spec.cycle == cycle]
        place = max((self._place[one.spec.step] for one in before), default=-1) + 1
        step, benefit = self._steps[place]
        due = late_at + step.wait_days * DAY
        if before:
            newest = next(one for one in reversed(before) if self._place[one.spec.step] == place - 1)
            due = max(late_at, newest.at + step.wait_days * DAY)
        closes = due + program.win_back.max_age_days * DAY
        if at >= closes:
            return Hold(None)
        # a reminder costs nothing; a discount under a highest discount of 0 is for the rules to say
        if due >= closes or (asked_of(step) and not benefit.cap):
            return None
        return Hold(due) if at < due else self._kept_back(at, benefit, closes=closes, left=left, today=today)

    def _kept_back(self, at: int, benefit: Benefit, *, closes: int, left: int, today: int) -> Hold | None:
        """One that is due and cannot pass: the day is full, or the month is spent."""
        short = left < benefit.cap <= self._program.limits.monthly_budget
        most = self._program.win_back.daily_ramp
        if most and today >= most:
            return _until(self._turn(at)[0], closes, short=short)
        return _until(self._turn(at)[1], closes, short=True) if short else None

    def _turn(self, at: int) -> tuple[int, int]:
        """When the next day and the next calendar month of the shop begin."""
        begin, day, month = self._turns
        if not begin <= at < day:
            local = (EPOCH + at * MICROSECOND).astimezone(self._zone)
            midnight = datetime(local.year, local.month, local.day, tzinfo=self._zone) + timedelta(days=1)
            years, months = divmod(local.year * 12 + local.month, 12)
            first = datetime(years, months + 1, 1, tzinfo=self._zone)
            day, month = ((moment.astimezone(UTC) - EPOCH) // MICROSECOND for moment in (midnight, first))
            self._turns = (at, day, month)
        return day, month


def _until(moment: int, closes: int, *, short: bool) -> Hold:
    return Hold(moment if moment < closes else None, budget_used_up=short)


def _is_known(program: Program) -> bool:
    parts = (program, program.loyalty, program.win_back, program.limits)
    if any(not {field.name for field in fields(part)} <= KNOWN[type(part)] for part in parts):
        return False
    rules = (
        is_plain(program.loyalty) and not program.loyalty.occasions and program.win_back.timing.rule == "recommended"
    )
    limits = program.limits
    counted = limits.daily_budget or limits.customer_year or limits.margin_percent
    everyone = program.mode == "live" and program.rollout_percent >= EVERYONE
    return everyone and rules and not counted and not program.surprise.enabled

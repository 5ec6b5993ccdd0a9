"""What a replay comes to: offers by week, cost, budget, and who would have come anyway."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from plugin.rewards.decision import Benefit
from plugin.usecases.backtest.made import Made
from plugin.usecases.backtest.run import Run

#: standard deviations on each side of a number that hold 95 in 100
WIDTH = 1.96
MONTHS_A_YEAR = 12
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What rules did in a span of time, scaled up to all customers; money is minor units, "a month" the mean of the span."""

    since: datetime
    #: customers that were replayed, and those that they stand for
    replayed: int
    of: int
    #: Monday of the week, or YYYY-MM -> offers that give something, without the control group's
    by_week: Mapping[date, int]
    by_month: Mapping[str, int]
    #: kind of offer -> the same
    by_kind: Mapping[str, int]
    #: kind -> share of offers, or of what the control group would have got, whose customer ordered anyway before the end
    came_back: Mapping[str, float]
    #: if everyone who ordered while an offer was open used it
    cost_a_month: int
    #: the true number of all customers is within so much of it, 19 times of 20; 0 when all were replayed
    cost_within: int
    #: what was set aside
    worst_a_month: int
    #: YYYY-MM -> day of the month on which the budget was used up, for months in which it was
    ran_out: Mapping[str, int]
    #: times at which two rules asked at once, or an offer was kept back by an open one
    overlaps: int
    #: customer -> what their offers gave, oldest first
    gifts: Mapping[str, tuple[Benefit, ...]]


def summed(run: Run, *, since: datetime) -> Summary:
    """What happened in a replay after an instant."""
    past, zone = run.past, ZoneInfo(run.past.timezone)
    span = [one for one in run.made if one.is_discount and not one.earlier and one.spec.starts_at > since]
    issued = [one for one in span if not one.held_out]
    months = (past.now - since) / YEAR * MONTHS_A_YEAR
    local = {id(one): one.spec.starts_at.astimezone(zone) for one in issued}
    weeks = Counter(day.date() - timedelta(days=day.weekday()) for day in local.values())
    first = f"{since.astimezone(zone):%Y-%m}"
    costs = Counter[str]()
    for one in issued:
        costs[one.customer_id] += one.cost
    return Summary(
        since=since,
        replayed=len(past.customers),
        of=round(len(past.customers) * past.scale),
        by_week=_scaled(weeks, past.scale),
        by_month=_scaled(Counter(f"{day:%Y-%m}" for day in local.values()), past.scale),
        by_kind=_scaled(
            Counter({one.spec.kind: 0 for one in span}) + Counter(one.spec.kind for one in issued), past.scale
        ),
        came_back=_came_back(span),
        cost_a_month=round(past.scale * costs.total() / months),
        cost_within=round(_within(list(costs.values()), len(past.customers), past.scale) / months),
        worst_a_month=round(past.scale * sum(one.spec.reserve for one in issued) / months),
        ran_out={month: day for month, day in sorted(run.desk.ran_out.items()) if month >= first},
        overlaps=round(past.scale * sum(at > since for at in run.desk.overlaps)),
        gifts=_gifts(issued),
    )


def _scaled(counts: Mapping[Any, int], scale: float) -> dict[Any, int]:
    return {key: round(counts[key] * scale) for key in sorted(counts)}


def _came_back(span: Iterable[Made]) -> dict[str, float]:
    asked, came = Counter[str](), Counter[str]()
    for one in span:
        asked[one.spec.kind] += 1
        came[one.spec.kind] += one.came_back
    return {kind: came[kind] / asked[kind] for kind in sorted(asked)}


def _within(costs: Sequence[int], customers: int, scale: float) -> float:
    """Half the width of the 95 % interval of a total that a simple sample stands for (Cochran 1977, section 2.8)."""
    if scale <= 1 or customers < 2:
        return 0.0
    mean = sum(costs) / customers
    spread = (sum(cost * cost for cost in costs) - customers * mean * mean) / (customers - 1)
    return WIDTH * scale * math.sqrt(customers * max(spread, 0.0) * (1 - 1 / scale))


def _gifts(issued: Iterable[Made]) -> dict[str, tuple[Benefit, ...]]:
    found: dict[str, tuple[Benefit, ...]] = {}
    for one in issued:
        found[one.customer_id] = (*found.get(one.customer_id, ()), one.spec.benefit)
    return found

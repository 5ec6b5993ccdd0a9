"""A store's report: who came back, what they spent, and what the offers added, for one month or for the year so far."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from plugin.signals.days import DAY, to_seconds
from plugin.signals.retention import Buying, Retention, activity_window, buying, retention, revenue
from plugin.signals.visits import boil_down
from plugin.usecases import report_effect, tell_card, tell_habits
from plugin.usecases.measure import whole_history
from plugin.usecases.report_effect import Effect
from storage import figures, reports
from storage.money import to_decimal_text
from storage.shops import Shop

#: without a month the report is about so many days
YEAR_DAYS = 365
A_MOMENT = timedelta(microseconds=1)
#: a month of before is a slip of the pen
FIRST_YEAR = 1900
MONEY = ("revenue", "contribution")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Offers of one kind in the time of the report. Money in minor units."""

    made: int
    held_out: int
    #: orders that used one and still count, and what they took off
    used: int
    cost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One store in one span of time. Money in minor units."""

    shop: Shop
    as_of: datetime
    #: YYYY-MM, or None for the last 365 days
    month: str | None
    #: the last instant before, and the last one of it
    begin: datetime
    end: datetime
    buying: Buying
    #: days that an order keeps a customer active
    window: int
    retention: Retention
    #: of last year's customers of the same days: spend now / then, and Σ of what each spent less / then; NaN without a year before
    nrr: float
    revenue_churn: float
    given: Mapping[str, Given]
    #: by kind, ``all`` first; empty before the first offer
    effects: Mapping[str, Effect]
    #: how good the predictions are, and what customers buy, as a night told it (``tell_card``, ``tell_habits``); None
    #: before the first
    card: Mapping[str, Any] | None = None
    habits: Mapping[str, Any] | None = None


def report(
    db: Connection, shop: Shop, *, as_of: datetime, month: str | None = None, margin_percent: int | None = None
) -> Report:
    """The report as of an instant: of a calendar month in the shop's zone (YYYY-MM), or of the last 365 days.

    The effect of a month is that on customers who became eligible in it; without a month on all who ever did. They are
    followed up to ``as_of``. Raises ValueError for a month that is none or has not begun.
    """
    begin, end = _span(as_of, month, ZoneInfo(shop.timezone))
    history = whole_history(db, shop, as_of)
    start, stop, window = to_seconds(begin), to_seconds(end), activity_window(boil_down(history, to_seconds(end)).gaps)
    kept = retention(history, start=start, end=stop, window=window)
    year = timedelta(days=YEAR_DAYS)
    before = (to_seconds(begin - year), to_seconds(end - year))
    known = history.at.size > 0 and int(history.at.min()) <= before[0] + DAY
    spent = revenue(history, base=before, later=(start, stop)) if known else None
    card, habits = (figures.get(db, shop.shop_id, name) for name in (tell_card.NAME, tell_habits.NAME))
    return Report(
        card=card.body if card else None, habits=habits.body if habits else None,
        shop=shop, as_of=as_of, month=month, begin=begin, end=end,
        buying=buying(history, start=start, end=stop), window=window, retention=kept,
        nrr=spent.nrr if spent else math.nan, revenue_churn=spent.churn if spent else math.nan,
        given=_given(db, shop, begin=begin, end=end),
        effects=report_effect.measure(
            db, shop, history, as_of=as_of, begun=(begin, end) if month else None, margin_percent=margin_percent
        ),
    )  # fmt: skip


def plain(told: Report) -> dict[str, Any]:
    """The report as JSON values: money as decimal text, instants as ISO 8601, None for what cannot be said."""
    currency = told.shop.currency

    def money(minor: float | None) -> str | None:
        return None if minor is None or not math.isfinite(minor) else to_decimal_text(round(minor), currency)

    bought = _clean(asdict(told.buying)) | {"revenue": money(told.buying.revenue), "aov": money(told.buying.aov)}
    return {
        "shop": told.shop.domain, "currency": currency, "as_of": _instant(told.as_of), "month": told.month,
        "after": _instant(told.begin), "until": _instant(told.end), "buying": bought,
        "retention": {
            "window_days": told.window, **_clean(asdict(told.retention)),
            **_clean({"nrr": told.nrr, "revenue_churn": told.revenue_churn}),
        },
        "offers": {kind: asdict(one) | {"cost": money(one.cost)} for kind, one in told.given.items()},
        "followed_days": report_effect.WINDOW_DAYS,
        "added": {kind: _effect(one, money) for kind, one in told.effects.items()},
        "predictions": told.card, "habits": told.habits,
    }  # fmt: skip


def _effect(one: Effect, money: Any) -> dict[str, Any]:
    def outcome(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        amounts = ("treated", "held_out", "effect", "low", "high") if name in MONEY else ()
        return {key: money(value) if key in amounts else value for key, value in values.items()}

    return {
        "treated": one.treated, "held_out": one.held_out, "waiting": one.waiting, "ended": one.ended,
        "balanced": one.balanced,
        "per_customer": {name: outcome(name, asdict(found)) for name, found in one.outcomes.items()},
        "extra_revenue": None if one.extra is None else dict(
            zip(("amount", "low", "high"), map(money, one.extra), strict=True)
        ),
        "discounts": money(one.cost),
        "not_causal": {"last_touch_revenue": money(one.claimed), "last_touch_orders": one.claimed_orders},
    }  # fmt: skip


def _span(as_of: datetime, month: str | None, zone: ZoneInfo) -> tuple[datetime, datetime]:
    if month is None:
        return as_of - timedelta(days=YEAR_DAYS), as_of
    try:
        first = datetime.strptime(month, "%Y-%m").replace(tzinfo=zone)
    except ValueError:
        raise ValueError(f"{month!r} is not a month: write it as {as_of:%Y-%m}") from None
    if first.year > as_of.year + 1:
        raise ValueError(f"{month} has not begun")
    if first.year < FIRST_YEAR:
        raise ValueError(f"{month} is before {FIRST_YEAR}")
    following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    begin, end = (moment.astimezone(UTC) - A_MOMENT for moment in (first, following))
    if begin >= as_of:
        raise ValueError(f"{month} has not begun")
    return begin, min(end, as_of)


def _given(db: Connection, shop: Shop, *, begin: datetime, end: datetime) -> dict[str, Given]:
    offered = [one for one in reports.eligible(db, shop.shop_id, end) if one.created_at > begin]
    used = [one for one in reports.uses(db, shop.shop_id, end) if one.ordered_at > begin]
    kinds = sorted({one.kind for one in offered} | {one.kind for one in used})
    return {
        kind: Given(
            made=sum(one.kind == kind and not one.held_out for one in offered),
            held_out=sum(one.kind == kind and one.held_out for one in offered),
            used=sum(one.kind == kind for one in used),
            cost=sum(one.discount_minor for one in used if one.kind == kind),
        )
        for kind in kinds
    }


def _clean(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in values.items()
    }


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

"""The overview's numbers for programs: money as decimal text, shares from 0 to 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from plugin.pages import asked, figures
from plugin.pages.asked import Query
from plugin.pages.figures import Figures
from storage.money import to_decimal_text
from storage.shops import Shop

Money = Callable[[int], str]


def as_json(db: Any, shop: Shop, *, now: datetime, query: Query) -> dict[str, Any]:
    """The same numbers for programs."""
    seen = figures.gather(
        db, shop, now=now, period=asked.one_of(query, "period", figures.PERIODS) or figures.PERIODS[-1]
    )

    def money(minor: int) -> str:
        return to_decimal_text(minor, shop.currency)

    return {
        "currency": shop.currency,
        "measured_at": shop.model_as_of.isoformat() if shop.model_as_of else None,
        "period_days": seen.days,
        "orders": seen.orders,
        "customers": seen.people.count,
        "returning_customers": seen.people.returning,
        "groups": dict(seen.people.groups),
        "lateness": dict(seen.people.lateness),
        "grid": [{"recency": r, "value": value, "customers": n} for (r, value), n in sorted(seen.cells.items())],
        "offers": [
            {"kind": kind, "state": state, "count": count} for (kind, state), count in sorted(seen.offers.items())
        ],
        "offers_in_period": {
            "given": seen.given.given, "redeemed": seen.given.redeemed, "held_out": seen.given.held_out,
        },
        "budget": {
            "month": seen.month,
            "cap": money(seen.program.limits.monthly_budget) if seen.program else None,
            "reserved": money(seen.budget.reserved_minor),
            "booked": money(seen.budget.booked_minor),
        },
        "deliveries_set_aside": seen.aside_count,
        "figures": _figures_json(seen, money),
    }  # fmt: skip


def _figures_json(seen: Figures, money: Money) -> dict[str, Any] | None:
    """The document of the night, money as decimal text."""
    if not seen.told:
        return None
    period = seen.of_period
    buying = [_buying(period[when], money) for when in ("now", "before")]
    cohorts = seen.told["cohorts"]
    return {
        "buying": buying[0],
        "buying_before": buying[1],
        "retention": period["retention"],
        "days_between_orders": seen.told["gaps"],
        "cohorts": [
            {"month": name, "customers": size, "active": active,
             "revenue_per_customer": [None if one is None else money(round(one)) for one in value]}
            for name, size, active, value in zip(
                cohorts["names"], cohorts["sizes"], cohorts["active"], cohorts["value"], strict=True
            )
        ],
        "months": seen.told["months"],
    }  # fmt: skip


def _buying(found: Mapping[str, Any] | None, money: Money) -> dict[str, Any] | None:
    if found is None:
        return None
    aov = None if found["aov"] is None else money(round(found["aov"]))
    return {**found, "revenue": money(found["revenue"]), "aov": aov}

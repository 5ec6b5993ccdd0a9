"""The overview in words: what needs the merchant, how the shop stands, what Regulars gave to whom and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from plugin.pages import (
    asked,
    attention,
    benefits,
    charts,
    churn_chart,
    cohort_table,
    customers,
    extra_revenue,
    figures,
    formats,
    gap_chart,
    metrics,
    names,
    none_yet,
    offer_chart,
    offers,
    prediction_card,
    reasons,
    report,
    setting_up,
)
from plugin.pages.asked import Query
from plugin.pages.figures import Figures
from plugin.pages.parts import FAILED, part
from plugin.pages.say import _, later, plural
from storage.offers import Offer
from storage.shops import Shop

PATH = "/app/overview"
LATENESS = ("on_time", "late", "lapsing", "lost")
REJECTED = ("rejected",)
#: what is on its way counts as open
ROWS = (
    (later("Open"), ("issued", "planned", "sending")),
    (later("Redeemed"), ("redeemed",)),
    (later("Ended unused"), ("expired", "revoked", "cancelled")),
    (later("In control group"), ("held_out",)),
    (later("Rejected by store"), REJECTED),
)
#: customers who came back, and days of history, below which a curve says more about chance than about customers
ENOUGH_RETURNING, ENOUGH_DAYS = 100, 90


def gather(db: Any, shop: Shop, *, now: datetime, query: Query) -> dict[str, Any]:
    """What the template shows of a shop."""
    kept = {
        "period": asked.one_of(query, "period", figures.PERIODS) or figures.PERIODS[-1],
        "gap": asked.one_of(query, "gap", gap_chart.CHOICES) or "all",
        "cohort": asked.one_of(query, "cohort", cohort_table.CHOICES) or "customers",
    }
    seen = figures.gather(db, shop, now=now, period=kept["period"])
    return {
        "o": {
            "status": _status(seen),
            "periods": asked.switch(PATH, "period", metrics.PERIOD_NAMES, kept),
            "attention": attention.items(seen),
            "setup": setting_up.steps(seen),
            "can_put_away": not seen.put_away,
            "metrics": part("metrics", lambda: metrics.metrics(seen, extra_revenue.metric(db, seen))),
            "who": _who(seen),
            "cells": _cells(seen) if seen.people.count else None,
            "nobody": "" if seen.people.count else none_yet.customers(db, shop, now=now),
            "groups": _groups(seen),
            "rhythm": _rhythm(seen),
            "kinds": [names.kind(kind) for kind in _kinds(seen)],
            "offers": list(_offers(seen)),
            "with_reminders": "win_back" in _kinds(seen),
            "no_offers": "" if seen.offers else none_yet.offers(db, shop, now=now),
            "newest": [_newest(offer, now) for offer in seen.newest],
            "card": part("card", lambda: prediction_card.card(db, shop.shop_id)),
            "habits": part("habits", lambda: report.findings(db, shop)),
            "report": report.PATH,
            **_told(seen, kept),
            **_given(seen),
        }
    }


def _told(seen: Figures, kept: Mapping[str, str]) -> dict[str, Any]:
    """The charts of what the night has told, or why there are none yet."""
    wanting = part("wanting", lambda: _wanting(seen))
    if wanting == FAILED:
        return {"wanting": "", "gaps": FAILED, "cohorts": FAILED, "churn": FAILED}
    if wanting or not seen.told:
        return {"wanting": wanting, "gaps": None, "cohorts": None, "churn": None}
    return {
        "wanting": "",
        "gaps": part("gaps", lambda: gap_chart.chart(seen.told, kept["gap"])),
        "gap_choices": asked.switch(PATH, "gap", gap_chart.CHOICES, kept),
        "cohorts": part("cohorts", lambda: cohort_table.table(seen.told, kept["cohort"], seen.shop.currency)),
        "cohort_choices": asked.switch(PATH, "cohort", cohort_table.CHOICES, kept),
        "churn": part("churn", lambda: churn_chart.chart(seen)),
    }


def _wanting(seen: Figures) -> str:
    """Why there are no curves yet; "" where there is enough to draw them."""
    if not seen.told:
        return _("Shows after the first night in which there are orders.")
    have, days, usual = seen.told["rhythmic"], seen.told["days"], seen.told["usual_gap_days"]
    if have < ENOUGH_RETURNING:
        told = _(
            "Not enough repeat customers yet (%(have)s of %(needed)s).",
            have=formats.number(have), needed=formats.number(ENOUGH_RETURNING),
        )  # fmt: skip
    elif days < ENOUGH_DAYS:
        told = _(
            "Not enough history yet (%(have)s of %(needed)s).",
            have=formats.number(days), needed=formats.days(ENOUGH_DAYS),
        )  # fmt: skip
    else:
        return ""
    if usual is None:
        return told
    average = _("Until then, rules lean on your shop's usual gap of %(days)s.", days=formats.days(usual))
    return _("%(first)s %(second)s", first=told, second=average)


def _given(seen: Figures) -> dict[str, Any]:
    shown = offer_chart.chart(seen)
    return {"budget": offer_chart.budget(seen), "given": shown, "given_finding": offer_chart.finding(seen, shown)}


def _status(seen: Figures) -> str:
    if seen.shop.model_as_of is None:
        return _("Not measured yet")
    return _("Measured %(when)s", when=formats.when(seen.shop.model_as_of, seen.now))


def _who(seen: Figures) -> str:
    if not seen.people.count:
        return ""
    best = seen.people.groups.get("champions", 0) + seen.people.groups.get("loyal", 0)
    risk = seen.people.groups.get("at_risk", 0) + seen.people.groups.get("previously_loyal", 0)
    return _(
        "Champions or loyal: %(best)s of %(all)s. Good ones who have not bought for long: %(risk)s.",
        best=formats.number(best), all=formats.number(seen.people.count), risk=formats.number(risk),
    )  # fmt: skip


def _cells(seen: Figures) -> list[dict[str, Any]]:
    most = max(seen.cells.values(), default=0)
    ends = {5: _("High value"), 1: _("Low value")}

    def cell(r: int, value: int) -> dict[str, Any]:
        count = seen.cells.get((r, value), 0)
        label = plural(
            "%(count)s customer, recency %(recency)s of 5, value %(value)s of 5",
            "%(count)s customers, recency %(recency)s of 5, value %(value)s of 5",
            count, recency=r, value=value,
        )  # fmt: skip
        path = customers.address(r=r, value=value) if count else ""
        return {"text": formats.number(count), "heat": charts.heat(count, most), "path": path, "label": label}

    return [
        {"score": value, "label": ends.get(value, ""), "cells": [cell(r, value) for r in range(1, 6)]}
        for value in range(5, 0, -1)
    ]


def _groups(seen: Figures) -> list[dict[str, str]]:
    return [
        {
            "name": str(name),
            "meaning": str(meaning),
            "count": formats.number(seen.people.groups.get(key, 0)),
            "path": customers.address(group=key) if seen.people.groups.get(key) else "",
        }
        for key, (name, meaning) in names.GROUPS.items()
        if key != "prospects" or seen.people.groups.get(key)
    ]


def _rhythm(seen: Figures) -> dict[str, Any]:
    counts = [(key, seen.people.lateness.get(key, 0)) for key in LATENESS]
    whole = sum(count for _key, count in counts)
    if not whole:
        return {"sentence": "", "slices": [], "rows": []}
    on_time = counts[0][1]
    return {
        "sentence": _(
            "%(share)s of your customers are within their own buying rhythm.", share=formats.share(on_time, whole)
        ),
        "slices": charts.slices(counts),
        "rows": [
            {
                "key": key,
                "path": customers.address(status=key) if count else "",
                "name": str(names.LATENESS[key][0]),
                "meaning": str(names.LATENESS[key][1]),
                "count": formats.number(count),
                "share": formats.share(count, whole),
            }
            for key, count in counts
        ],
    }


def _kinds(seen: Figures) -> list[str]:
    return sorted({kind for kind, _state in seen.offers})


def _offers(seen: Figures) -> Iterator[dict[str, Any]]:
    for name, states in ROWS:
        counts = [sum(seen.offers.get((kind, state), 0) for state in states) for kind in _kinds(seen)]
        # what never happens needs no row
        if any(counts) or (counts and states != REJECTED):
            yield {"name": str(name), "counts": [formats.number(count) for count in counts]}


def _newest(offer: Offer, now: datetime) -> dict[str, Any]:
    given = offer.state != "held_out"
    step = _tier(offer) or names.step(offer.kind, offer.step)
    gives = benefits.gives(offer.benefit, offer.currency)
    what = _("%(kind)s, %(step)s", kind=names.kind(offer.kind), step=step)
    return {
        "customer": offer.customer_id,
        "what": _("%(what)s: %(gives)s", what=what, gives=gives) if gives else what,
        "code": offer.code,
        **offers.standing(offer),
        "made": formats.when(offer.created_at, now)
        if now - offer.created_at < timedelta(days=2)
        else formats.date(offer.created_at),
        "why": reasons.main_reason(offer.reasons, given=given),
        "more": [reasons.sentence(reason) for reason in offer.reasons],
    }


def _tier(offer: Offer) -> str:
    """The tier as the merchant wrote it; a step's name is a plainer form of it."""
    if offer.kind != "loyalty":
        return ""
    return next((str(reason["numbers"]["tier"]) for reason in offer.reasons if reason["code"] == "loyalty_applies"), "")

"""The overview in words: what needs the merchant, how the shop stands, what Regulars gave to whom and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from plugin.pages import attention, charts, customers, figures, formats, names, reasons
from plugin.pages.asked import Query
from plugin.pages.figures import Figures
from plugin.pages.say import _, later, plural
from storage.money import to_decimal_text
from storage.offers import Offer
from storage.shops import Shop

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
#: stands for a number that cannot be told yet
NONE = "–"
GIVEN = ("issued", "redeemed", "expired", "revoked")


@dataclass(frozen=True, slots=True)
class Metric:
    """One large number with what it means."""

    label: str
    value: str
    note: str


def gather(db: Any, shop: Shop, *, now: datetime, query: Query) -> dict[str, Any]:  # noqa: ARG001  # as every page
    """What the template shows of a shop."""
    seen = figures.gather(db, shop, now=now)
    return {
        "o": {
            "status": _status(seen),
            "attention": attention.items(seen),
            "setup": attention.setup(seen),
            "metrics": list(_metrics(seen)),
            "who": _who(seen),
            "cells": _cells(seen) if seen.buyers else None,
            "groups": _groups(seen),
            "rhythm": _rhythm(seen),
            "budget": _budget(seen),
            "kinds": [names.kind(kind) for kind in _kinds(seen)],
            "offers": list(_offers(seen)),
            "no_offers": _no_offers(seen),
            "newest": [_newest(offer, now) for offer in seen.newest],
        }
    }


def as_json(db: Any, shop: Shop, *, now: datetime) -> dict[str, Any]:
    """The same numbers for programs."""
    seen = figures.gather(db, shop, now=now)

    def money(minor: int) -> str:
        return to_decimal_text(minor, shop.currency)

    return {
        "currency": shop.currency,
        "measured_at": shop.model_as_of.isoformat() if shop.model_as_of else None,
        "orders": seen.orders,
        "customers": seen.buyers,
        "returning_customers": seen.returning,
        "groups": dict(seen.groups),
        "lateness": dict(seen.lateness),
        "offers": [
            {"kind": kind, "state": state, "count": count} for (kind, state), count in sorted(seen.offers.items())
        ],
        "discounts_used": money(seen.cost),
        "budget": {
            "month": seen.month,
            "cap": money(seen.program.limits.monthly_budget) if seen.program else None,
            "reserved": money(seen.budget.reserved_minor),
            "booked": money(seen.budget.booked_minor),
        },
        "deliveries_set_aside": seen.aside_count,
    }


def _status(seen: Figures) -> str:
    if seen.shop.model_as_of is None:
        return _("Not measured yet")
    return _("Measured %(when)s", when=formats.when(seen.shop.model_as_of, seen.now))


def _metrics(seen: Figures) -> Iterator[Metric]:
    yield from (
        _customer_metrics(seen)
        if seen.buyers
        else _unknown(_("After your first orders"), _("Repeat purchase rate"), _("Late or slipping away"))
    )
    some_offers = seen.in_states(*GIVEN, "held_out")
    yield from (
        _offer_metrics(seen)
        if some_offers
        else _unknown(_("After your first offers"), _("Offers redeemed"), _("Discounts used"))
    )


def _unknown(note: str, *labels: str) -> Iterator[Metric]:
    return (Metric(label, NONE, note) for label in labels)


def _customer_metrics(seen: Figures) -> Iterator[Metric]:
    of_all = _(
        "%(some)s of %(all)s customers ordered twice or more",
        some=formats.number(seen.returning), all=formats.number(seen.buyers),
    )  # fmt: skip
    yield Metric(_("Repeat purchase rate"), formats.share(seen.returning, seen.buyers), of_all)
    late = seen.lateness.get("late", 0) + seen.lateness.get("lapsing", 0)
    silent = _("%(share)s of your customers are longer silent than usual", share=formats.share(late, seen.buyers))
    yield Metric(_("Late or slipping away"), formats.number(late), silent)


def _offer_metrics(seen: Figures) -> Iterator[Metric]:
    redeemed, given, held = seen.in_states("redeemed"), seen.in_states(*GIVEN), seen.in_states("held_out")
    share = formats.share(redeemed, given)
    of_given = _("of %(given)s given, %(share)s", given=formats.number(given), share=share)
    yield Metric(_("Offers redeemed"), formats.number(redeemed), of_given)
    kept = plural(
        "%(count)s offer kept back in the control group", "%(count)s offers kept back in the control group", held
    )
    yield Metric(_("Discounts used"), formats.money(seen.cost, seen.shop.currency, whole=True), kept)


def _who(seen: Figures) -> str:
    if not seen.buyers:
        return ""
    best = seen.groups.get("champions", 0) + seen.groups.get("loyal", 0)
    return _(
        "%(best)s of your %(all)s customers are champions or loyal; %(risk)s good ones have not bought for long.",
        best=formats.number(best),
        all=formats.number(seen.buyers),
        risk=formats.number(seen.groups.get("at_risk", 0) + seen.groups.get("previously_loyal", 0)),
    )


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
            "count": formats.number(seen.groups.get(key, 0)),
            "path": customers.address(group=key) if seen.groups.get(key) else "",
        }
        for key, (name, meaning) in names.GROUPS.items()
        if key != "prospects" or seen.groups.get(key)
    ]


def _rhythm(seen: Figures) -> dict[str, Any]:
    counts = [(key, seen.lateness.get(key, 0)) for key in LATENESS]
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


def _budget(seen: Figures) -> dict[str, Any]:
    cap = seen.program.limits.monthly_budget if seen.program else 0
    used = seen.budget.reserved_minor + seen.budget.booked_minor
    left = max(cap - used, 0)

    def money(minor: int) -> str:
        return formats.money(minor, seen.shop.currency, whole=True)

    return {
        "sentence": _(
            "%(used)s of this month's budget of %(cap)s is used or set aside.", used=money(used), cap=money(cap)
        ),
        "title": _("Budget: %(share)s used or set aside", share=formats.share(used, cap)),
        "slices": charts.slices(
            [("booked", seen.budget.booked_minor), ("reserved", seen.budget.reserved_minor), ("left", left)]
        ),
        "rows": [
            {"key": "booked", "text": _("Used: %(amount)s", amount=money(seen.budget.booked_minor))},
            {
                "key": "reserved",
                "text": _("Set aside for open offers: %(amount)s", amount=money(seen.budget.reserved_minor)),
            },
            {"key": "left", "text": _("Left: %(amount)s", amount=money(left))},
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


def _no_offers(seen: Figures) -> str:
    next_check = formats.until(seen.shop.nightly_due_at, seen.now)
    return _("No offers yet. Everyone is looked at again %(when)s.", when=next_check)


def _newest(offer: Offer, now: datetime) -> dict[str, Any]:
    given = offer.state != "held_out"
    step = _tier(offer) or names.step(offer.kind, offer.step)
    percent = int(offer.benefit.get("value", 0))
    what = _("%(kind)s, %(step)s", kind=names.kind(offer.kind), step=step)
    return {
        "customer": offer.customer_id,
        "what": _("%(what)s: %(percent)s", what=what, percent=formats.percent(percent)) if percent else what,
        "code": offer.code,
        "state": names.state(offer.state),
        "tone": names.TONES.get(offer.state, ""),
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

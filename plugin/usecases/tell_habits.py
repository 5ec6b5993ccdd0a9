"""What a store's customers buy, in which order, and what sets those who left apart: one document, told once a week.

It needs each order's lines and codes, which nothing else that the night does reads. Shares are 0 to 1, money is minor
units, None stands for what cannot be said. The form is described in ``plugin/usecases/README.md``.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection

from plugin.signals.arrays import Bools, Ints, Strings
from plugin.signals.cohorts import cohorts, steps
from plugin.signals.days import DAY, local_days, to_seconds
from plugin.signals.followers import followers
from plugin.signals.groups import GROUPS
from plugin.signals.history import PurchaseHistory
from plugin.signals.measure import rhythm
from plugin.signals.model import StoreModel
from plugin.signals.movement import movements
from plugin.signals.paths import funnel, main_products, paths
from plugin.signals.products import Lines, lifts, replenishment
from plugin.signals.retention import activity_window, buying, full_price, retention, simple_clv
from plugin.signals.traits import by_trait
from plugin.signals.visits import YEAR, boil_down
from plugin.usecases import beginnings
from plugin.usecases.beginnings import OTHER, Trait
from plugin.usecases.between import between
from plugin.usecases.figures_plain import number
from plugin.usecases.tell_figures import by_place, month_starts, rows_of
from storage import reports
from storage.figures import Kept
from storage.shops import Shop

#: of the document
VERSION = 2
NAME = "habits"
#: a document this old is told anew: a month that ended is in it within as many days
LASTS = timedelta(days=7)
MICROS = 1_000_000
#: rows of each list, and products that cohorts are told for
MOST, PRODUCTS = 20, 8
#: hundredths of the gaps that are told, for all and by order number
PARTS = (25, 50, 75, 80, 90)
#: days within which a next visit counts for the steps
WITHIN = 90


def tell(db: Connection, shop: Shop, history: PurchaseHistory, model: StoreModel, *, as_of: datetime) -> dict[str, Any]:
    """The document of a shop as of an instant (aware); plain JSON."""
    at = to_seconds(as_of)
    visits = boil_down(history, at)
    told = rhythm(visits, model)
    left: Bools = np.isin(told["lateness"], ("lapsing", "lost"))
    lines = _lines(reports.bought(db, shop.shop_id, as_of), history)
    begun = beginnings.read(reports.baskets(db, shop.shop_id, as_of), history)
    product = _first_products(lines, len(history.customer_ids))
    starts = month_starts(as_of, history.timezone)
    money = visits.spend_total
    return {
        "version": VERSION,
        "as_of": as_of.astimezone(UTC).isoformat(timespec="seconds"),
        "learnt_at": datetime.fromtimestamp(model.learnt_at, UTC).isoformat(timespec="seconds"),
        "groups": list(GROUPS),
        "movements": [
            {"start": _iso(one.start), "end": _iso(one.end), "matrix": one.matrix.tolist(), "net": one.net.tolist()}
            for one in movements(history, model.gaps, [*starts, at])
        ],
        "full_price": {
            str(days): number(full_price(begun.at, begun.discounted, start=at - days * DAY, end=at)) for days in (30, 90, YEAR)
        },
        "clv": _clv(history, at, spent=money, window=activity_window(visits.gaps)),
        "lengthening": _share(told["gap_trend"], "lengthening"),
        "funnel": [asdict(one) | {"kept": number(one.kept)} for one in funnel(visits.gap_count + 1)],
        "gap_quantiles": {name: _quantiles(ended) for name, (ended, _still) in by_place(visits).items()},
        "steps": [_step(asdict(one)) for one in steps(visits, within=WITHIN)],
        "quarters": _cohorts(history, at),
        "first_product": _traits(history, product, at),
        "first_discount": _traits(history, begun.discount, at),
        "first_channel": _traits(history, begun.channel, at),
        "left": {
            "customers": int(left.sum()), "stayed": int((~left).sum()),
            "first_product": _lifts(product, visits.customer, left),
            "first_discount": _lifts(begun.discount, visits.customer, left),
            "discount_share": _lifts(begun.discount_share, visits.customer, left),
            "channel": _lifts(begun.channel, visits.customer, left),
            "country": _lifts(begun.country, visits.customer, left),
        },
        "replenishment": [asdict(one) for one in replenishment(lines)[:MOST]],
        "followers": [
            {"product": one, "next": other, "times": times, "days": days}
            for one, other, times, days in followers(lines, most=MOST)
        ],
        "paths": _paths(lines),
    }  # fmt: skip


def stale(kept: Kept | None, *, as_of: datetime) -> bool:
    """Whether the document is to be told anew: there is none in this form, or it is old."""
    return kept is None or kept.body.get("version") != VERSION or as_of - kept.as_of >= LASTS


def _lines(bought: Iterable[tuple[str, int, str, int]], history: PurchaseHistory) -> Lines:
    """The lines as columns; customers by their code in the history, products in the order in which they appear."""
    places = {customer_id: place for place, customer_id in enumerate(history.customer_ids)}
    codes: dict[str, int] = {}
    columns = [array("q") for _ in range(4)]
    for who, moment, product, paid in bought:
        if who in places:
            row = (places[who], moment // MICROS, codes.setdefault(product, len(codes)), paid)
            for column, cell in zip(columns, row, strict=True):
                column.append(cell)
    customer, at, kind, value = (np.array(column, np.int64) for column in columns)
    day = local_days(at, history.timezone)
    return Lines(product_ids=tuple(codes), product=kind, customer=customer, day=day, value=value)


def _first_products(lines: Lines, customers: int) -> Trait:
    """The main product of each customer's first visit: the most frequent ones by name, the rest as one; -1 without."""
    customer, _day, product = main_products(lines)
    newest = np.append(True, customer[1:] != customer[:-1])[: customer.size]
    first = np.full(customers, -1)
    first[customer[newest]] = product[newest]
    counts = np.bincount(first[first >= 0], minlength=len(lines.product_ids))
    told = np.lexsort((np.arange(counts.size), -counts))[:PRODUCTS]
    place = np.full(counts.size + 1, told.size)
    place[told] = np.arange(told.size)
    place[-1] = -1
    return Trait(names=(*(lines.product_ids[code] for code in told.tolist()), OTHER), code=place[first])


def _paths(lines: Lines) -> list[Mapping[str, Any]]:
    found = [one for length in (2, 3) for one in paths(lines, length=length)]
    return [asdict(one) | {"between": days} for one, days in zip(found, between(lines, found), strict=True)]


def _clv(history: PurchaseHistory, at: int, *, spent: Ints, window: int) -> Mapping[str, float | None]:
    """What customers have been worth so far, and the rule of thumb, minor units; a year's churn as the report has it."""
    year = buying(history, start=at - YEAR * DAY, end=at)
    churn = retention(history, start=at - YEAR * DAY, end=at, window=window).churn
    return {
        "historical": number(float(spent.mean())) if spent.size else None,
        "rule_of_thumb": number(simple_clv(aov=year.aov, frequency=year.frequency, churn=churn)),
    }


def _cohorts(history: PurchaseHistory, at: int) -> Mapping[str, Any]:
    found = cohorts(history, at, months=3)
    newest = slice(-8, None)
    return {
        "names": list(found.names[newest]), "sizes": found.sizes[newest].tolist(),
        "active": rows_of(found.active[newest, :8]), "value": rows_of(found.value[newest, :8], digits=0),
    }  # fmt: skip


def _traits(history: PurchaseHistory, trait: Trait, at: int) -> Mapping[str, Any]:
    found = by_trait(history, trait.names, trait.code, at)
    return {
        "names": list(found.names), "sizes": found.sizes.tolist(), "active": rows_of(found.active),
        "value": rows_of(found.value, digits=0),
    }  # fmt: skip


def _lifts(trait: Trait, customers: Ints, left: Bools) -> list[Mapping[str, Any]]:
    code = trait.code[customers]
    known = code >= 0
    return [asdict(one) | {"lift": number(one.lift)} for one in lifts(trait.names, code[known], left[known])[:MOST]]


def _step(values: dict[str, Any]) -> Mapping[str, Any]:
    quartiles = [number(one) for one in values["gap_quartiles"]]
    return values | {"came_again": number(values["came_again"]), "gap_quartiles": quartiles}


def _quantiles(gaps: Ints) -> Mapping[str, float | None]:
    """Days within which so many in a hundred of the completed gaps ended; open ones would make them longer."""
    return {str(part): number(float(np.percentile(gaps, part))) if gaps.size else None for part in PARTS}


def _share(words: Strings, word: str) -> float | None:
    """Of those of whom something can be said."""
    said = words != ""
    return number(float(np.mean(words[said] == word))) if said.any() else None


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()

"""Reads a store's past for replays: what was known when, as far as that was kept, and stand-ins for the time before.

Stand-ins: an order is known when it was placed, in its present state; store-wide numbers are learnt every four weeks
from what there was; the clock is looked at all the time. Not known for any time, and therefore as it is today: whom
the merchant leaves out, who was merged with whom, in which zone the shop is. While a shop was paused a replay goes on.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.signals.gaps import GapModel
from plugin.signals.history import MICROS
from plugin.signals.model import VERSION
from plugin.signals.rfm import RfmCuts
from plugin.usecases.backtest import nights, plain, versions
from plugin.usecases.backtest.made import Fate, Key
from plugin.usecases.backtest.nights import Night
from plugin.usecases.backtest.past import Past
from plugin.usecases.backtest.placed import Placed, Row, columns
from plugin.usecases.backtest.uncollected import uncollected
from plugin.usecases.backtest.versions import Telling, Versions
from storage import customers, known, snapshots
from storage.columns import to_micros
from storage.known import KnownOrder
from storage.shops import Shop

#: an order that is told later than this after it was placed was known before anything was kept
PROMPT = timedelta(days=1) // timedelta(microseconds=1)
#: customers that the stand-ins of a sample's nights rest on, beside the sample
OTHERS = 2_000


def past(
    db: Connection,
    shop: Shop,
    *,
    now: datetime,
    start: datetime,
    sample: int | None = None,
    fates: Mapping[Key, Fate] | None = None,
) -> Past | None:
    """The past from ``start`` until ``now`` of all customers, or of about so many; None before the shop was measured.

    ``fates`` is what became of the offers that were really made, for replays that ask for it.
    """
    with uncollected():
        return _past(db, shop, now=now, start=start, sample=sample, fates=fates or {})


def _past(
    db: Connection, shop: Shop, *, now: datetime, start: datetime, sample: int | None, fates: Mapping[Key, Fate]
) -> Past | None:
    everyone = sorted(snapshots.ids(db, shop.shop_id))
    if not everyone:
        return None
    chosen = everyone if sample is None else everyone[:: -(-len(everyone) // sample)]
    some = None if sample is None else sorted({*chosen, *everyone[:: -(-len(everyone) // OTHERS)]})
    until = to_micros(now)
    placed = columns([row for row in known.placed(db, shop.shop_id, customer_ids=some) if row[2] <= until])
    told = [one for one in known.told(db, shop.shop_id, customer_ids=some) if one.at <= until]
    kept = _kept(db, shop, now)
    since = kept[0].at if kept else None
    # who has no order left today may have had one then
    people = chosen if sample is not None else sorted({*placed.ids, *(one.customer_id for one in told)})
    return Past(
        shop=f"{shop.platform}|{shop.domain}",
        timezone=shop.timezone,
        now=now,
        customers=people,
        scale=len(everyone) / len(chosen),
        left_out=frozenset(customers.left_out(db, shop.shop_id, people)),
        versions=_versions(people, placed, told, timezone=shop.timezone, since=since, start=to_micros(start)),
        nights=[*_walked(placed, shop, start, _first(since, now)), *kept],
        since=since,
        watches=known.watched(db, shop.shop_id),
        spends=snapshots.spends(db, shop.shop_id),
        tags=customers.tags(db, shop.shop_id, people),
        fates=fates,
    )


def _versions(
    people: Sequence[str],
    placed: Placed,
    told: Collection[KnownOrder],
    *,
    timezone: str,
    since: int | None,
    start: int,
) -> Versions:
    """What was known of whose orders; those of whom nothing was ever told are reckoned all at once."""
    orders = {one.order_id for one in told}
    followed = {one.customer_id for one in told}
    if orders:
        codes = {
            code for code, order in zip(placed.customer.tolist(), placed.order_ids, strict=True) if order in orders
        }
        followed |= {placed.ids[code] for code in codes}
    wanted = {customer_id: place for place, customer_id in enumerate(people) if customer_id not in followed}
    places = [wanted.get(customer_id, -1) for customer_id in placed.ids]
    return versions.build(
        people,
        _tellings(list(placed.rows(followed)), told, since),
        timezone=timezone,
        since=start,
        plain=plain.plain(placed, places, since=start, looked_before=math.inf if since is None else since),
    )


def _kept(db: Connection, shop: Shop, now: datetime) -> list[Night]:
    """The nights that were kept in a form that this program reads."""
    return [
        Night(
            at=to_micros(one.at),
            gaps=GapModel.from_json(one.model["gaps"]) if one.model["gaps"] else None,
            cuts=RfmCuts.from_json(one.model["group_cuts"]),
            everyone=one.everyone,
        )
        for one in known.models(db, shop.shop_id)
        if one.at <= now and one.model.get("version") == VERSION
    ]


def _first(since: int | None, now: datetime) -> datetime:
    return now if since is None else min(now, datetime.fromtimestamp(since / MICROS, now.tzinfo))


def _tellings(placed: Sequence[Row], told: Collection[KnownOrder], since: int | None) -> dict[str, list[Telling]]:
    """By customer: what was kept, and for orders of which nothing was kept that they were known when placed."""
    found: defaultdict[str, list[Telling]] = defaultdict(list)
    first: dict[str, KnownOrder] = {}
    for one in told:
        first.setdefault(one.order_id, one)
        row = Telling(
            at=one.at, sitting=one.sitting, order_id=one.order_id, ordered_at=one.ordered_at, net=one.net_minor
        )
        found[one.customer_id].append(row)
    begin = math.inf if since is None else since
    for customer_id, order_id, at, net in placed:
        if order_id not in first:
            # one that came after the beginning without being told was imported: nobody was looked at
            row = Telling(at=at, sitting=0, order_id=order_id, ordered_at=at, net=net, looked=at < begin)
            found[customer_id].append(row)
    for one in first.values():
        if one.ordered_at < begin and one.at - one.ordered_at > PROMPT:
            # what it was worth before it was told of again is not known
            row = Telling(
                at=one.ordered_at, sitting=0, order_id=one.order_id, ordered_at=one.ordered_at, net=one.net_minor
            )
            found[one.customer_id].append(row)
    return found


def _walked(placed: Placed, shop: Shop, start: datetime, end: datetime) -> Iterable[Night]:
    if start >= end:
        return ()
    return nights.walked(placed.history(shop.timezone), start=start, end=end)

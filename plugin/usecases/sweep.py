"""Goes through what the store has and what we believe that it has, every hour, and never creates anything.

A round has three parts. The first two are read side by side, in pages; the third asks nothing and ends the second:

* ``changed``: the store's discounts that were changed since the last round, compared with their offers;
* ``in_store``: our open offers, a slice of them in each round, all in a day: does the store still have them?
* offers on their way, or to be cancelled, whose call must have been lost: it is made again.

What the merchant did to a discount in the store's admin is written down beside the offer and respected. A code of ours
that is live although its offer is cancelled is switched off, once. One that nobody here knows, as after a restore of an
older database, holds the shop's offers up until a person confirms (``freeze``); then it is given the chance to be decided
again (its code would be the same), then switched off.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from plugin.platforms.protocol import DiscountPage, Platform, StoredDiscount
from plugin.platforms.shopify.ids import to_gid
from plugin.usecases import compare, doubt
from storage import offers, outbox, rounds
from storage.offers import Offer
from storage.outbox import OutboxRow
from storage.shops import Shop

SWEEP, LOOK = "sweep", "look_at"
#: how far a slice of the open offers went
SWEPT = "swept"
#: offers asked about at once, and the most pages of each part in one round: a large shop is gone through in several
PAGE, MOST_PAGES = 50, 40
#: rounds in which every open offer is asked about once; what is deleted or edited in between is heard of at once
ROUNDS = 24
#: the store's list may lag behind, and rounds may have been missed
OVERLAP, WHOLE = timedelta(hours=2), timedelta(days=120)
HOUR, KEEP = timedelta(hours=1), timedelta(days=2)

log = logging.getLogger("regulars.sweep")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be asked: a page of the store's list, or about these offers."""

    since: datetime | None = None
    after: str | None = None
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the store said: a page, or what it has of each offer."""

    page: DiscountPage | None = None
    found: dict[str, StoredDiscount | None] | None = None


def due(db: Connection, shop: Shop, *, now: datetime) -> bool:
    """Whether a round should begin; read without a lock. The first begins an hour after the installation."""
    return shop.installed_at + HOUR <= now and not outbox.known(db, shop.shop_id, _key(shop, now))


def begin(db: Connection, shop: Shop, *, now: datetime, whole: bool = False) -> bool:
    """Begins this hour's round, unless it has begun. ``whole`` looks at all discounts that may be live, at once.

    So does the first round of an installation: an uninstall ends a round, and the calls that were to switch codes off.
    """
    last = outbox.newest(db, shop.shop_id, SWEEP)
    first = last is None or not str(last[1]["round"]).startswith(_rounds(shop))
    since = now - WHOLE if whole or last is None or first else last[0] - OVERLAP
    key = _key(shop, now) + (f"/{now:%M:%S.%f}" if whole else "")
    changed = {"round": key, "part": "changed", "since": since.isoformat(), "after": None, "page": 0}
    slices = MOST_PAGES if whole else _share(db, shop, now)
    in_store = {"round": key, "part": "in_store", "after": _from(db, shop), "page": 0, "pages": slices}
    for kind in (SWEEP, SWEPT, LOOK):
        outbox.forget(db, shop.shop_id, kind, before=now - KEEP)
    both: dict[str, dict[str, Any]] = {key: changed, f"{key}/in_store/0": in_store}
    return key in outbox.put_many(db, shop.shop_id, kind=SWEEP, payloads=both, now=now)


def look_at(db: Connection, shop_id: int, offer_ids: list[str], *, key: str, now: datetime) -> bool:
    """Has the store asked about these offers, because it was heard or seen that something happened to them."""
    payload = {"part": "these", "offers": offer_ids}
    return outbox.put(db, shop_id, key=key, kind=LOOK, payload=payload, now=now)


def heard(db: Connection, shop_id: int, discount_ids: Collection[str], *, now: datetime) -> None:
    """The store told that discounts were changed or deleted: those of ours are asked about at once."""
    ours = rounds.by_refs(db, shop_id, [to_gid("DiscountCodeNode", one) for one in discount_ids])
    calls = {f"look/{one}/{now:%Y-%m-%dT%H:%M}": {"part": "these", "offers": [one]} for one in ours}
    outbox.put_many(db, shop_id, kind=LOOK, payloads=calls, now=now)


def prepare(db: Connection, row: OutboxRow, *, now: datetime) -> Task | None:
    """What to ask; None where the part needs nothing of the store, or is done."""
    payload = row.payload
    match payload["part"]:
        case "changed":
            return Task(since=datetime.fromisoformat(payload["since"]), after=payload["after"])
        case "in_store":
            page = rounds.in_store(db, row.shop_id, now, after=payload["after"], limit=PAGE)
        case "these":
            known = offers.some(db, row.shop_id, payload["offers"])
            page = [offer for offer in known.values() if offer.state == "issued" and offer.store_ref is not None]
        case _:
            page = []
    if page:
        return Task(offers=tuple(page))
    # the third part: a row of its own where an older program began the round
    if outbox.done(db, row, now) and payload["part"] in {"in_store", "doubtful"}:
        _end(db, row, "", now)
    return None


def ask(platform: Platform, task: Task) -> Seen:
    """Reads. Raises PlatformError."""
    if task.since is not None:
        return Seen(page=platform.list_discounts(changed_since=task.since, after=task.after))
    refs = {str(offer.store_ref): offer for offer in task.offers}
    known = platform.find_discounts(list(refs))
    found: dict[str, StoredDiscount | None] = {refs[ref].offer_id: one for ref, one in known.items() if ref in refs}
    for offer in task.offers:
        if offer.offer_id not in found:
            # nothing is concluded from one empty answer: asked again by its name
            found[offer.offer_id] = platform.find_discount(offer.code or "")
    return Seen(found=found)


def conclude(db: Connection, row: OutboxRow, task: Task, seen: Seen, *, now: datetime) -> None:
    """Writes down what differs and what is to be done about it, and goes on with the next page or part."""
    if not outbox.done(db, row, now):
        return
    if seen.page is not None:
        suspects = compare.listed(db, row.shop_id, seen.page.discounts, now=now)
        if suspects:
            look_at(db, row.shop_id, suspects, key=f"{row.key}/look", now=now)
        _go_on(db, row, seen.page.after, now)
    elif seen.found is not None:
        compare.asked_for(db, task.offers, seen.found, now=now)
        if row.payload["part"] == "in_store":
            _go_on(db, row, task.offers[-1].offer_id, now)


def _go_on(db: Connection, row: OutboxRow, after: str | None, now: datetime) -> None:
    payload = dict(row.payload)
    in_store = payload["part"] == "in_store"
    number = int(payload["page"]) + 1
    # a round that an older program began names no share
    if after is not None and number < (int(payload.get("pages", MOST_PAGES)) if in_store else MOST_PAGES):
        payload |= {"after": after, "page": number}
        key = f"{payload['round']}/{payload['part']}/{number}"
        outbox.put(db, row.shop_id, key=key, kind=SWEEP, payload=payload, now=now)
    elif in_store:
        _end(db, row, after or "", now)
    elif after is not None:
        log.warning("more discounts of shop %d were changed than one round goes through", row.shop_id)


def _end(db: Connection, row: OutboxRow, after: str, now: datetime) -> None:
    """Ends a slice: the next one goes on after this offer. What is in doubt for too long is asked for again."""
    outbox.note(db, row.shop_id, key=f"{row.key}/swept", kind=SWEPT, payload={"after": after}, now=now)
    doubt.prove_again(db, row.shop_id, now=now)
    doubt.cancel_again(db, row.shop_id, now=now)


def _from(db: Connection, shop: Shop) -> str:
    """Where the slice of open offers begins: where the last one ended, else at the beginning."""
    last = outbox.newest(db, shop.shop_id, SWEPT)
    return "" if last is None else str(last[1]["after"])


def _share(db: Connection, shop: Shop, now: datetime) -> int:
    """Pages of open offers in one round, so that a day's rounds see them all."""
    return min(max(-(-rounds.count_in_store(db, shop.shop_id, now) // (PAGE * ROUNDS)), 1), MOST_PAGES)


def _key(shop: Shop, now: datetime) -> str:
    return f"{_rounds(shop)}{now:%Y-%m-%dT%H}"


def _rounds(shop: Shop) -> str:
    """How the rounds of one installation begin."""
    return f"sweep/{shop.generation}/"

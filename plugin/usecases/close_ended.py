"""Closes offers whose time is over once the store shows that their codes are off; only then is their money free again.

An hour of silence after the end comes first: an order placed in the last minutes may still be on its way to us.
A round goes through all that have ended, a page at a time, and begins once an hour. What the store still shows as
live, and what it counts as used although no order has told of it, stays open and is asked about again in the next round.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.platforms.protocol import Platform, StoredDiscount
from plugin.usecases import end_on_time, give_back
from plugin.usecases.expire import GRACE, TOO_LATE
from plugin.usecases.spec import is_ours
from storage import offers, outbox, rounds
from storage.offers import Offer
from storage.outbox import OutboxRow
from storage.shops import Shop

CLOSE = "close_ended"
KEEP = timedelta(days=2)
#: offers asked about at once; those of which we have no reference cost a question each
PAGE, SINGLY = 50, 10
#: a use that no order tells of for so long is taken for one that does not count, as on a test order
UNTOLD = timedelta(days=7)
GONE = "the store had it no more when its time was over"
LIVE_STILL = "its time is over, and the store still shows it as live: its end was changed there"
USED_UNTOLD = "the store counts a use, and no order that counts has told of it"

Found = Mapping[str, StoredDiscount | None]


def due(db: Connection, shop: Shop, *, now: datetime) -> bool:
    """Whether a round should begin; read without a lock."""
    return rounds.any_ended_asked(db, shop.shop_id, now - GRACE) and not outbox.known(
        db, shop.shop_id, _key(shop, now, "")
    )


def begin(db: Connection, shop: Shop, *, now: datetime) -> bool:
    """Begins this hour's round, unless it has begun; whether it did."""
    key = _key(shop, now, "")
    outbox.forget(db, shop.shop_id, CLOSE, before=now - KEEP)
    return outbox.put(db, shop.shop_id, key=key, kind=CLOSE, payload={"round": key, "after": ""}, now=now)


def prepare(db: Connection, row: OutboxRow, *, now: datetime) -> list[Offer] | None:
    """The page's offers; None where nothing is left to ask."""
    found = _known_to_be_off(db, row, now)
    singly = 0
    page = []
    for offer in found:
        singly += offer.store_ref is None
        if singly > SINGLY:
            break
        page.append(offer)
    if not page:
        outbox.done(db, row, now)
    return page or None


def _known_to_be_off(db: Connection, row: OutboxRow, now: datetime) -> list[Offer]:
    """The next that have ended; where the store does not end codes at the hour, those that were switched off then."""
    after, found = str(row.payload["after"]), list[Offer]()
    while len(found) < SINGLY and (page := rounds.ended_asked(db, row.shop_id, now - GRACE, after=after, limit=PAGE)):
        after = page[-1].offer_id
        found += end_on_time.ended(db, row.shop_id, page, now=now)
    return found


def ask(platform: Platform, page: Sequence[Offer]) -> Found:
    """What the store has of each offer. Raises PlatformError."""
    refs = {offer.store_ref: offer.offer_id for offer in page if offer.store_ref is not None}
    known = platform.find_discounts(list(refs)) if refs else {}
    found: dict[str, StoredDiscount | None] = {mine: known.get(ref) for ref, mine in refs.items()}
    for offer in page:
        if offer.store_ref is None:
            found[offer.offer_id] = platform.find_discount(offer.code or "")
    return found


def conclude(db: Connection, row: OutboxRow, page: Sequence[Offer], found: Found, *, now: datetime) -> None:
    """Closes what is off, says why the rest stays open, and goes on with the next page."""
    if not outbox.done(db, row, now):
        return
    moves: defaultdict[tuple[str, str, str], list[Offer]] = defaultdict(list)
    for offer in page:
        to, note = _verdict(offer, found[offer.offer_id], now)
        if to is None:
            _say(db, offer, note)
        else:
            moves[offer.state, to, note].append(offer)
    for (frm, to, note), mine in sorted(moves.items(), key=lambda one: one[0]):
        said = {"note": note} if note else {}
        ids = [offer.offer_id for offer in mine]
        moved = offers.advance_many(db, row.shop_id, ids, to=to, frm=[frm], closed_at=now, **said)
        give_back.money(db, row.shop_id, [offer for offer in mine if offer.offer_id in moved], now=now)
    if len(page) < SINGLY:
        # a page is never cut shorter than this while there are more
        return
    after = page[-1].offer_id
    payload = {"round": row.payload["round"], "after": after}
    outbox.put(db, row.shop_id, key=f"{payload['round']}/{after}", kind=CLOSE, payload=payload, now=now)


def _verdict(offer: Offer, found: StoredDiscount | None, now: datetime) -> tuple[str | None, str]:
    """Where the offer goes, None for nowhere, and what is said about it."""
    issued = offer.state == "issued"
    closed = "expired" if issued else "cancelled"
    if found is None or not is_ours(offer, found):
        # one that would land now carries its end with it
        return closed, GONE if issued else TOO_LATE
    if found.live:
        return None, LIVE_STILL
    if found.usage_count and now < offer.ends_at + UNTOLD:
        return None, USED_UNTOLD
    return closed, "" if issued else TOO_LATE


def _say(db: Connection, offer: Offer, note: str) -> None:
    if offer.note != note:
        offers.amend(db, offer.shop_id, offer.offer_id, note=note)


def _key(shop: Shop, now: datetime, after: str) -> str:
    return f"close/{shop.generation}/{now:%Y-%m-%dT%H}{after}"

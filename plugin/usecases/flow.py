"""Starts the store's automations when an offer is issued and when it is about to end: they write the messages.

Starting one twice would write twice, so each is started at most once: where it is not known whether a start arrived,
it is not made again, and stays among the calls that were given up.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from plugin.platforms.in_store import OFFERED_BY, side
from plugin.platforms.protocol import InDoubt, Platform, PlatformError, Refused, Rejected
from plugin.rewards import benefit
from plugin.rewards.stored import from_stored
from plugin.rewards.wording import gives_text
from plugin.usecases import put_off
from storage import customers, notes, offers, outbox, programs, shops
from storage.offers import Offer
from storage.outbox import OutboxRow
from storage.shops import Shop

FLOW = "start_flow"
ISSUED, ENDING = "offer-issued", "offer-ending"
#: before the end of an offer
NOTICE = timedelta(days=3)
#: an offer shorter than this is not announced to end
SHORTEST = timedelta(days=5)
UNKNOWN = "whether it arrived is not known; it is not started again"
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Task:
    """A trigger and what it carries."""

    handle: str
    payload: dict[str, Any]


def wanted(db: Connection, shop_id: int) -> bool:
    """Whether the rules in force ask for it."""
    current = programs.current(db, shop_id)
    return (
        current is not None
        and from_stored(current.body).in_store.flow
        and shops.get(db, shop_id).platform in OFFERED_BY
    )


def issued(db: Connection, shop_id: int, offer_ids: Collection[str], *, now: datetime) -> None:
    """Writes down that automations are to be told of these offers, once each, where the rules ask for it."""
    if offer_ids and wanted(db, shop_id):
        _put(db, shop_id, ISSUED, offer_ids, now)


def ending(db: Connection, shop: Shop, *, now: datetime) -> int:
    """Writes down that automations are to be told of offers about to end, once each; how many are new."""
    found = notes.about_to_end(db, shop.shop_id, now=now, until=now + NOTICE, shortest=SHORTEST, limit=AT_ONCE)
    return _put(db, shop.shop_id, ENDING, found, now) if found else 0


def prepare(db: Connection, row: OutboxRow, *, now: datetime) -> Task | None:
    """What to start; None where the offer is used or over by now, or a start was made whose end nobody knows."""
    offer = offers.get(db, row.shop_id, str(row.payload["offer_id"]))
    if row.attempts > 1:
        # the worker that made it has died, or its lease has run out: it may have arrived
        outbox.give_up(db, row, UNKNOWN, now)
        return None
    barred = offer is not None and customers.left_out(db, row.shop_id, [offer.customer_id])
    if offer is None or offer.state != "issued" or offer.unwanted or offer.ends_at <= now or barred:
        outbox.done(db, row, now)
        return None
    consent = customers.consents(db, row.shop_id, [offer.customer_id]).get(offer.customer_id, "")
    return Task(str(row.payload["handle"]), payload(offer, consent))


def ask(platform: Platform, task: Task) -> None:
    """Starts it. Raises PlatformError."""
    side(platform).start_flow(task.handle, task.payload)


def conclude(db: Connection, row: OutboxRow, _task: Task, answer: PlatformError | None, *, now: datetime) -> None:
    """A start that was surely not made is made again under another key; one in doubt never is."""
    if answer is None:
        outbox.done(db, row, now)
    elif isinstance(answer, InDoubt):
        outbox.give_up(db, row, UNKNOWN, now)
    elif isinstance(answer, Rejected):
        outbox.give_up(db, row, str(answer), now)
    elif isinstance(answer, Refused) and outbox.done(db, row, now):
        turn = int(row.payload["turn"]) + 1
        wait = put_off.BACK_OFF_SECONDS[min(turn, len(put_off.BACK_OFF_SECONDS) - 1)]
        payload = {**row.payload, "turn": turn}
        key = f"{row.key.partition('#')[0]}#{turn}"
        outbox.put(db, row.shop_id, key=key, kind=FLOW, payload=payload, now=now, run_at=now + timedelta(seconds=wait))


def _put(db: Connection, shop_id: int, handle: str, offer_ids: Collection[str], now: datetime) -> int:
    calls = {f"flow/{handle}/{offer_id}": {"offer_id": offer_id, "handle": handle, "turn": 0} for offer_id in offer_ids}
    return len(outbox.put_many(db, shop_id, kind=FLOW, payloads=calls, now=now))


def payload(offer: Offer, consent: str) -> dict[str, Any]:
    """What a start carries: the customer, and texts for the message."""
    gives = benefit.from_plain(offer.benefit)
    return {
        "customer_id": int(offer.customer_id) if offer.customer_id.isdecimal() else offer.customer_id,
        "Kind": offer.kind,
        "Step": offer.step,
        "Code": offer.code or "",
        "Gives": gives_text(gives, offer.currency) if offer.code else "",
        "Ends at": offer.ends_at.isoformat(),
        "E-mail consent": consent,
    }

"""Switches codes off at the hour of their end, where the store itself only knows the day.

The call is written down together with the first question for the code, and comes due at the end. It makes sure that
the code is off whatever became of that question: one that the store does not know has its name taken, so that a
request that is still on its way comes too late. Only then is the offer closed, and its money free.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from plugin.platforms import traits
from plugin.platforms.protocol import StoredDiscount
from plugin.usecases import cancel_offers
from storage import offers, outbox, rounds, shops
from storage.offers import Offer
from storage.outbox import OutboxRow

END = "end_on_time"


def plan(db: Connection, shop_id: int, asked: Sequence[Offer]) -> None:
    """Writes down, for offers whose codes are about to be asked for, that they are to be off at their end."""
    if traits.of(shops.get(db, shop_id).platform).ends_by_the_hour:
        return
    for offer in asked:
        _put(db, offer, offer.ends_at)


def ended(db: Connection, shop_id: int, found: Sequence[Offer], *, now: datetime) -> list[Offer]:
    """Those of these offers, all over, whose codes are known to be off; the others are seen to first."""
    if traits.of(shops.get(db, shop_id).platform).ends_by_the_hour:
        return list(found)
    states = outbox.states(db, shop_id, [_key(offer) for offer in found])
    for offer in found:
        if states.get(_key(offer)) not in {"waiting", "done"}:
            # an uninstall may have ended the call, or an old copy has never had it
            outbox.forget_keys(db, shop_id, [_key(offer)])
            _put(db, offer, now)
    return [offer for offer in found if states.get(_key(offer)) == "done"]


def prepare(db: Connection, row: OutboxRow, *, now: datetime) -> cancel_offers.Task | None:
    """What to ask; None where the offer is used, cancelled or closed by now."""
    offer = offers.get(db, row.shop_id, str(row.payload["offer_id"]))
    if offer is None or offer.state not in rounds.ASKED:
        outbox.done(db, row, now)
        return None
    return cancel_offers.task_for(offer, now=now)


def conclude(db: Connection, row: OutboxRow, _task: cancel_offers.Task, _off: StoredDiscount, *, now: datetime) -> None:
    """The code is off; what becomes of the offer is told by the round that closes."""
    outbox.done(db, row, now)


def _put(db: Connection, offer: Offer, run_at: datetime) -> None:
    payload = {"offer_id": offer.offer_id}
    outbox.put(db, offer.shop_id, key=_key(offer), kind=END, payload=payload, now=run_at, run_at=run_at)


def _key(offer: Offer) -> str:
    return f"end/{offer.offer_id}"

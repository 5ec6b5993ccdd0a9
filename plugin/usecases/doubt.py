"""Offers that wait for the store too long: the call is made again where it was lost, and the alarm is raised.

Those that wait to be cancelled among them.

A call may be lost with an uninstall, which ends all calls, and with an old copy that is put back.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.usecases.cancel_offers import CANCEL
from plugin.usecases.make_offers import ISSUE
from storage import offers, outbox, rounds

LONG, ALARM = timedelta(minutes=15), timedelta(days=1)
AT_ONCE = 500
TOO_LONG = "for more than a day nobody knows whether the store has this code"

log = logging.getLogger("regulars.sweep")


def cancel_again(db: Connection, shop_id: int, *, now: datetime) -> int:
    """Has the store asked again to switch off codes whose call was lost; how many. One that was answered is over."""
    after, count = "", 0
    while found := rounds.unwanted(db, shop_id, after=after, limit=AT_ONCE):
        after = found[-1].offer_id
        known = outbox.states(db, shop_id, [f"cancel/{offer.offer_id}" for offer in found])
        ended = [offer.offer_id for offer in found if known.get(f"cancel/{offer.offer_id}", "given_up") == "given_up"]
        again = {f"cancel/{offer_id}": {"offer_id": offer_id} for offer_id in ended}
        outbox.forget_keys(db, shop_id, again)
        count += len(outbox.put_many(db, shop_id, kind=CANCEL, payloads=again, now=now))
    return count


def prove_again(db: Connection, shop_id: int, *, now: datetime) -> int:
    """Has the store asked again about offers in doubt whose call does not wait any more; how many those are."""
    after, count = "", 0
    while found := rounds.doubtful(db, shop_id, now - LONG, after=after, limit=AT_ONCE):
        after = found[-1].offer_id
        calls = {f"{word}/{offer.offer_id}" for offer in found for word in ("issue", "prove", "cancel")}
        waiting = {
            key.partition("/")[2] for key, state in outbox.states(db, shop_id, calls).items() if state == "waiting"
        }
        lost = [offer for offer in found if offer.offer_id not in waiting]
        again = {f"prove/{offer.offer_id}": {"offer_id": offer.offer_id} for offer in lost}
        # a key may be taken by an earlier call that came to nothing
        outbox.forget_keys(db, shop_id, again)
        outbox.put_many(db, shop_id, kind=ISSUE, payloads=again, now=now)
        for offer in found:
            if offer.sending_at is not None and offer.sending_at < now - ALARM and offer.note != TOO_LONG:
                log.warning("offer %s of shop %d is in doubt for more than a day", offer.offer_id, shop_id)
                offers.amend(db, shop_id, offer.offer_id, note=TOO_LONG)
        count += len(lost)
    return count

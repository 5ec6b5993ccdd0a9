"""Cancels offers that are not used yet: one, those of a version of the rules, those of a kind.

What was never sent ends here. What the store may have is marked as unwanted, and the store is asked to switch its code
off; the offer is cancelled, and its money free, when the store shows the code off. A code that the store does not know
may still land from a request on its way; so its name is taken first, by a discount that is over already: what lands
after that finds the name taken. Nothing is ever deleted, which would free the name, nor switched on again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.platforms.protocol import DiscountSpec, InDoubt, Platform, Rejected, StoredDiscount, Taken
from plugin.usecases import give_back
from plugin.usecases.spec import end_code, is_ours, is_pool, spec_of
from storage import offers, outbox, rounds
from storage.offers import Offer
from storage.outbox import OutboxRow

CANCEL = "cancel_offer"
AT_ONCE = 500
DAY = timedelta(days=1)
USED = "it was used before it could be cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An offer whose code is to be off in the store."""

    offer: Offer
    spec: DiscountSpec
    #: the tombstone's period, over already
    over_from: datetime


def cancel_offer(db: Connection, shop_id: int, offer_id: str, *, why: str, now: datetime) -> bool:
    """Cancels one offer; False where it is not open (any more). ``why`` is shown beside it."""
    offer = offers.get(db, shop_id, offer_id)
    return offer is not None and bool(_cancel(db, shop_id, [offer], why, now))


def cancel_offers(
    db: Connection, shop_id: int, *, version: int | None = None, kind: str | None = None, why: str, now: datetime
) -> int:
    """Cancels the open offers that a version of the rules made, or those of a kind, or all; how many there were."""
    count, after = 0, ""
    while found := rounds.open_offers(db, shop_id, version=version, kind=kind, after=after, limit=AT_ONCE):
        count += _cancel(db, shop_id, found, why, now)
        after = found[-1].offer_id
    return count


def prepare(db: Connection, row: OutboxRow, *, now: datetime) -> Task | None:
    """What to ask; None where the offer is used, over or cancelled by now."""
    offer = offers.get(db, row.shop_id, str(row.payload["offer_id"]))
    if offer is None or offer.state not in rounds.ASKED:
        outbox.done(db, row, now)
        return None
    return task_for(offer, now=now)


def task_for(offer: Offer, *, now: datetime) -> Task:
    """What is asked so that an offer's code is off and stays so."""
    return Task(offer=offer, spec=spec_of(offer), over_from=now - 2 * DAY)


def ask(platform: Platform, task: Task) -> StoredDiscount:
    """Makes sure that the code is off and will stay so; the discount as it is then. Raises PlatformError."""
    found = platform.find_discount(task.spec.code)
    if found is not None and is_pool(found) and found.live and is_ours(task.offer, found):
        end_code(platform, found, task.spec.code)
        found = platform.find_discount(task.spec.code)
        if found is not None and is_pool(found):
            raise InDoubt("the store has not taken the code out yet")
    if found is None:
        _take_the_name(platform, task)
        found = platform.find_discount(task.spec.code)
    if found is None:
        raise InDoubt("the store does not show the code yet")
    # another's discount with our code: ours cannot land any more
    if found.live and is_ours(task.offer, found):
        platform.deactivate_discount(found.ref)
    return replace(found, live=False)


def conclude(db: Connection, row: OutboxRow, task: Task, off: StoredDiscount, *, now: datetime) -> None:
    """The code is off: the offer is cancelled and its money free, unless the store counts a use of it."""
    if not outbox.done(db, row, now):
        return
    offer = task.offer
    if off.usage_count and is_ours(offer, off) and not is_pool(off):
        if offer.state == "sending":
            offers.advance(
                db,
                row.shop_id,
                offer.offer_id,
                to="issued",
                frm=["sending"],
                store_ref=off.ref,
                issued_at=now,
                note=USED,
            )
        else:
            offers.amend(db, row.shop_id, offer.offer_id, note=USED)
        return
    if offers.advance(
        db, row.shop_id, offer.offer_id, to="cancelled", frm=list(rounds.ASKED), store_ref=off.ref, closed_at=now
    ):
        give_back.money(db, row.shop_id, [offer], now=now)


def _cancel(db: Connection, shop_id: int, found: Sequence[Offer], why: str, now: datetime) -> int:
    unasked = [one for one in found if one.state == "planned" or (one.state == "issued" and one.code is None)]
    ids = [one.offer_id for one in unasked]
    moved = offers.advance_many(
        db, shop_id, ids, to="cancelled", frm=["planned", "issued"], closed_at=now, unwanted=True, note=why
    )
    give_back.money(db, shop_id, [one for one in unasked if one.offer_id in moved], now=now)
    asked = [one.offer_id for one in found if one.state in rounds.ASKED and one.code is not None]
    if asked:
        rounds.unwant(db, shop_id, asked, note=why)
        calls = {f"cancel/{offer_id}": {"offer_id": offer_id} for offer_id in asked}
        # an uninstall may have ended an earlier one
        outbox.forget_keys(db, shop_id, calls)
        outbox.put_many(db, shop_id, kind=CANCEL, payloads=calls, now=now)
    return len(moved) + len(asked)


def _take_the_name(platform: Platform, task: Task) -> None:
    try:
        platform.create_discount(
            replace(
                task.spec, tag=task.offer.offer_id, pool=False, starts_at=task.over_from, ends_at=task.over_from + DAY
            )
        )
    except Taken:
        return
    except Rejected:
        # a store that makes no discount of yesterday: as it was meant, to be switched off at once
        platform.create_discount(task.spec)

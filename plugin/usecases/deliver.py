"""Brings one offer's code into the store, exactly once, whatever is lost on the way.

Three steps, each its own transaction or none: ``prepare`` writes down that the store is about to be asked,
``ask`` asks it (no transaction is open), ``conclude`` writes down what came of it. A crash anywhere between them is
healed by doing all three again: the code is derived, so the store itself says whether it exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.platforms.protocol import (
    DiscountSpec,
    InDoubt,
    NotSent,
    Platform,
    PlatformError,
    Rejected,
    ShopUnavailable,
    StoredDiscount,
    Taken,
    Throttled,
    Unauthorized,
)  # fmt: skip
from storage import budgets, offers, orders, outbox, shops
from storage.offers import Offer
from storage.outbox import OutboxRow

#: waits after the first, second, … attempt that told nothing, in seconds; the last one repeats
BACK_OFF_SECONDS = (2, 5, 15, 60, 300, 900)
OPEN_STATES = ("planned", "sending")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be asked of the store for one offer."""

    offer: Offer
    #: the store has been asked before, and the answer was lost or never came
    asked_before: bool
    spec: DiscountSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the store said: the discount it has now, or the error that came instead."""

    found: StoredDiscount | None = None
    error: PlatformError | None = None


def prepare(db: Connection, row: OutboxRow, *, now: datetime) -> Task | None:
    """Moves the offer to ``sending`` before the wire; None where nothing is left to ask."""
    offer = offers.get(db, row.shop_id, str(row.payload["offer_id"]))
    if offer is None or offer.state not in OPEN_STATES:
        outbox.done(db, row, now)
        return None
    if offer.state == "planned" and (offer.unwanted or offer.ends_at <= now or _came_back(db, offer)):
        _call_off(db, offer, row, now)
        return None
    if offer.state == "planned":
        offers.advance(db, row.shop_id, offer.offer_id, to="sending", frm=["planned"], sending_at=now)
    return Task(offer=offer, asked_before=offer.state == "sending", spec=spec_of(offer))


def ask(platform: Platform, task: Task) -> Answer:
    """Creates the code, or adopts the one that an earlier attempt has left behind."""
    try:
        if task.asked_before and (found := platform.find_discount(task.spec.code)):
            return Answer(found=found)
        return Answer(found=platform.create_discount(task.spec))
    except Taken as taken:
        return _look_up(platform, task, taken)
    except PlatformError as error:
        return Answer(error=error)


def conclude(db: Connection, row: OutboxRow, task: Task, answer: Answer, *, now: datetime) -> None:
    """Writes down what came of it; a worker whose lease has passed to another writes nothing."""
    if answer.found is not None:
        _settle(db, row, task, answer.found, now)
    elif answer.error is not None:
        _fail(db, row, task, answer.error, now)


def spec_of(offer: Offer) -> DiscountSpec:
    """The discount that an offer asks for."""
    return DiscountSpec(
        code=offer.code or "",
        title=f"Regulars {offer.kind.replace('_', '-')} {offer.code}",
        tag=offer.offer_id,
        customer_id=offer.customer_id,
        percent=int(offer.benefit["value"]),
        minimum=int(offer.benefit["minimum"]),
        currency=offer.currency,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
    )


def _came_back(db: Connection, offer: Offer) -> bool:
    """Has the customer ordered since this win-back was planned? Asked in the transaction that is about to send it."""
    if offer.kind != "win_back":
        return False
    newest = orders.latest(db, offer.shop_id, [offer.customer_id]).get(offer.customer_id)
    return offer.cycle != f"silence:{newest}"


def _look_up(platform: Platform, task: Task, taken: Taken) -> Answer:
    try:
        found = platform.find_discount(task.spec.code)
    except PlatformError as error:
        return Answer(error=error)
    # taken but not to be found: the store's reading lags behind its writing
    return Answer(found=found) if found else Answer(error=InDoubt(str(taken)))


def _settle(db: Connection, row: OutboxRow, task: Task, found: StoredDiscount, now: datetime) -> None:
    offer = task.offer
    if not outbox.done(db, row, now):
        return
    if offer.offer_id not in found.tags:
        _reject(db, offer, "another discount of the store has this code", now)
        return
    if not found.live:
        # somebody switched it off: the merchant in the store's admin, or a cancellation of ours
        moved = offers.advance(
            db, row.shop_id, offer.offer_id, to="cancelled", frm=["sending"], store_ref=found.ref, closed_at=now
        )
        _release(db, offer, really=moved)
        return
    offers.advance(db, row.shop_id, offer.offer_id, to="issued", frm=["sending"], store_ref=found.ref, issued_at=now)


def _fail(db: Connection, row: OutboxRow, task: Task, error: PlatformError, now: datetime) -> None:
    match error:
        case Rejected():
            if outbox.done(db, row, now):
                _reject(db, task.offer, f"{error.code}: {error}", now)
        case Throttled():
            outbox.retry(db, row, run_at=now + timedelta(seconds=error.retry_after_seconds), reason="throttled")
        case Unauthorized() | ShopUnavailable():
            outbox.retry(db, row, run_at=now + timedelta(seconds=BACK_OFF_SECONDS[-1]), reason=str(error))
            shops.pause(db, row.shop_id, str(error))
        case _:
            wait = BACK_OFF_SECONDS[min(row.attempts, len(BACK_OFF_SECONDS) - 1)]
            word = "could not be reached" if isinstance(error, NotSent) else "in doubt"
            outbox.retry(db, row, run_at=now + timedelta(seconds=wait), reason=f"{word}: {error}")


def _call_off(db: Connection, offer: Offer, row: OutboxRow, now: datetime) -> None:
    if not outbox.done(db, row, now):
        return
    moved = offers.advance(
        db,
        row.shop_id,
        offer.offer_id,
        to="cancelled",
        frm=["planned"],
        closed_at=now,
        note="called off before it was sent",
    )
    _release(db, offer, really=moved)


def _reject(db: Connection, offer: Offer, why: str, now: datetime) -> None:
    moved = offers.advance(db, offer.shop_id, offer.offer_id, to="rejected", frm=["sending"], closed_at=now, note=why)
    _release(db, offer, really=moved)


def _release(db: Connection, offer: Offer, *, really: bool) -> None:
    if really and offer.budget_month is not None and offer.reserved_minor:
        budgets.release(db, offer.shop_id, month=offer.budget_month, amount=offer.reserved_minor)

"""Brings one offer's code into the store, exactly once, whatever is lost on the way.

Three steps, each its own transaction or none: ``prepare`` writes down that the store is about to be asked,
``ask`` asks it (no transaction is open), ``conclude`` writes down what came of it. A crash anywhere between them is
healed by doing all three again: the code is derived, so the store itself says whether it exists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.platforms.protocol import (
    DiscountSpec,
    InDoubt,
    Platform,
    PlatformError,
    Rejected,
    StoredDiscount,
    Taken,
)  # fmt: skip
from plugin.usecases import ask_tags, cancel_offers, end_on_time, flow, give_back, put_off, still_stands
from plugin.usecases.spec import is_ours, spec_of
from storage import offers, outbox, shops
from storage.offers import Offer
from storage.outbox import OutboxRow

OPEN_STATES = ("planned", "sending")
#: a store that was asked so long ago, perhaps got it, and says no since: the offer is called off
REFUSED_FOR = timedelta(days=1)


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
    return prepare_many(db, [row], now=now)[0]


def prepare_many(db: Connection, rows: Sequence[OutboxRow], *, now: datetime) -> list[Task | None]:
    """``prepare`` for each of many calls of any shops, in their order, with a few statements for each shop."""
    tasks: dict[int, Task] = {}
    for shop_id in sorted({row.shop_id for row in rows}):
        mine = [row for row in rows if row.shop_id == shop_id]
        tasks |= _prepare(db, shop_id, mine, now)
    return [tasks.get(row.outbox_row) for row in rows]


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
    conclude_many(db, [(row, task, answer)], now=now)


def conclude_many(db: Connection, told: Sequence[tuple[OutboxRow, Task, Answer]], *, now: datetime) -> None:
    """``conclude`` for many calls of any shops; what went well is written together."""
    good = [(row, task, answer.found) for row, task, answer in told if answer.found and _is_ours(task, answer.found)]
    settled = outbox.done_many(db, [row for row, _, _ in good], now)
    issued: defaultdict[int, dict[str, str | None]] = defaultdict(dict)
    for row, task, found in good:
        if row.outbox_row in settled:
            # one of many in a discount is only known by its name
            issued[row.shop_id][task.offer.offer_id] = None if task.spec.pool else found.ref
    for shop_id in sorted(issued):
        offers.issue_many(db, shop_id, issued[shop_id], now=now)
        flow.issued(db, shop_id, issued[shop_id], now=now)
    for row, task, answer in told:
        if answer.found is None and answer.error is not None:
            _fail(db, row, task, answer.error, now)
        elif answer.found is not None and not _is_ours(task, answer.found):
            _withdraw(db, row, task, answer.found, now)


def _prepare(db: Connection, shop_id: int, rows: Sequence[OutboxRow], now: datetime) -> dict[int, Task]:
    known = offers.some(db, shop_id, [str(row.payload["offer_id"]) for row in rows])
    pairs = [(row, known.get(str(row.payload["offer_id"]))) for row in rows]
    outbox.done_many(db, [row for row, offer in pairs if offer is None or offer.state not in OPEN_STATES], now)
    to_ask = [(row, offer) for row, offer in pairs if offer is not None and offer.state in OPEN_STATES]
    against = still_stands.objections(db, shop_id, [offer for _, offer in to_ask if offer.state == "planned"], now=now)
    unread = still_stands.unread(db, shop_id, [offer for _, offer in to_ask if offer.state == "planned"])
    ask_tags.of_customers(db, shop_id, unread, now=now)
    # amounts are asked for in the store's currency of the day
    currency = shops.get(db, shop_id).currency if any(offer.state == "sending" for _, offer in to_ask) else ""
    tasks: dict[int, Task] = {}
    for row, offer in to_ask:
        if offer.state == "planned" and offer.offer_id in against:
            _call_off(db, offer, row, against[offer.offer_id], now)
        elif offer.state == "planned" and offer.customer_id in unread:
            put_off.later(db, row, "the customer's tags are being read", now=now)
        elif offer.state == "sending" and (offer.unwanted or offer.currency != currency):
            # asked for once, and cancelled since: from now on only the cancelling asks
            if outbox.done(db, row, now):
                why = offer.note or "" if offer.unwanted else still_stands.OTHER_CURRENCY
                cancel_offers.cancel_offer(db, shop_id, offer.offer_id, why=why, now=now)
        else:
            tasks[row.outbox_row] = Task(offer=offer, asked_before=offer.state == "sending", spec=spec_of(offer))
    fresh = [task.offer.offer_id for task in tasks.values() if not task.asked_before]
    moved = offers.advance_many(db, shop_id, fresh, to="sending", frm=["planned"], sending_at=now) if fresh else set()
    fresh_ones = [task.offer for task in tasks.values() if task.offer.offer_id in moved]
    end_on_time.plan(db, shop_id, fresh_ones)
    # one that was called off since it was read is not asked for; its call ends when the lease does
    return {row: task for row, task in tasks.items() if task.asked_before or task.offer.offer_id in moved}


def _is_ours(task: Task, found: StoredDiscount) -> bool:
    return found.live and is_ours(task.offer, found)


def _look_up(platform: Platform, task: Task, taken: Taken) -> Answer:
    try:
        found = platform.find_discount(task.spec.code)
    except PlatformError as error:
        return Answer(error=error)
    # taken but not to be found: the store's reading lags behind its writing
    return Answer(found=found) if found else Answer(error=InDoubt(str(taken)))


def _withdraw(db: Connection, row: OutboxRow, task: Task, found: StoredDiscount, now: datetime) -> None:
    offer = task.offer
    if not outbox.done(db, row, now):
        return
    if not is_ours(offer, found):
        _reject(db, offer, "another discount of the store has this code", now)
        return
    if found.usage_count:
        # it was live, and somebody has used it: their order is proof, or the next round of closing tells
        offers.issue_many(db, row.shop_id, {offer.offer_id: found.ref}, now=now)
        return
    # somebody switched it off: the merchant in the store's admin, or a cancellation of ours
    moved = offers.advance(
        db, row.shop_id, offer.offer_id, to="cancelled", frm=["sending"], store_ref=found.ref, closed_at=now
    )
    give_back.money(db, row.shop_id, [offer] if moved else [], now=now)


def _fail(db: Connection, row: OutboxRow, task: Task, error: PlatformError, now: datetime) -> None:
    # a no to a second question says nothing of the first: that one may have landed, or may yet
    if isinstance(error, Rejected) and not task.asked_before:
        if outbox.done(db, row, now):
            _reject(db, task.offer, f"{error.code}: {error}", now)
    elif isinstance(error, Rejected) and _asked_long_ago(task.offer, now):
        # it says no all day, as where a merchant switched off the rule that it hangs on: cancelling finds out about the first
        if outbox.done(db, row, now):
            cancel_offers.cancel_offer(db, row.shop_id, task.offer.offer_id, why=f"{error.code}: {error}", now=now)
    else:
        put_off.call(db, row, error, now=now)


def _asked_long_ago(offer: Offer, now: datetime) -> bool:
    return offer.sending_at is not None and now - offer.sending_at >= REFUSED_FOR


def _call_off(db: Connection, offer: Offer, row: OutboxRow, why: str, now: datetime) -> None:
    if not outbox.done(db, row, now):
        return
    note = f"called off before it was sent: {why}"
    moved = offers.advance(db, row.shop_id, offer.offer_id, to="cancelled", frm=["planned"], closed_at=now, note=note)
    give_back.money(db, row.shop_id, [offer] if moved else [], now=now)


def _reject(db: Connection, offer: Offer, why: str, now: datetime) -> None:
    moved = offers.advance(db, offer.shop_id, offer.offer_id, to="rejected", frm=["sending"], closed_at=now, note=why)
    give_back.money(db, offer.shop_id, [offer] if moved else [], now=now)

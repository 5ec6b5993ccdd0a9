"""Real purchases as a store tells of them: many small histories, each heard straight, shuffled, doubled, and with losses.

Between the purchases customers take other names, agree to e-mails and leave them, and two accounts become one; orders
are refunded, cancelled and edited.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from plugin.sandbox import diary, history, lifecycle
from plugin.sandbox.deliveries import Outgoing
from plugin.sandbox.history import Purchase
from storage.inbox import Delivery
from tests.campaigns.town import Town

CUSTOMERS_PER_HISTORY = 8
ENDS_ON = date(2026, 11, 1)
#: the numbers of the customers who never buy: so many for each history
FIRST_STRANGER, STRANGERS = 8_000_000_000_000_000, 1_000
#: of a hundred orders so many are refunded in part, in full, cancelled, refunded twice
PARTLY, FULLY, CANCELLED, TWICE = 8, 5, 5, 3
#: of a hundred orders so many cost something else afterwards; no other fate befalls those: one telling for each instant
EDITED = 5
#: after so many of a hundred purchases a customer takes another name, agrees or disagrees, or becomes one with another
RENAMED, ASKED, MERGED = 5, 10, 4
#: people who never buy, and leave: after so many of a hundred purchases
LEFT = 2
#: of a hundred deliveries so many come twice under one id, under another id, never
AGAIN, ANEW, LOST = 25, 15, 35
#: what can be read again from a store once it was lost
READABLE = ("orders/", "refunds/")


@dataclass
class History:
    """What some customers of the store did, as it was told."""

    told: list[Outgoing] = field(default_factory=list)

    def heard(self, way: str, rng: random.Random) -> list[Outgoing]:
        """The deliveries as they arrive on one of the WAYS."""
        return WAYS[way](self.told, rng)


def lived(town: Town, customers: int, *, first: int = 0) -> list[History]:
    """The purchases of so many customers, from the ``first`` on, in groups; the store has lived through them afterwards."""
    streets: dict[int, Street] = {}
    for one in history.purchases(ends_on=ENDS_ON, zone="UTC"):
        if first <= one.customer_number < first + customers:
            number = one.customer_number // CUSTOMERS_PER_HISTORY
            streets.setdefault(number, Street(town, FIRST_STRANGER + number * STRANGERS)).live(one)
    street_of = {about: street for street in streets.values() for about in street.known}
    for told in town.outgoing():
        street_of[_about(told)].history.told.append(told)
    return [street.history for street in streets.values()]


def delivery(shop_id: int, one: Outgoing, *, place: int, now: datetime) -> Delivery:
    """A delivery to a shop; one that comes again under another id has a place of its own."""
    return Delivery(
        shop_id=shop_id, delivery_id=f"{one.number}-{place}", topic=one.topic, event_id=one.event_id,
        triggered_at=datetime.fromisoformat(one.triggered_at), received_at=now, body=one.body,
    )  # fmt: skip


def orders_in(told: Iterable[Outgoing]) -> set[int]:
    """The orders that these deliveries are about."""
    return {_about(one) for one in told if one.topic.startswith(READABLE)}


def interleaved(lines: Sequence[tuple[int, list[Outgoing]]], rng: random.Random) -> Iterator[tuple[int, Outgoing, int]]:
    """The deliveries of many shops as they come in at one door: each shop's in its order; with a place for each id."""
    waiting = [(shop_id, iter(told)) for shop_id, told in lines]
    seen: dict[tuple[int, int], int] = {}
    while waiting:
        number = rng.randrange(len(waiting))
        shop_id, line = waiting[number]
        one = next(line, None)
        if one is None:
            waiting.pop(number)
            continue
        times = seen[shop_id, one.number] = seen.get((shop_id, one.number), -1) + 1
        # of those that come again some have an id of their own
        yield shop_id, one, times if times and rng.randrange(AGAIN + ANEW) < ANEW else 0


class Street:
    """Some customers of the store, among whom two may turn out to be one."""

    def __init__(self, town: Town, first_stranger: int) -> None:
        self.history = History()
        #: the orders and customers that deliveries may be about
        self.known: set[int] = set()
        self._town, self._stranger = town, first_stranger
        self._accounts: list[int] = []
        self._became: dict[int, int] = {}

    def live(self, one: Purchase) -> None:
        """Somebody buys, and things happen afterwards."""
        who = history.customer_id(one.customer_number)
        while who in self._became:
            who = self._became[who]
        if who not in self._accounts:
            diary.know(self._town.store, who, history.customer_name(one.customer_number), one.at)
            self._accounts.append(who)
        order = self._town.store.checkout(customer_id=who, total=one.total, at=one.at).order_id
        self.known |= {who, order}
        self._befalls(order, one.total)
        self._changes(who, one)

    def _befalls(self, order: int, total: str) -> None:
        store, fate, worth = self._town.store, self._town.rng.randrange(100), float(total) > 2
        if fate < CANCELLED:
            store.cancel(order, refund=worth)
        elif not worth:
            return
        elif (fate := fate - CANCELLED) < FULLY:
            store.refund(order, total)
        elif (fate := fate - FULLY) < PARTLY + TWICE:
            store.refund(order, "1.00")
            if fate >= PARTLY:
                store.refund(order, "0.50")
        elif fate - PARTLY - TWICE < EDITED:
            lifecycle.edit_order(store, order, price="1.25")

    def _changes(self, who: int, one: Purchase) -> None:
        store, rng = self._town.store, self._town.rng
        if rng.randrange(100) < RENAMED:
            lifecycle.rename_customer(store, who, f"Grace {one.units}")
        if rng.randrange(100) < ASKED:
            lifecycle.agree(store, who, rng.choice(("subscribed", "unsubscribed", "pending")))
        if rng.randrange(100) < LEFT:
            self._stranger += 1
            self.known.add(self._stranger)
            diary.know(store, self._stranger, "Only Passing", one.at)
            lifecycle.delete_customer(store, self._stranger)
        if rng.randrange(100) < MERGED and len(self._accounts) > 1:
            kept, gone = rng.sample(self._accounts, 2)
            lifecycle.merge_customers(store, kept=kept, deleted=gone)
            self._accounts.remove(gone)
            self._became[gone] = kept


def _about(told: Outgoing) -> int:
    """The order that a delivery is about, or the customer."""
    body = json.loads(told.body)
    if told.topic == "orders/edited":
        return int(body["order_edit"]["order_id"])
    if told.topic == "customers/merge":
        return int(body["admin_graphql_api_customer_kept_id"].rpartition("/")[2])
    names = {"refunds/create": "order_id", "customers_email_marketing_consent/update": "customer_id"}
    return int(body[names.get(told.topic, "id")])


def _shuffled(told: Sequence[Outgoing], rng: random.Random) -> list[Outgoing]:
    return rng.sample(told, len(told))


def _doubled(told: Sequence[Outgoing], rng: random.Random) -> list[Outgoing]:
    again = [one for one in told if rng.randrange(100) < AGAIN + ANEW]
    return _shuffled([*told, *again], rng)


def _with_losses(told: Sequence[Outgoing], rng: random.Random) -> list[Outgoing]:
    left = [one for one in told if not (one.topic.startswith(READABLE) and rng.randrange(100) < LOST)]
    return _doubled(left, rng)


WAYS = {"straight": lambda told, _rng: list(told), "shuffled": _shuffled, "doubled": _doubled, "lost": _with_losses}


def waves(histories: Sequence[History], size: int) -> Iterator[Sequence[History]]:
    """Some histories at a time."""
    for start in range(0, len(histories), size):
        yield histories[start : start + size]

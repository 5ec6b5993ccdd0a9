"""Real purchases as a store tells of them: many small histories, each heard straight, shuffled, doubled, and with losses."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from plugin.sandbox import diary, history
from plugin.sandbox.deliveries import Outgoing
from plugin.sandbox.history import Purchase
from storage.inbox import Delivery
from tests.campaigns.town import Town

CUSTOMERS_PER_HISTORY = 8
ENDS_ON = date(2026, 11, 1)
#: of a hundred orders so many are refunded in part, in full, cancelled, refunded twice
PARTLY, FULLY, CANCELLED, TWICE = 8, 5, 5, 3
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
    bought = [
        one
        for one in history.purchases(ends_on=ENDS_ON, zone="UTC")
        if first <= one.customer_number < first + customers
    ]
    group_of: dict[int, int] = {}
    for one in bought:
        order = _buys(town, one)
        group_of[order] = group_of[history.customer_id(one.customer_number)] = (
            one.customer_number // CUSTOMERS_PER_HISTORY
        )
    groups: defaultdict[int, History] = defaultdict(History)
    for told in town.outgoing():
        groups[group_of[_about(told)]].told.append(told)
    return list(groups.values())


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


def _buys(town: Town, one: Purchase) -> int:
    who = history.customer_id(one.customer_number)
    diary.know(town.store, who, history.customer_name(one.customer_number), one.at)
    order = town.store.checkout(customer_id=who, total=one.total, at=one.at).order_id
    fate, worth = town.rng.randrange(100), float(one.total) > 2
    if fate < CANCELLED:
        town.store.cancel(order, refund=worth)
    elif fate < CANCELLED + FULLY and worth:
        town.store.refund(order, one.total)
    elif fate < CANCELLED + FULLY + PARTLY + TWICE and worth:
        town.store.refund(order, "1.00")
        if fate >= CANCELLED + FULLY + PARTLY:
            town.store.refund(order, "0.50")
    return order


def _about(told: Outgoing) -> int:
    """The order that a delivery is about, or the customer."""
    body = json.loads(told.body)
    return int(body["order_id"] if told.topic.startswith("refunds/") else body["id"])


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

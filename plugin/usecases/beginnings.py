"""How each customer began: with a discount or not, on which channel, from which country; and how they bought since."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from plugin.signals.arrays import Bools, Ints
from plugin.signals.history import PurchaseHistory
from storage.reports import Basket

MICROS = 1_000_000
#: names that are told apart of one trait; the rest is one
MOST = 8
OTHER = "other"
DISCOUNT = ("full price", "discounted")
#: how many of a customer's orders had a discount
SHARES = ("no order", "up to half", "more than half")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """A name for each code, and one code per customer of the history; -1: not known."""

    names: tuple[str, ...]
    code: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginnings:
    """All that is told of a history's customers by their orders' circumstances."""

    #: of each order: when it was placed (seconds UTC), and whether with a discount
    at: Ints
    discounted: Bools
    #: of the first order
    discount: Trait
    channel: Trait
    country: Trait
    #: of all orders, see ``SHARES``
    discount_share: Trait


def read(found: Iterable[Basket], history: PurchaseHistory) -> Beginnings:
    """From the orders of the history's customers, by customer and time."""
    places = {customer_id: place for place, customer_id in enumerate(history.customer_ids)}
    first: dict[int, Basket] = {}
    who, when, had = array("q"), array("q"), array("b")
    for basket in found:
        place = places.get(basket.customer_id)
        if place is None:
            continue
        first.setdefault(place, basket)
        who.append(place)
        when.append(basket.at_micros // MICROS)
        had.append(basket.discounted)
    discounted, size = np.array(had, np.int8).astype(np.bool_), len(places)
    begun = np.full(size, -1)
    begun[list(first)] = [one.discounted for one in first.values()]
    return Beginnings(
        at=np.array(when, np.int64), discounted=discounted, discount=Trait(names=DISCOUNT, code=begun),
        channel=_named({place: one.channel for place, one in first.items()}, size),
        country=_named({place: one.country for place, one in first.items()}, size),
        discount_share=_share(np.array(who, np.int64), discounted, size),
    )  # fmt: skip


def _named(words: dict[int, str | None], size: int) -> Trait:
    """The most frequent words by name, ties by the alphabet; the rest as one."""
    counts = Counter(word for word in words.values() if word is not None)
    told = sorted(counts, key=lambda word: (-counts[word], word))[:MOST]
    codes = {word: code for code, word in enumerate(told)}
    code = np.full(size, -1)
    for place, word in words.items():
        if word is not None:
            code[place] = codes.get(word, len(told))
    return Trait(names=(*told, OTHER), code=code)


def _share(who: Ints, discounted: Bools, size: int) -> Trait:
    orders = np.bincount(who, minlength=size)
    share = np.bincount(who[discounted], minlength=size) / np.maximum(orders, 1)
    code = np.where(orders == 0, -1, (share > 0).astype(np.int64) + (share > 0.5))
    return Trait(names=SHARES, code=code)

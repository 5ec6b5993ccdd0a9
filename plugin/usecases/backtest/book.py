"""The offers of one replay and their money: made, used, closed."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from plugin.rewards.decision import PastOffer
from plugin.rewards.program import Program
from plugin.rewards.win_back import KIND as WIN_BACK
from plugin.usecases.backtest.looks import NEVER, Looks
from plugin.usecases.backtest.made import Key, Made, gives, taken_off
from plugin.usecases.backtest.past import Past
from plugin.usecases.backtest.purse import Purse
from plugin.usecases.backtest.turns import Turns
from plugin.usecases.purses import cap_of

SECOND = 1_000_000
#: an offer that ended is closed an hour later, when the store shows its code as off
GRACE = 3_600 * SECOND
#: offers closed in one round of the worker
BATCH = 200


class Book:
    """``made``: every offer, earlier ones first. Instants are microseconds since 1970."""

    def __init__(self, past: Past, looks: Looks, *, real_fates: bool) -> None:
        self._past, self._looks, self._real_fates = past, looks, real_fates
        self.turns = Turns(past.timezone)
        self.purse = Purse(past.scale)
        self.made: list[Made] = []
        #: of each customer
        self.offers: list[list[Made]] = [[] for _ in past.customers]
        self._place = {who: place for place, who in enumerate(past.customers)}
        self._by_key: dict[Key, Made] = {}
        self._uses: dict[str, list[tuple[Made, int]]] = {}
        self._closing: list[tuple[int, int, int]] = []

    def seen(self, place: int) -> list[PastOffer]:
        """A customer's offers as decisions see them."""
        return [one.as_past() for one in self.offers[place]]

    def know(self, one: Made) -> int:
        """An offer was made; the position of its customer."""
        place = self._place[one.customer_id]
        self.made.append(one)
        self._by_key[one.key] = one
        fate = self._past.fates.get(one.key) if self._real_fates else None
        if fate is not None and (fate.gives, fate.held_out) == (gives(one.spec.benefit), one.held_out):
            one.fate = fate
            for order_id, discount in fate.uses.items():
                self._uses.setdefault(order_id, []).append((one, discount))
        turn = self.turns.of(one.at)
        self.purse.open(one, day=(turn.month, turn.day), win_back=one.spec.kind == WIN_BACK)
        self.offers[place].append(one)
        if one.reserved and one.fate is None:
            due = self._looks.after(one.ends + GRACE)
            heapq.heappush(self._closing, (due, one.ends, len(self.made) - 1))
        return place

    def use(self, told: Sequence[tuple[str, int]], program: Program) -> None:
        """Orders became known as (order id, net): offers that were really made are used on those on which they were."""
        for order_id, net in told if self._uses else ():
            for made, discount in self._uses.get(order_id, ()):
                if net > 0 and order_id not in made.uses:
                    self.purse.use(made, order_id, discount, cap=cap_of(program, made.month))
                elif net == 0 and order_id in made.uses:
                    self.purse.take_back(made, order_id)

    def come_back(self, place: int, version: int, program: Program) -> None:
        """A new order: whose offers were open, and, where nobody knows better, the best of them is used."""
        versions = self._past.versions
        ordered_at, value = versions.last_at(version) * SECOND, versions.value(version)
        for one in self.offers[place]:
            one.came_back |= one.is_discount and ordered_at < one.ends
        usable = [one for one in self.offers[place] if one.fate is None and one.is_usable(ordered_at, value)]
        if usable:
            worth, best = max(((taken_off(one.spec.benefit, value), one) for one in usable), key=lambda each: each[0])
            self.purse.use(best, versions.all[version].last_id, worth, cap=cap_of(program, best.month))

    def close_as(self, key: Key, state: str) -> None:
        """An offer that was really made was really ended."""
        one = self._by_key.get(key)
        if one is not None and one.fate is not None and not one.state:
            self._close(one, state)

    def next_close(self) -> int:
        """When the next offer is to be closed."""
        return self._closing[0][0] if self._closing else NEVER

    def close_ended(self, at: int) -> None:
        """Closes offers whose time is over, as many as one round does."""
        for _ in range(BATCH):
            if self.next_close() > at:
                return
            one = self.made[heapq.heappop(self._closing)[2]]
            if not one.state:
                self._close(one, "expired")

    def _close(self, one: Made, state: str) -> None:
        self.purse.release(one)
        one.state, one.view = state, None

"""Learns from orders which offers were used, and takes it back when the order is cancelled or refunded.

An offer's ``cost_minor`` is what is booked for all its uses, so that a month's booked money is the sum over its offers.
What a discount takes off beyond its worst case is booked only as far as the month has room; the rest is the overrun:
the redemptions' discounts less the offer's cost, and the offer's note says it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, select

from plugin.platforms import traits
from plugin.rewards import settle, stored
from plugin.rewards.wording import money_text
from plugin.usecases import freeze, switch_off
from plugin.usecases.purses import cap_of
from storage import budgets, locks, offers, orders, programs, redemptions
from storage.budgets import Cause
from storage.columns import YES
from storage.offers import Offer
from storage.orders import StoredOrder
from storage.redemptions import Redemption
from storage.shops import Shop
from storage.tables import redemptions as uses

#: one at a time keeps a shop's books of redemptions
ROOM = "redemptions"
#: what the key of each switching off begins with that a use too many led to
OVER = "over/"
log = logging.getLogger("regulars.offers")
#: the states in which the money is still set aside when an order proves the code
HELD = frozenset({"sending", "issued"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """What the orders told."""

    used: tuple[str, ...] = ()
    reversed: tuple[str, ...] = ()
    #: used on a second order although good once, or by somebody else: the merchant is told
    suspicious: tuple[str, ...] = ()
    #: offers are held up from now on, for a code that looks like ours and is not known
    held: bool = False


def from_orders(db: Connection, shop: Shop, order_ids: Collection[str]) -> Redeemed:
    """Matches the codes on the orders, as they stand now, to offers in whatever state those are.

    An order is proof that the code was live. One redemption per offer and order, however often the order is told.
    """
    seen = orders.with_codes(db, shop.shop_id, order_ids, without_any=False)
    wanted = {used.code.upper() for order in seen for used in order.codes}
    ours = offers.by_codes(db, shop.shop_id, wanted)
    held = freeze.by_orders(db, shop, seen, ours.keys())
    if not ours and not redemptions.of_orders(db, shop.shop_id, order_ids):
        return Redeemed(held=held)
    locks.take(db, shop.shop_id, ROOM)
    known = redemptions.of_orders(db, shop.shop_id, order_ids)
    by_code = offers.by_codes(db, shop.shop_id, wanted)
    book = _Book(db, shop, {(row.offer_id, row.order_id): row for row in known}, by_code)
    # one that lost its code gives back what it had used
    for order in orders.with_codes(db, shop.shop_id, order_ids):
        book.read(order)
    return replace(book.result(), held=held)


class _Book:
    """The bookkeeping of one batch of orders."""

    def __init__(
        self, db: Connection, shop: Shop, known: dict[tuple[str, str], Redemption], by_code: dict[str, Offer]
    ) -> None:
        self.db, self.shop, self.known = db, shop, known
        self.ids = {code: offer.offer_id for code, offer in by_code.items()}
        self.offers = {offer.offer_id: offer for offer in by_code.values()}
        self.used: list[str] = []
        self.taken_back: list[str] = []
        self.suspicious: list[str] = []

    def read(self, order: StoredOrder) -> None:
        discounts = {used.code.upper(): used.discount_minor for used in order.codes}
        ours = {self.ids[code]: discount for code, discount in discounts.items() if code in self.ids}
        carried = {offer_id: self._in_its_currency(offer_id, order, discount) for offer_id, discount in ours.items()}
        counts = order.cancelled_at is None and not order.test and order.net_minor > 0
        for (offer_id, order_id), row in self.known.items():
            if order_id == order.order_id and not row.reversed and not (counts and offer_id in carried):
                self._take_back(offer_id, row, order)
        for offer_id, discount in carried.items():
            if counts:
                self._use(offer_id, order, discount)

    def _in_its_currency(self, offer_id: str, order: StoredOrder, discount: int) -> int:
        """What an order took off in the offer's currency: after the store's has changed, all that was set aside."""
        offer = self.offers[offer_id]
        return discount if order.currency == offer.currency else offer.reserved_minor

    def _use(self, offer_id: str, order: StoredOrder, discount: int) -> None:
        offer = self.offers[offer_id]
        earlier = self.known.get((offer_id, order.order_id))
        if earlier is not None and not earlier.reversed:
            self._resize(offer, earlier, order, discount)
            return
        leaked = order.customer_id != offer.customer_id
        if earlier is not None:
            redemptions.restore(
                self.db, self.shop.shop_id, offer_id=offer_id, order_id=order.order_id, discount_minor=discount
            )
        else:
            redemptions.record(
                self.db,
                self.shop.shop_id,
                offer_id=offer_id,
                order_id=order.order_id,
                ordered_at=order.ordered_at,
                discount_minor=discount,
                leaked=leaked,
            )
        held = self._advance(offer, order, HELD)
        first = held or self._advance(offer, order, _leading_to_redeemed() - HELD)
        turn = earlier.turn + 1 if earlier else 0
        overrun = self._pay(offer, discount, _reason(offer, order, turn), held=offer.reserved_minor if held else 0)
        self.used.append(offer_id)
        again = not (first or earlier)
        if leaked or again:
            self.suspicious.append(offer_id)
        if again:
            self._stop(offer, order)
        elif first and not traits.of(self.shop.platform).counts_at_once:
            # until the store has counted the use it lets the code through again
            switch_off.later(self.db, offer, key=f"used/{offer.offer_id}", now=order.ordered_at)
        if notes := _notes(offer, leaked=leaked, again=again, overrun=overrun):
            offers.amend(self.db, self.shop.shop_id, offer_id, note=notes)

    def _resize(self, offer: Offer, earlier: Redemption, order: StoredOrder, discount: int) -> None:
        """An edit of the order made the discount larger or smaller: the difference is booked, or taken back."""
        if discount == earlier.discount_minor:
            return
        redemptions.resize(
            self.db, self.shop.shop_id, offer_id=offer.offer_id, order_id=order.order_id, discount_minor=discount
        )
        why = _reason(offer, order, earlier.turn + 1)
        if discount < earlier.discount_minor:
            self._give_back(offer, why)
        elif overrun := self._pay(offer, discount - earlier.discount_minor, why, held=0):
            note = _notes(offer, leaked=earlier.leaked, again=False, overrun=overrun)
            offers.amend(self.db, self.shop.shop_id, offer.offer_id, note=note)

    def _stop(self, offer: Offer, order: StoredOrder) -> None:
        """The store let a code through that is good once: it is switched off, and the alarm is raised."""
        log.warning("offer %s of shop %d was used again, on order %s", offer.offer_id, offer.shop_id, order.order_id)
        switch_off.later(self.db, offer, key=f"{OVER}{offer.offer_id}", now=order.ordered_at)

    def _advance(self, offer: Offer, order: StoredOrder, frm: Collection[str]) -> bool:
        # the state that was read may be old by now: only the move itself tells whether the money was still set aside
        return offers.advance(
            self.db,
            self.shop.shop_id,
            offer.offer_id,
            to="redeemed",
            frm=frm,
            redeemed_at=order.ordered_at,
            closed_at=order.ordered_at,
            order_id=order.order_id,
        )

    def _pay(self, offer: Offer, discount: int, why: Cause, *, held: int) -> int:
        """Books a use; answers what found no room in the month."""
        month = offer.budget_month
        if month is None:
            self._cost(offer, offer.cost_minor + discount)
            return 0
        more = self._set_aside(offer, month, discount - held, _moving("reserve", why))
        move = settle.redeemed(held=held, discount=discount, left=more)
        shop_id, cause = self.shop.shop_id, _moving("book", why)
        budgets.book(self.db, shop_id, month=month, reserved=held + more, cost=move.booked, cause=cause)
        self._cost(offer, offer.cost_minor + move.booked)
        return move.overrun

    def _set_aside(self, offer: Offer, month: str, wanted: int, why: Cause) -> int:
        """As much of ``wanted`` as the month still has, by the same comparison that every offer goes through."""
        if wanted <= 0:
            return 0
        current = programs.current(self.db, self.shop.shop_id)
        rules = stored.from_stored(current.body) if current else None
        # of another currency than the rules' nobody says how much there may be
        cap = cap_of(rules, month) if rules and rules.currency == offer.currency else 0
        if budgets.reserve(self.db, self.shop.shop_id, month=month, amount=wanted, cap=cap, cause=why):
            return wanted
        held = budgets.state(self.db, self.shop.shop_id, month)
        left = min(wanted, cap - held.reserved_minor - held.booked_minor)
        if left <= 0:
            return 0
        fits = budgets.reserve(self.db, self.shop.shop_id, month=month, amount=left, cap=cap, cause=why)
        return left if fits else 0

    def _take_back(self, offer_id: str, row: Redemption, order: StoredOrder) -> None:
        shop_id = self.shop.shop_id
        offer = self.offers.get(offer_id) or offers.get(self.db, shop_id, offer_id)
        if offer is None or not redemptions.reverse(self.db, shop_id, offer_id=offer_id, order_id=row.order_id):
            return
        self._give_back(offer, _reason(offer, order, row.turn + 1))
        if offer.order_id == row.order_id:
            offers.amend(self.db, shop_id, offer_id, note="the order was cancelled or refunded")
        self.taken_back.append(offer_id)

    def _give_back(self, offer: Offer, why: Cause) -> None:
        # what had found no room is given back first: nothing stays booked beyond the uses that still count
        cost = min(offer.cost_minor, self._taken_off(offer.offer_id))
        back = settle.reversed_use(booked=offer.cost_minor - cost)
        if offer.budget_month is not None and back.booked:
            cause = _moving("unbook", why)
            budgets.unbook(self.db, self.shop.shop_id, month=offer.budget_month, cost=-back.booked, cause=cause)
        self._cost(offer, cost)

    def _taken_off(self, offer_id: str) -> int:
        """What the uses of an offer that count took off, together."""
        mine = (uses.c.shop_id == self.shop.shop_id, uses.c.offer_id == offer_id, uses.c.reversed != YES)
        return int(self.db.execute(select(func.coalesce(func.sum(uses.c.discount_minor), 0)).where(*mine)).scalar_one())

    def _cost(self, offer: Offer, cost: int) -> None:
        self.offers[offer.offer_id] = replace(offer, cost_minor=cost)
        offers.amend(self.db, self.shop.shop_id, offer.offer_id, cost_minor=cost)

    def result(self) -> Redeemed:
        return Redeemed(used=tuple(self.used), reversed=tuple(self.taken_back), suspicious=tuple(self.suspicious))


def _reason(offer: Offer, order: StoredOrder, turn: int) -> Cause:
    """What moves the money of this use, at its ``turn``: 0 used, 1 taken back, 2 restored, or of another size, and so on."""
    at = order.cancelled_at or order.ordered_at
    return Cause(f"{offer.offer_id}/{order.order_id}/{turn}", at, offer.offer_id, order.order_id)


def _moving(kind: str, why: Cause) -> Cause:
    return why._replace(key=f"{kind}/{why.key}")


def _leading_to_redeemed() -> frozenset[str]:
    return frozenset(state for state, moves in offers.MOVES.items() if "redeemed" in moves)


def _notes(offer: Offer, *, leaked: bool, again: bool, overrun: int) -> str:
    said = []
    if leaked:
        said.append("used by another customer")
    elif again:
        said.append("used more than once")
    if overrun:
        said.append(f"took {money_text(overrun, offer.currency)} more off than the month's budget had left")
    return "; ".join(said)

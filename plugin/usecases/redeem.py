"""Learns from orders which offers were used, and takes it back when the order is cancelled or refunded."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from storage import budgets, offers, orders, redemptions
from storage.offers import Offer
from storage.orders import StoredOrder
from storage.redemptions import Redemption
from storage.shops import Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """What the orders told."""

    used: tuple[str, ...] = ()
    reversed: tuple[str, ...] = ()
    #: used on a second order although good once, or by somebody else: the merchant is told
    suspicious: tuple[str, ...] = ()


def from_orders(db: Connection, shop: Shop, order_ids: Collection[str]) -> Redeemed:
    """Matches the codes on the orders, as they stand now, to offers in whatever state those are.

    An order is proof that the code was live. One redemption per offer and order, however often the order is told.
    """
    seen = orders.with_codes(db, shop.shop_id, order_ids)
    known = redemptions.of_orders(db, shop.shop_id, order_ids)
    wanted = {used.code.upper() for order in seen for used in order.codes}
    by_code = offers.by_codes(db, shop.shop_id, wanted)
    by_id = {offer.offer_id: offer for offer in by_code.values()}
    book = _Book(db, shop, {(row.offer_id, row.order_id): row for row in known}, by_id)
    for order in seen:
        book.read(order, by_code)
    return book.result()


class _Book:
    """The bookkeeping of one batch of orders."""

    def __init__(
        self, db: Connection, shop: Shop, known: dict[tuple[str, str], Redemption], by_id: dict[str, Offer]
    ) -> None:
        self.db, self.shop, self.known, self.by_id = db, shop, known, by_id
        self.used: list[str] = []
        self.taken_back: list[str] = []
        self.suspicious: list[str] = []

    def read(self, order: StoredOrder, by_code: dict[str, Offer]) -> None:
        discounts = {used.code.upper(): used.discount_minor for used in order.codes}
        carried = {by_code[code].offer_id: discounts[code] for code in discounts if code in by_code}
        counts = order.cancelled_at is None and not order.test and order.net_minor > 0
        for offer_id, discount in carried.items():
            if counts:
                self._use(self.by_id[offer_id], order, discount)
        for (offer_id, order_id), row in self.known.items():
            if order_id == order.order_id and not row.reversed and not (counts and offer_id in carried):
                self._take_back(offer_id, order_id)

    def _use(self, offer: Offer, order: StoredOrder, discount: int) -> None:
        leaked = order.customer_id != offer.customer_id
        earlier = self.known.get((offer.offer_id, order.order_id))
        if earlier is not None and not earlier.reversed:
            return
        if earlier is not None:
            redemptions.restore(self.db, self.shop.shop_id, offer_id=offer.offer_id, order_id=order.order_id)
        else:
            redemptions.record(
                self.db,
                self.shop.shop_id,
                offer_id=offer.offer_id,
                order_id=order.order_id,
                ordered_at=order.ordered_at,
                discount_minor=discount,
                leaked=leaked,
            )
        first = offers.advance(
            self.db,
            self.shop.shop_id,
            offer.offer_id,
            to="redeemed",
            frm=[state for state, moves in offers.MOVES.items() if "redeemed" in moves],
            redeemed_at=order.ordered_at,
            closed_at=order.ordered_at,
            order_id=order.order_id,
            cost_minor=discount,
        )
        self._pay(offer, discount, still_reserved=first and offer.state in {"planned", "sending", "issued"})
        self.used.append(offer.offer_id)
        if leaked or not (first or earlier):
            self.suspicious.append(offer.offer_id)
            note = "used by another customer" if leaked else "used more than once"
            offers.amend(self.db, self.shop.shop_id, offer.offer_id, note=note)

    def _pay(self, offer: Offer, discount: int, *, still_reserved: bool) -> None:
        if offer.budget_month is not None:
            reserved = offer.reserved_minor if still_reserved else 0
            budgets.book(self.db, self.shop.shop_id, month=offer.budget_month, reserved=reserved, cost=discount)

    def _take_back(self, offer_id: str, order_id: str) -> None:
        offer = self.by_id.get(offer_id) or offers.get(self.db, self.shop.shop_id, offer_id)
        row = self.known[offer_id, order_id]
        if offer is None or not redemptions.reverse(self.db, self.shop.shop_id, offer_id=offer_id, order_id=order_id):
            return
        if offer.budget_month is not None:
            budgets.unbook(self.db, self.shop.shop_id, month=offer.budget_month, cost=row.discount_minor)
        if offer.order_id == order_id:
            offers.amend(self.db, self.shop.shop_id, offer_id, cost_minor=0, note="the order was cancelled or refunded")
        self.taken_back.append(offer_id)

    def result(self) -> Redeemed:
        return Redeemed(used=tuple(self.used), reversed=tuple(self.taken_back), suspicious=tuple(self.suspicious))

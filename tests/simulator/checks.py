"""What must hold after every step, and what must hold once everything has come to rest."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from plugin.rewards.holdout import is_held_out
from plugin.usecases.purses import cap_of
from storage import redemptions
from storage.offers import MOVES
from storage.tables import budgets, customers, offers, orders
from tests.simulator.rules import HOLDOUT_PERCENT
from tests.simulator.town import DOMAIN
from tests.simulator.world import World

OPEN = frozenset({"planned", "sending", "issued"})
GIVEN_BACK = frozenset({"cancelled", "rejected", "expired", "revoked"})


#: one statement for all, made once: the checks read after every step
READ = select(
    offers.c.offer_id, offers.c.code, offers.c.state, offers.c.ends_at, offers.c.budget_month, offers.c.reserved_minor,
    offers.c.cost_minor,
).where(offers.c.shop_id == bindparam("shop"))  # fmt: skip
HELD = select(budgets.c.month, budgets.c.reserved_minor, budgets.c.booked_minor).where(
    budgets.c.shop_id == bindparam("shop")
)
Made = dict[str, Row[Any]]


class Violation(Exception):
    """An invariant is broken; the message says which."""


@dataclass
class Watch:
    """Looks at a world after each step and remembers what it saw, so that it sees changes."""

    world: World
    states: dict[str, str] = field(default_factory=dict)
    used: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    #: the offers as they were read last, and the months' money
    made: Made = field(default_factory=dict)
    #: offers whose codes an older database does not know the life of
    lost: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)

    def always(self) -> None:
        """Raises Violation for what must never be, not even for a moment."""
        if self.world.written:
            self.world.written = False
            with self.world.database.reading() as db:
                self._read(db)
        self._store_is_sound()

    def begin_anew(self) -> None:
        """The database is an older one: what its offers have gone through since is not known to it."""
        self.states.clear()
        self.used.clear()
        self.lost |= {one.spec.tag for one in self.world.store.codes.values()}
        self.doubtful |= self.lost

    def quiet(self) -> None:
        """Raises Violation for what must not be once nothing is under way."""
        self.lost.clear()
        self.world.written = True
        self.always()
        made = self.made
        now, store = self.world.now(), self.world.store
        for offer in made.values():
            found = store.codes.get(offer.code or "")
            if offer.state in {"planned", "sending"}:
                raise Violation(f"I33: {offer.code} is still {offer.state}")
            live = found is not None and (found.uses or found.usable(now))
            if offer.state == "issued" and offer.code and offer.ends_at > now and not live:
                raise Violation(f"I2: {offer.code} is issued, and not live in the store")
        for one in store.usable():
            owner = made.get(one.spec.tag)
            # one that the merchant deleted while it was asked for may have come once more
            mine = owner is not None and (owner.state == "issued" or one.spec.tag in store.meddled)
            if not mine:
                raise Violation(f"I2: {one.spec.code} is live, its offer {owner.state if owner else 'gone'}")
        self._orders_as_told()
        self._redemptions(made)

    def _read(self, db: Connection) -> None:
        shop = {"shop": self.world.shop.shop_id}
        self.made = {row.offer_id: row for row in db.execute(READ, shop)}
        self._moves_as_drawn(self.made)
        self._money(self.made, {row.month: row for row in db.execute(HELD, shop)})

    def _store_is_sound(self) -> None:
        usable = self.world.store.usable()
        for tag, number in Counter(one.spec.tag for one in usable).items():
            if number > 1:
                raise Violation(f"I1: {number} live codes for the offer {tag}")
        for one in usable:
            owner = self.made.get(one.spec.tag)
            if owner is None or one.spec.tag in self.lost | self.world.store.meddled:
                continue
            if owner.state in GIVEN_BACK:
                raise Violation(f"I2: {one.spec.code} is live, its offer {owner.state}")
            if owner.state == "planned":
                raise Violation(f"I2: {one.spec.code} is live before anybody was to ask for it")
        self._holdout()
        if self.world.store.broken_rails:
            raise Violation(f"I10: outside the guard rails: {self.world.store.broken_rails[0]}")

    def _moves_as_drawn(self, made: Made) -> None:
        for offer_id, offer in made.items():
            before = self.states.get(offer_id)
            if before is not None and before != offer.state and offer.state not in _reachable(before):
                raise Violation(f"I4: {offer.code} went from {before} to {offer.state}")
        self.states = {offer_id: offer.state for offer_id, offer in made.items()}

    def _money(self, made: Made, months: Mapping[str, Row[Any]]) -> None:
        for month, held in months.items():
            total = held.reserved_minor + held.booked_minor
            cap = max(cap_of(program, month) for program in self.world.in_force())
            if total > cap and total > self.used[month]:
                raise Violation(f"I3: {total} of {cap} are used in {month}, {self.used[month]} before")
            self.used[month] = total
            mine = [offer for offer in made.values() if offer.budget_month == month]
            reserved = sum(offer.reserved_minor for offer in mine if offer.state in OPEN)
            booked = sum(offer.cost_minor for offer in mine)
            # what was spent on the forgotten stays spent, though no offer tells of it any more
            spent = held.booked_minor >= booked if self.world.town.redacted else held.booked_minor == booked
            if held.reserved_minor != reserved or not spent:
                raise Violation(f"I3: {month} has {held}, its offers {reserved} and {booked}")

    def _holdout(self) -> None:
        key = self.world.program.key
        for one in self.world.store.codes.values():
            who = one.spec.customer_id
            if is_held_out(key=key, shop=f"shopify|{DOMAIN}", customer_id=who, percent=HOLDOUT_PERCENT):
                raise Violation(f"I9: {one.spec.code} for {who} of the control group")

    def _orders_as_told(self) -> None:
        shop_id, town = self.world.shop.shop_id, self.world.town
        with self.world.database.reading() as db:
            kept = {row.order_id: row for row in db.execute(select(orders).where(orders.c.shop_id == shop_id))}
            people = set(db.execute(select(customers.c.customer_id).where(customers.c.shop_id == shop_id)).scalars())
        for order in town.orders.values():
            row = kept.get(str(order.order_id))
            if town.is_redacted(order.customer_id):
                if row is not None or str(order.customer_id) in people:
                    raise Violation(f"I18: something of the erased customer {order.customer_id} is there")
            elif row is None or (row.cancelled_at is None) != (order.cancelled_at is None):
                raise Violation(f"I12: order {order.order_id} is not as the store has it")
            elif bool(row.net_minor) != (not order.refunded):
                raise Violation(f"I12: order {order.order_id} is worth {row.net_minor}")

    def _redemptions(self, made: Made) -> None:
        shop_id, town = self.world.shop.shop_id, self.world.town
        told = [order for order in town.orders.values() if not town.is_redacted(order.customer_id)]
        with self.world.database.reading() as db:
            found = redemptions.of_orders(db, shop_id, [str(order.order_id) for order in told])
        counted = {(use.offer_id, use.order_id) for use in found if not use.reversed}
        expected = {(order.tag, str(order.order_id)) for order in told if order.tag in made and order.stands}
        # a use that was told before its offer was decided again, after a restore, is not seen (README.md)
        if counted - expected or any(tag not in self.doubtful for tag, _ in expected - counted):
            raise Violation(f"I8: redemptions are {sorted(counted)}, in the store {sorted(expected, key=str)}")


def _reachable(state: str) -> set[str]:
    seen: set[str] = set()
    edge = [state]
    while edge:
        for after in MOVES[edge.pop()] - seen:
            seen.add(after)
            edge.append(after)
    return seen

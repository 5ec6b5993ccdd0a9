"""What must hold after every step, and what must hold once everything has come to rest."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from sqlalchemy import select

from plugin.rewards.holdout import is_held_out
from storage import budgets, offers, redemptions
from storage.offers import MOVES, Offer
from storage.tables import customers, orders
from tests.simulator.town import DOMAIN
from tests.simulator.world import HOLDOUT_PERCENT, World

OPEN = frozenset({"planned", "sending", "issued"})
GIVEN_BACK = frozenset({"cancelled", "rejected", "expired", "revoked"})


class Violation(Exception):
    """An invariant is broken; the message says which."""


@dataclass
class Watch:
    """Looks at a world after each step and remembers what it saw, so that it sees changes."""

    world: World
    states: dict[str, str] = field(default_factory=dict)
    used: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def always(self) -> None:
        """Raises Violation for what must never be, not even for a moment."""
        made, months = self._read()
        self._one_live_code()
        self._nothing_given_back_is_live(made)
        self._moves_as_drawn(made)
        self._money(made, months)
        self._holdout()
        if self.world.store.broken_rails:
            raise Violation(f"I10: outside the guard rails: {self.world.store.broken_rails[0]}")

    def quiet(self) -> None:
        """Raises Violation for what must not be once nothing is under way."""
        self.always()
        made, _ = self._read()
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
            if owner is None or owner.state != "issued":
                raise Violation(f"I2: {one.spec.code} is live, its offer {owner.state if owner else 'gone'}")
        self._orders_as_told()
        self._redemptions(made)

    def _read(self) -> tuple[dict[str, Offer], dict[str, budgets.Budget]]:
        shop_id = self.world.shop.shop_id
        with self.world.database.reading() as db:
            made = {offer.offer_id: offer for offer in offers.every(db, shop_id)}
            names = {offer.budget_month for offer in made.values()} - {None} | set(self.used)
            return made, {str(name): budgets.state(db, shop_id, str(name)) for name in names}

    def _one_live_code(self) -> None:
        for tag, number in Counter(one.spec.tag for one in self.world.store.usable()).items():
            if number > 1:
                raise Violation(f"I1: {number} live codes for the offer {tag}")

    def _nothing_given_back_is_live(self, made: dict[str, Offer]) -> None:
        for one in self.world.store.usable():
            owner = made.get(one.spec.tag)
            if owner is not None and owner.state in GIVEN_BACK:
                raise Violation(f"I2: {one.spec.code} is live, its offer {owner.state}")
            if owner is not None and owner.state == "planned":
                raise Violation(f"I2: {one.spec.code} is live before anybody was to ask for it")

    def _moves_as_drawn(self, made: dict[str, Offer]) -> None:
        for offer_id, offer in made.items():
            before = self.states.get(offer_id)
            if before is not None and before != offer.state and offer.state not in _reachable(before):
                raise Violation(f"I4: {offer.code} went from {before} to {offer.state}")
        self.states = {offer_id: offer.state for offer_id, offer in made.items()}

    def _money(self, made: dict[str, Offer], months: dict[str, budgets.Budget]) -> None:
        cap = self.world.program.limits.monthly_budget
        for month, held in months.items():
            total = held.reserved_minor + held.booked_minor
            if total > cap and total > self.used[month]:
                raise Violation(f"I3: {total} of {cap} are used in {month}, {self.used[month]} before")
            self.used[month] = total
            mine = [offer for offer in made.values() if offer.budget_month == month]
            reserved = sum(offer.reserved_minor for offer in mine if offer.state in OPEN)
            booked = sum(offer.cost_minor for offer in mine)
            # what was spent on the forgotten stays spent, though no offer tells of it any more
            spent = held.booked_minor >= booked if self.world.town.redacted else held.booked_minor == booked
            fits = held.reserved_minor == reserved and spent
            if not fits:
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

    def _redemptions(self, made: dict[str, Offer]) -> None:
        shop_id, town = self.world.shop.shop_id, self.world.town
        told = [order for order in town.orders.values() if not town.is_redacted(order.customer_id)]
        with self.world.database.reading() as db:
            found = redemptions.of_orders(db, shop_id, [str(order.order_id) for order in told])
        counted = {(use.offer_id, use.order_id) for use in found if not use.reversed}
        expected = {(order.tag, str(order.order_id)) for order in told if order.tag in made and order.stands}
        if counted != expected:
            raise Violation(f"I8: redemptions are {sorted(counted)}, in the store {sorted(expected, key=str)}")


def _reachable(state: str) -> set[str]:
    seen: set[str] = set()
    edge = [state]
    while edge:
        for after in MOVES[edge.pop()] - seen:
            seen.add(after)
            edge.append(after)
    return seen

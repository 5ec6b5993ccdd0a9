"""Who buys in the simulated store, and the letters that tell of it: bodies in Shopify's shape, signed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.simulator.store import FakeStore
from webhooks.shopify import signature

SECRET = "the simulated store's secret"
DOMAIN = "simulated.myshopify.com"


@dataclass(frozen=True)
class Letter:
    """A webhook on its way."""

    delivery_id: str
    topic: str
    triggered_at: datetime
    body: bytes
    signed: bytes


@dataclass
class Purchase:
    """An order as the store has it."""

    order_id: int
    customer_id: int
    at: datetime
    updated_at: datetime
    total: int
    code: str | None
    off: int
    #: the offer whose code was used
    tag: str | None
    cancelled_at: datetime | None = None
    refunded: bool = False

    @property
    def stands(self) -> bool:
        """Whether it was neither cancelled nor refunded."""
        return self.cancelled_at is None and not self.refunded


@dataclass
class Town:
    """The customers and their orders."""

    store: FakeStore
    now: Callable[[], datetime]
    rng: random.Random
    customers: int = 6
    #: codes are typed in any case
    careless: bool = False
    orders: dict[int, Purchase] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    #: every letter ever written: any may come again
    copies: list[Letter] = field(default_factory=list)
    redacted: set[int] = field(default_factory=set)
    written: int = 0

    def buys(self) -> str:
        """Somebody buys, with a code of their own or a friend's when there is one and the mood is right."""
        known = [one for one in range(1, self.customers + 1) if one not in self.redacted]
        who = self.rng.choice(known) if known else self.customers + 1
        usable = self.store.usable()
        mine = [one for one in usable if one.spec.customer_id == str(_number(who))]
        wanted = self.rng.choice(mine or usable) if usable and self.rng.random() < 0.6 else None
        discount = self.store.use(wanted.spec.code) if wanted else None
        total = self.rng.choice((2_000, 5_000, 9_000, 30_000))
        order = Purchase(
            order_id=9_000_000_001 + len(self.orders),
            customer_id=_number(who),
            at=self.now(),
            updated_at=self.now(),
            total=total,
            code=self._typed(discount.spec.code) if discount else None,
            off=discount.takes_off(total) if discount else 0,
            tag=discount.spec.tag if discount else None,
        )
        self.orders[order.order_id] = order
        self._tell("orders/create", _order_body(order))
        return f"customer {who} buys {order.order_id} for {total}{f' with {order.code}' if order.code else ''}"

    def regrets(self) -> str:
        """An order is cancelled or refunded whole, or edited so that its code is gone."""
        standing = [one for one in self.orders.values() if one.stands]
        if not standing:
            return ""
        order = self.rng.choice(standing)
        order.updated_at = max(self.now(), order.updated_at + timedelta(seconds=1))
        act = self.rng.choice(("cancelled", "refunded", "edited") if order.code else ("cancelled", "refunded"))
        if act == "cancelled":
            order.cancelled_at = order.updated_at
        elif act == "refunded":
            order.refunded = True
        else:
            order.code, order.tag, order.off = None, None, 0
        self._tell("orders/updated", _order_body(order))
        return f"order {order.order_id} is {act}"

    def lets_the_app_go(self) -> str:
        """The merchant removes the app from the store, which says so."""
        self.store.away = True
        self._tell("app/uninstalled", {"id": 1, "domain": DOMAIN, "myshopify_domain": DOMAIN})
        return "the app is removed"

    def delivered(self) -> set[str]:
        """The letters that have reached the product and do not come again."""
        return {one.delivery_id for one in self.copies} - {one.delivery_id for one in self.letters}

    def tells_again(self, delivered: set[str]) -> None:
        """What had not been delivered by then is told again, in its order: the product has lost it since."""
        lost = [one for one in self.copies if one.delivery_id not in delivered]
        self.letters[:] = [one for one in lost if one.topic != "app/uninstalled" or self.store.away]

    def asks_to_be_forgotten(self) -> str:
        """The store asks to erase a customer who has bought."""
        bought = sorted({one.customer_id for one in self.orders.values()} - {_number(one) for one in self.redacted})
        if not bought:
            return ""
        who = self.rng.choice(bought)
        self.redacted.add(who - _number(0))
        body = {"shop_id": 1, "shop_domain": DOMAIN, "customer": {"id": who, "email": f"{who}@mail.test"}}
        self._tell("customers/redact", body | {"orders_to_redact": []})
        return f"customer {who - _number(0)} is to be forgotten"

    def is_redacted(self, customer_id: int) -> bool:
        """Whether the store has asked to erase this customer."""
        return customer_id - _number(0) in self.redacted

    def _typed(self, code: str) -> str:
        return code.lower() if self.careless and self.rng.random() < 0.5 else code

    def _tell(self, topic: str, body: dict[str, Any]) -> None:
        self.written += 1
        raw = json.dumps(body).encode()
        letter = Letter(f"w-{self.written}", topic, self.now(), raw, signature.sign(raw, SECRET))
        self.letters.append(letter)
        self.copies.append(letter)


def _number(who: int) -> int:
    return 7_000_000_000_000 + who


def _order_body(order: Purchase) -> dict[str, Any]:
    paid = _money(order.total - order.off)
    moved = {"kind": "refund", "status": "success", "amount": paid, "currency": "USD"}
    refund = {
        "id": order.order_id * 10, "order_id": order.order_id, "created_at": order.updated_at.isoformat(),
        "processed_at": order.updated_at.isoformat(), "transactions": [moved],
    }  # fmt: skip
    used = {"code": order.code, "amount": _money(order.off), "type": "percentage"}
    return {
        "id": order.order_id, "created_at": order.at.isoformat(), "processed_at": order.at.isoformat(),
        "updated_at": order.updated_at.isoformat(), "test": False, "currency": "USD", "presentment_currency": "USD",
        "cancelled_at": order.cancelled_at.isoformat() if order.cancelled_at else None,
        "financial_status": "refunded" if order.refunded else "paid", "total_price": paid,
        "current_total_price": _money(0) if order.refunded else paid, "line_items": [],
        "customer": {"id": order.customer_id, "email": f"{order.customer_id}@mail.test"},
        "discount_codes": [used] if order.code else [], "refunds": [refund] if order.refunded else [],
    }  # fmt: skip


def _money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"

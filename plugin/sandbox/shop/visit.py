"""Who is visiting, and what lies in the basket: kept in the visitor's own signed cookie."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from plugin.sandbox import discounts
from plugin.sandbox.discounts import CodeRefused
from plugin.sandbox.order_bodies import Line
from plugin.sandbox.shop.goods import BY_NUMBER
from plugin.sandbox.store import Store

MOST_OF_ONE = 9

REFUSALS = {
    "unknown": "We do not know this code. Please check its spelling.",
    "switched_off": "This code has been withdrawn.",
    "not_started": "This code is not valid yet.",
    "ended": "This code has expired.",
    "other_customer": "This code is for another customer. Log in as the one it was made for.",
    "already_used": "This code has been used already.",
    "below_minimum": "Your basket is below the minimum for this code.",
    "not_for_these": "This code is for other things than those in your basket.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What the basket costs; ``refused`` says why the code is not taken."""

    lines: tuple[Line, ...]
    subtotal: Decimal
    off: Decimal
    refused: str | None

    @property
    def total(self) -> Decimal:
        """What is to pay."""
        return self.subtotal - self.off


class Visit:
    """One visitor, over the cookie's values."""

    def __init__(self, store: Store, kept: MutableMapping[str, Any]) -> None:
        self._store = store
        self._kept = kept

    @property
    def customer_id(self) -> int | None:
        """The customer who is logged in."""
        who = self._kept.get("who")
        return None if who is None else int(who)

    @property
    def code(self) -> str:
        """The code that was entered, or nothing."""
        return str(self._kept.get("code", ""))

    @property
    def pieces(self) -> int:
        """How many things lie in the basket."""
        return sum(self._basket().values())

    def log_in(self, customer_id: int | None) -> None:
        """Another visitor; the basket stays, the code does not."""
        self._kept["who"] = None if customer_id is None else str(customer_id)
        self._kept.pop("code", None)

    def enter_code(self, code: str) -> None:
        """Puts a code beside the basket; whether it is taken, the quote tells."""
        self._kept["code"] = code.strip()[:255]

    def put(self, number: int, change: int) -> None:
        """More or less of a product; unknown products are left."""
        basket = self._basket()
        if number in BY_NUMBER:
            basket[number] = min(MOST_OF_ONE, max(0, basket.get(number, 0) + change))
        self._kept["basket"] = {str(key): count for key, count in basket.items() if count}

    def lines(self) -> list[tuple[int, Line]]:
        """The basket: product numbers with their lines."""
        currency = self._store.shop.currency
        return [(number, BY_NUMBER[number].line(count, currency)) for number, count in self._basket().items()]

    def quote(self) -> Quote:
        """What the basket costs now, with the code if it is taken."""
        lines = tuple(line for _, line in self.lines())
        subtotal = sum((line.total for line in lines), Decimal(0))
        off, refused = Decimal(0), None
        if self.code and lines:
            try:
                off = self._off(lines)
            except CodeRefused as no:
                refused = REFUSALS[no.reason]
        return Quote(lines=lines, subtotal=subtotal, off=off, refused=refused)

    def done(self) -> None:
        """Empties the basket."""
        self._kept.pop("basket", None)
        self._kept.pop("code", None)

    def _off(self, lines: tuple[Line, ...]) -> Decimal:
        with self._store.transaction() as connection:
            found = discounts.accepted(
                connection,
                self.code,
                customer_id=self.customer_id,
                lines=lines,
                shipping=Decimal(0),
                at=self._store.now(),
            )
        return found.off(lines, Decimal(0), self._store.shop.currency).total

    def _basket(self) -> dict[int, int]:
        kept = self._kept.get("basket") or {}
        return {int(key): int(count) for key, count in kept.items() if int(key) in BY_NUMBER}

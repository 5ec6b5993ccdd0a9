"""Discount codes: what is kept of one, and when it is refused at the checkout."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from plugin.sandbox import till
from plugin.sandbox.order_bodies import Line
from plugin.sandbox.till import Priced, Terms
from plugin.sandbox.times import kept, read

FIRST_ID = 9_400_000_000_000_000


class Refusal(StrEnum):
    """Why a code is not accepted."""

    UNKNOWN = "unknown"
    SWITCHED_OFF = "switched_off"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    OTHER_CUSTOMER = "other_customer"
    ALREADY_USED = "already_used"
    BELOW_MINIMUM = "below_minimum"
    #: nothing in the basket is what it is for, or the shipping costs too much
    NOT_FOR_THESE = "not_for_these"


class CodeRefused(Exception):
    """The checkout does not accept the code."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(f"The code is refused: {reason}.")
        self.reason = reason


class CodeTaken(Exception):
    """A discount with this code exists; upper and lower case are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """A discount as the store has it; ``ends_at`` is its own, not the terms' one, once it was switched off."""

    id: int
    terms: Terms
    ends_at: datetime | None
    switched_off: bool
    created_at: datetime
    updated_at: datetime
    #: under this code
    times_used: int

    def off(self, lines: Sequence[Line], shipping: Decimal, currency: str) -> Priced:
        """What it takes off a basket and its shipping."""
        return till.priced(self.terms, lines, shipping, currency)

    def status(self, now: datetime) -> str:
        """``ACTIVE``, ``SCHEDULED`` or ``EXPIRED``."""
        if self.switched_off or (self.ends_at is not None and self.ends_at <= now):
            return "EXPIRED"
        return "SCHEDULED" if now < self.terms.starts_at else "ACTIVE"


def create(connection: sqlite3.Connection, terms: Terms, now: datetime) -> Discount:
    """Puts the discount into the store. Raises CodeTaken."""
    if find(connection, terms.code) is not None:
        raise CodeTaken
    row = connection.execute(
        "INSERT INTO discounts (id, code_key, starts_at, ends_at, created_at, updated_at, terms)"
        " VALUES ((SELECT coalesce(max(id), ?) + 1 FROM discounts), ?, ?, ?, ?, ?, ?) RETURNING *",
        (
            FIRST_ID,
            _key(terms.code),
            kept(terms.starts_at),
            kept(terms.ends_at) if terms.ends_at else None,
            kept(now),
            kept(now),
            _written(terms),
        ),
    ).fetchone()
    connection.executemany(
        "INSERT INTO discount_customers (customer_id, discount_id) VALUES (?, ?)",
        [(customer, row["id"]) for customer in terms.customers or ()],
    )
    return _discount(connection, row)


def find(connection: sqlite3.Connection, code: str) -> Discount | None:
    """The discount of a code, whatever its state."""
    row = connection.execute("SELECT * FROM discounts WHERE code_key = ?", (_key(code),)).fetchone()
    return _discount(connection, row) if row else _one_of_many(connection, code)


def get(connection: sqlite3.Connection, discount_id: int) -> Discount | None:
    """The discount with this number."""
    row = connection.execute("SELECT * FROM discounts WHERE id = ?", (discount_id,)).fetchone()
    return _discount(connection, row) if row else None


def meant_for(connection: sqlite3.Connection, customer_id: int) -> list[Discount]:
    """The discounts bound to a customer, newest first."""
    rows = connection.execute(
        "SELECT d.* FROM discounts d JOIN discount_customers c ON c.discount_id = d.id WHERE c.customer_id = ? ORDER BY d.id DESC",
        (customer_id,),
    ).fetchall()
    return [_discount(connection, row) for row in rows]


def holders(connection: sqlite3.Connection, now: datetime, *, limit: int = 8) -> list[int]:
    """Customers with a code of their own that they could use now, those with the newest first."""
    rows = connection.execute(
        "SELECT c.customer_id FROM discounts d JOIN discount_customers c ON c.discount_id = d.id"
        " WHERE d.starts_at <= :now AND (d.ends_at IS NULL OR d.ends_at > :now)"
        " AND NOT EXISTS (SELECT 1 FROM redemptions r WHERE r.discount_id = d.id)"
        " GROUP BY c.customer_id ORDER BY max(d.id) DESC LIMIT :limit",
        {"now": kept(now), "limit": limit},
    )
    return [row[0] for row in rows]


def switch_off(connection: sqlite3.Connection, discount_id: int, now: datetime) -> None:
    """Ends a discount now; one that has ended already is left as it is."""
    connection.execute(
        "UPDATE discounts SET switched_off = 1, ends_at = :now, updated_at = :now"
        " WHERE id = :id AND switched_off = 0 AND (ends_at IS NULL OR ends_at > :now)",
        {"id": discount_id, "now": kept(now)},
    )


def switch_on(connection: sqlite3.Connection, discount_id: int, now: datetime) -> None:
    """Takes a switching off back: the discount ends when it was meant to."""
    found = get(connection, discount_id)
    if found is not None:
        ends_at = kept(found.terms.ends_at) if found.terms.ends_at else None
        connection.execute(
            "UPDATE discounts SET switched_off = 0, ends_at = ?, updated_at = ? WHERE id = ?",
            (ends_at, kept(now), discount_id),
        )


def delete(connection: sqlite3.Connection, discount_id: int) -> None:
    """Removes a discount that nobody has used; its name is free again."""
    connection.execute("DELETE FROM discount_customers WHERE discount_id = ?", (discount_id,))
    connection.execute("DELETE FROM discounts WHERE id = ?", (discount_id,))


def rewrite(connection: sqlite3.Connection, discount_id: int, terms: Terms, now: datetime) -> None:
    """Gives a discount other terms."""
    ends_at = kept(terms.ends_at) if terms.ends_at else None
    connection.execute(
        "UPDATE discounts SET starts_at = ?, ends_at = ?, updated_at = ?, terms = ? WHERE id = ?",
        (kept(terms.starts_at), ends_at, kept(now), _written(terms), discount_id),
    )


def changed_since(
    connection: sqlite3.Connection, since: str, *, after: tuple[str, int] | None, limit: int
) -> list[Discount]:
    """Discounts changed since then, the longest ago first; ``after`` is the last one of the page before."""
    place = after or ("", 0)
    rows = connection.execute(
        "SELECT * FROM discounts WHERE updated_at >= ? AND (updated_at, id) > (?, ?) ORDER BY updated_at, id LIMIT ?",
        (since, *place, limit),
    ).fetchall()
    return [_discount(connection, row) for row in rows]


def accepted(
    connection: sqlite3.Connection,
    code: str,
    *,
    customer_id: int | None,
    lines: Sequence[Line],
    shipping: Decimal,
    at: datetime,
) -> Discount:
    """The code's discount, if the checkout accepts it. Raises CodeRefused with the first reason that holds."""
    found = find(connection, code)
    if found is None:
        raise CodeRefused(Refusal.UNKNOWN)
    terms = found.terms
    meant = till.entitled(terms, lines)
    subtotal, quantity = sum((line.total for line in meant), Decimal(0)), sum(line.quantity for line in meant)
    used_by_them = _used_by(connection, found.id, customer_id) if terms.once_per_customer else 0
    reasons = {
        Refusal.SWITCHED_OFF: found.switched_off,
        Refusal.NOT_STARTED: at < terms.starts_at,
        Refusal.ENDED: found.ends_at is not None and at >= found.ends_at,
        Refusal.OTHER_CUSTOMER: terms.customers is not None and customer_id not in terms.customers,
        Refusal.ALREADY_USED: used_by_them > 0
        or (terms.usage_limit is not None and found.times_used >= terms.usage_limit),
        Refusal.BELOW_MINIMUM: subtotal < (terms.minimum_subtotal or 0) or quantity < (terms.minimum_quantity or 0),
        Refusal.NOT_FOR_THESE: not meant or till.too_dear(terms, shipping),
    }
    for reason, holds in reasons.items():
        if holds:
            raise CodeRefused(reason)
    return found


def redeem(
    connection: sqlite3.Connection, discount: Discount, *, order_id: int, customer_id: int | None, at: datetime
) -> None:
    """Notes the use. A use is not given back when the order is cancelled."""
    discount_id, key = discount.id, _key(discount.terms.code)
    connection.execute("UPDATE pool_codes SET used_by_order = ? WHERE code_key = ?", (order_id, key))
    connection.execute(
        "INSERT INTO redemptions (discount_id, order_id, customer_id, at) VALUES (?, ?, ?, ?)",
        (discount_id, order_id, customer_id, kept(at)),
    )


def _one_of_many(connection: sqlite3.Connection, code: str) -> Discount | None:
    """The discount as one of the codes that were added to it has it: its own use counts."""
    row = connection.execute("SELECT * FROM pool_codes WHERE code_key = ?", (_key(code),)).fetchone()
    found = get(connection, row["discount_id"]) if row else None
    if found is None:
        return None
    used = int(row["used_by_order"] is not None)
    return replace(found, terms=replace(found.terms, code=row["code"]), times_used=used)


def _key(code: str) -> str:
    return code.strip().casefold()


def _used_by(connection: sqlite3.Connection, discount_id: int, customer_id: int | None) -> int:
    row = connection.execute(
        "SELECT count(*) FROM redemptions WHERE discount_id = ? AND customer_id IS ?", (discount_id, customer_id)
    ).fetchone()
    return int(row[0])


def _written(terms: Terms) -> str:
    def plain(value: object) -> str | None:
        return None if value is None else str(value)

    return json.dumps(
        {
            "code": terms.code,
            "title": terms.title,
            "ends_at": kept(terms.ends_at) if terms.ends_at else None,
            "fraction": plain(terms.fraction),
            "amount": plain(terms.amount),
            "minimum_subtotal": plain(terms.minimum_subtotal),
            "minimum_quantity": terms.minimum_quantity,
            "usage_limit": terms.usage_limit,
            "once_per_customer": terms.once_per_customer,
            "customers": terms.customers,
            "tags": terms.tags,
            "combines_with": dict(terms.combines_with),
            "products": terms.products,
            "collections": terms.collections,
            "shipping": terms.shipping,
            "maximum_shipping": plain(terms.maximum_shipping),
        }
    )


def _discount(connection: sqlite3.Connection, row: sqlite3.Row) -> Discount:
    used = connection.execute(
        "SELECT count(*) FROM redemptions WHERE discount_id = :id"
        " AND order_id NOT IN (SELECT used_by_order FROM pool_codes WHERE discount_id = :id AND used_by_order IS NOT NULL)",
        {"id": row["id"]},
    ).fetchone()[0]
    return Discount(
        id=row["id"],
        terms=_terms(json.loads(row["terms"]), row["starts_at"]),
        ends_at=read(row["ends_at"]) if row["ends_at"] else None,
        switched_off=bool(row["switched_off"]),
        created_at=read(row["created_at"]),
        updated_at=read(row["updated_at"]),
        times_used=used,
    )


def _terms(written: dict[str, Any], starts_at: str) -> Terms:
    written = {"products": (), "collections": (), "maximum_shipping": None} | written
    for name in ("fraction", "amount", "minimum_subtotal", "maximum_shipping"):
        written[name] = None if written[name] is None else Decimal(written[name])
    customers = None if written["customers"] is None else tuple(written["customers"])
    ends_at = read(written["ends_at"]) if written["ends_at"] else None
    return Terms(
        **(
            written
            | {"starts_at": read(starts_at), "ends_at": ends_at, "customers": customers}
            | {name: tuple(written[name]) for name in ("tags", "products", "collections")}
        )
    )

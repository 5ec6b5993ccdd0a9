"""Discount codes: what is kept of one, and when it is refused at the checkout."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from plugin.sandbox.cash import rounded
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


class CodeRefused(Exception):
    """The checkout does not accept the code."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(f"The code is refused: {reason}.")
        self.reason = reason


class CodeTaken(Exception):
    """A discount with this code exists; upper and lower case are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the app asked for. Exactly one of ``fraction`` (0 to 1) and ``amount`` is set."""

    code: str
    title: str
    starts_at: datetime
    ends_at: datetime | None
    fraction: Decimal | None
    amount: Decimal | None
    minimum_subtotal: Decimal | None
    minimum_quantity: int | None
    usage_limit: int | None
    once_per_customer: bool
    #: the customers it is for; None for all
    customers: tuple[int, ...] | None
    tags: tuple[str, ...]
    combines_with: Mapping[str, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """A discount as the store has it; ``ends_at`` is its own, not the terms' one, once it was switched off."""

    id: int
    terms: Terms
    ends_at: datetime | None
    switched_off: bool
    created_at: datetime
    updated_at: datetime
    times_used: int

    def off(self, subtotal: Decimal, currency: str) -> Decimal:
        """What it takes off a subtotal, never more than that."""
        if self.terms.fraction is not None:
            return rounded(subtotal * self.terms.fraction, currency)
        return min(self.terms.amount or Decimal(0), subtotal)

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
    return _discount(connection, row) if row else None


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


def accepted(
    connection: sqlite3.Connection,
    code: str,
    *,
    customer_id: int | None,
    subtotal: Decimal,
    quantity: int,
    at: datetime,
) -> Discount:
    """The code's discount, if the checkout accepts it. Raises CodeRefused with the first reason that holds."""
    found = find(connection, code)
    if found is None:
        raise CodeRefused(Refusal.UNKNOWN)
    terms = found.terms
    used_by_them = _used_by(connection, found.id, customer_id) if terms.once_per_customer else 0
    reasons = {
        Refusal.SWITCHED_OFF: found.switched_off,
        Refusal.NOT_STARTED: at < terms.starts_at,
        Refusal.ENDED: found.ends_at is not None and at >= found.ends_at,
        Refusal.OTHER_CUSTOMER: terms.customers is not None and customer_id not in terms.customers,
        Refusal.ALREADY_USED: used_by_them > 0
        or (terms.usage_limit is not None and found.times_used >= terms.usage_limit),
        Refusal.BELOW_MINIMUM: subtotal < (terms.minimum_subtotal or 0) or quantity < (terms.minimum_quantity or 0),
    }
    for reason, holds in reasons.items():
        if holds:
            raise CodeRefused(reason)
    return found


def redeem(
    connection: sqlite3.Connection, discount_id: int, *, order_id: int, customer_id: int | None, at: datetime
) -> None:
    """Notes the use. A use is not given back when the order is cancelled."""
    connection.execute(
        "INSERT INTO redemptions (discount_id, order_id, customer_id, at) VALUES (?, ?, ?, ?)",
        (discount_id, order_id, customer_id, kept(at)),
    )


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
        }
    )


def _discount(connection: sqlite3.Connection, row: sqlite3.Row) -> Discount:
    used = connection.execute("SELECT count(*) FROM redemptions WHERE discount_id = ?", (row["id"],)).fetchone()[0]
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
    for name in ("fraction", "amount", "minimum_subtotal"):
        written[name] = None if written[name] is None else Decimal(written[name])
    customers = None if written["customers"] is None else tuple(written["customers"])
    ends_at = read(written["ends_at"]) if written["ends_at"] else None
    return Terms(
        **(
            written
            | {"starts_at": read(starts_at), "ends_at": ends_at, "customers": customers, "tags": tuple(written["tags"])}
        )
    )

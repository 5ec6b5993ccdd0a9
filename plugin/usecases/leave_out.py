"""The merchant's wish that a customer gets no offers, or may get them again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from storage import customers, snapshots


def leave_out(db: Connection, *, shop_id: int, customer_id: str, left_out: bool, now: datetime) -> None:
    """Keeps the wish and has the customer looked at again. Raises LookupError for one who was never measured.

    Offers already made stay as they are.
    """
    kept = customers.canonical(db, shop_id, [customer_id])[customer_id]
    if snapshots.get(db, shop_id, kept) is None:
        raise LookupError(customer_id)
    customers.leave_out(db, shop_id, kept, left_out)
    snapshots.plan_checks(db, shop_id, {kept: now})

"""Has the tags of customers read from the store, where the rules leave some out by tag; else they do not concern us.

A message about tags tells what came or went, and messages come in any order. So it only says that what is known is out
of date.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from plugin.rewards import stored
from storage import customers, outbox, programs

READ_TAGS = "read_tags"


def changed(db: Connection, shop_id: int, customer_ids: Collection[str], *, now: datetime) -> None:
    """The tags of these customers are not what they were."""
    meant = customers.forget_tags(db, shop_id, customer_ids, now=now)
    current = programs.current(db, shop_id)
    if current is not None and stored.from_stored(current.body).limits.leave_out_tags:
        of_customers(db, shop_id, meant, now=now)


def of_customers(db: Connection, shop_id: int, customer_ids: Collection[str], *, now: datetime) -> None:
    """Writes down that the store has to be asked for the tags of these customers."""
    if not customer_ids:
        return
    payloads = {f"tags/{who}/{now.isoformat()}": {"customer_id": who} for who in sorted(customer_ids)}
    # one that was answered in this very instant was asked too early
    outbox.forget_keys(db, shop_id, payloads)
    outbox.put_many(db, shop_id, kind=READ_TAGS, payloads=payloads, now=now)

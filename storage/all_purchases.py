"""The valid orders of a whole shop, streamed from the database into columns of 24 bytes an order.

Nothing else is held: neither the rows of the driver nor a text for each order, only one for each customer.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, bindparam, select, type_coerce

from storage.columns import YES, to_micros
from storage.tables import orders

#: rows that the driver gives at once
AT_ONCE = 20_000
FOREVER = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchases:
    """Sorted by customer, instant, order id; a position in each of the columns for each order, 64-bit whole numbers."""

    #: ascending by code point
    customer_ids: list[str]
    #: position in ``customer_ids``
    customer: array[int]
    #: microseconds since 1970-01-01 UTC
    at_micros: array[int]
    net_minor: array[int]


def read(db: Connection, shop_id: int, *, until: datetime | None = None, at_once: int = AT_ONCE) -> Purchases:
    """The valid orders of the shop's known customers, up to and including ``until``."""
    given = {"shop": shop_id, "until": FOREVER if until is None else to_micros(until)}
    # SQLite gives rows as they are asked for; a server sends all of them unless a cursor is kept there
    streamed = {"stream_results": True, "max_row_buffer": at_once} if db.dialect.name == "postgresql" else {}
    found = db.execute(_statement(), given, execution_options=streamed)
    source = found if streamed else found.cursor
    told = Purchases(customer_ids=[], customer=array("q"), at_micros=array("q"), net_minor=array("q"))
    while source is not None and (rows := source.fetchmany(at_once)):
        ids, moments, values = zip(*rows, strict=True)
        told.customer.extend(_codes(ids, told.customer_ids))
        told.at_micros.extend(moments)
        told.net_minor.extend(values)
    found.close()
    return told


def _codes(ids: tuple[str, ...], known: list[str]) -> list[int]:
    """The position of each in ``known``, which grows with every new one; equal ones follow each other."""
    codes = []
    code, last = len(known) - 1, known[-1] if known else None
    for one in ids:
        if one != last:
            known.append(one)
            code, last = code + 1, one
        codes.append(code)
    return codes


@cache
def _statement() -> Select[Any]:
    at = type_coerce(orders.c.ordered_at, BigInteger)
    # the sum keeps SQLite from the index by time, for that by customer has the rows in this order already
    until = at + 0 <= bindparam("until", type_=BigInteger)
    mine = (orders.c.shop_id == bindparam("shop", type_=orders.c.shop_id.type), orders.c.valid == YES)
    found = select(orders.c.customer_id, at, orders.c.net_minor)
    found = found.where(*mine, orders.c.customer_id.is_not(None), until)
    return found.order_by(orders.c.customer_id, orders.c.ordered_at, orders.c.order_id)

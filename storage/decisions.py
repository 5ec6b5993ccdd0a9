"""The last decision on each customer, with its reasons and everything that is needed to make it again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, delete, select

from storage.columns import to_micros, to_text_quickly
from storage.tables import decisions
from storage.upserts import among, plain, send

AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecision:
    """What was decided on a customer, when, by which rules, and why."""

    customer_id: str
    decided_at: datetime
    program_version: int
    #: issue, held_out or hold
    outcome: str
    reasons: list[dict[str, Any]]
    inputs: dict[str, Any]


COLUMNS = tuple(decisions.c[field.name] for field in fields(StoredDecision))
NAMES = ("shop_id", *(column.name for column in COLUMNS))


def keep_many(db: Connection, shop_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keeps decisions (the columns of StoredDecision), replacing earlier ones on the same customers.

    Reasons are dictionaries, or structs of the same names. All fractions in reasons and inputs are finite.
    """
    if not rows:
        return
    # in the order of the keys, so that two writers never wait for each other in a circle
    values = [
        (
            shop_id, row["customer_id"], to_micros(row["decided_at"]), row["program_version"], row["outcome"],
            to_text_quickly(row["reasons"]), to_text_quickly(row["inputs"]),
        )
        for row in sorted(rows, key=itemgetter("customer_id"))
    ]  # fmt: skip
    send(db, plain(db.dialect.name, decisions, NAMES, NAMES[:2]), NAMES, values)


def forget(db: Connection, shop_id: int, customer_ids: Collection[str]) -> None:
    """Removes the decisions on these customers."""
    gone = among(db, decisions.c.customer_id, customer_ids)
    db.execute(delete(decisions).where(decisions.c.shop_id == shop_id, gone))


def get(db: Connection, shop_id: int, customer_id: str) -> StoredDecision | None:
    """The last decision on a customer."""
    statement = select(*COLUMNS).where(decisions.c.shop_id == shop_id, decisions.c.customer_id == customer_id)
    row = db.execute(statement).one_or_none()
    return None if row is None else StoredDecision(**row._asdict())


def every(db: Connection, shop_id: int) -> Iterator[StoredDecision]:
    """All last decisions by customer id, without holding them all in memory."""
    statement = select(*COLUMNS).where(decisions.c.shop_id == shop_id).order_by(decisions.c.customer_id)
    return (StoredDecision(**row._asdict()) for row in db.execute(statement.execution_options(yield_per=AT_ONCE)))

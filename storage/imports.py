"""The one import of each shop: what of its past is read, how far it has come, who is at it.

Every change names the fence of the claim that it is made under, so that one who was too slow changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select, update

from storage.claims import EVERY_SHOP
from storage.tables import imports, shops
from storage.upserts import insert

OPEN = ("asked", "running", "reading")
#: pairs of instants; None: open on this side
Spans = Sequence[tuple[datetime | None, datetime | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """An import as it stands; see the table for what the columns mean."""

    shop_id: int
    state: str
    asked_at: datetime
    spans: tuple[tuple[datetime | None, datetime | None], ...]
    operation: str | None
    partial: bool
    parts: int
    part: int
    orders_read: int
    orders_told: int
    unread: int
    limited_to: datetime | None
    tries: int
    run_at: datetime
    fence: int
    trouble: str | None
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether there is still something to be done about it."""
        return self.state in OPEN


COLUMNS = tuple(imports.c[field.name] for field in fields(Import))


def ask(db: Connection, shop_id: int, *, spans: Spans, limited_to: datetime | None, now: datetime) -> Import:
    """Begins an import in place of the last one, whoever was at it."""
    values = {
        "state": "asked", "asked_at": now, "spans": _kept(spans), "limited_to": limited_to, "run_at": now,
        "operation": None, "partial": False, "parts": 0, "part": 0, "orders_read": 0, "orders_told": 0, "unread": 0,
        "tries": 0, "claimed_until": None, "trouble": None, "ended_at": None,
    }  # fmt: skip
    statement = insert(db, imports).values(shop_id=shop_id, **values)
    statement = statement.on_conflict_do_update(
        index_elements=["shop_id"], set_={**values, "spans": statement.excluded.spans, "fence": imports.c.fence + 1}
    )
    return _import(db.execute(statement.returning(*COLUMNS)).one())


def get(db: Connection, shop_id: int) -> Import | None:
    """The shop's import; None before the first."""
    row = db.execute(select(*COLUMNS).where(imports.c.shop_id == shop_id)).one_or_none()
    return None if row is None else _import(row)


def due(db: Connection, now: datetime, *, shop_id: int | None = None) -> list[int]:
    """The active shops whose import should go on and that nobody is at, the longest overdue first."""
    mine = [*_waiting(now), *([imports.c.shop_id == shop_id] if shop_id is not None else [])]
    statement = select(imports.c.shop_id).prefix_with(EVERY_SHOP).join(shops, shops.c.shop_id == imports.c.shop_id)
    found = db.execute(statement.where(*mine, shops.c.state == "active").order_by(imports.c.run_at, imports.c.shop_id))
    return list(found.scalars())


def claim(db: Connection, shop_id: int, *, now: datetime, lease_seconds: float) -> Import | None:
    """Takes an import that is due; None where somebody else was faster."""
    mine = (imports.c.shop_id == shop_id, *_waiting(now))
    taken = {"fence": imports.c.fence + 1, "claimed_until": now + timedelta(seconds=lease_seconds)}
    row = db.execute(update(imports).where(*mine).values(taken).returning(*COLUMNS)).one_or_none()
    return None if row is None else _import(row)


def change(db: Connection, found: Import, **values: Any) -> bool:
    """Writes columns down, under the claim; False when the claim was lost."""
    if "spans" in values:
        values["spans"] = _kept(values["spans"])
    mine = (imports.c.shop_id == found.shop_id, imports.c.fence == found.fence, imports.c.state.in_(OPEN))
    return db.execute(update(imports).where(*mine).values(values)).rowcount == 1


def hurry(db: Connection, shop_id: int, operations: Sequence[str], now: datetime) -> None:
    """The store says that one of these has ended: who waits for it need not wait any longer."""
    mine = (imports.c.shop_id == shop_id, imports.c.state == "running", imports.c.operation.in_(operations))
    db.execute(update(imports).where(*mine, imports.c.run_at > now).values(run_at=now))


def _waiting(now: datetime) -> Sequence[Any]:
    free = or_(imports.c.claimed_until.is_(None), imports.c.claimed_until <= now)
    return (and_(imports.c.state.in_(OPEN), imports.c.run_at <= now), free)


def _kept(spans: Spans) -> list[list[str | None]]:
    return [[None if edge is None else edge.isoformat() for edge in span] for span in spans]


def _import(row: Row[Any]) -> Import:
    values = row._asdict()
    values["spans"] = tuple(
        tuple(None if edge is None else datetime.fromisoformat(edge) for edge in span) for span in values["spans"]
    )
    return Import(**values)

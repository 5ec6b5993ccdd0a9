"""Numbers of a whole shop that take long to reckon: kept as documents by the night, read by the pages. Nothing personal."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from storage.tables import figures
from storage.upserts import among, insert


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A document and the instant whose numbers it holds."""

    as_of: datetime
    body: dict[str, Any]


def keep(db: Connection, shop_id: int, name: str, body: dict[str, Any], as_of: datetime) -> None:
    """Replaces the document of this name, unless a newer one is there."""
    statement = insert(db, figures).values(shop_id=shop_id, name=name, as_of=as_of, body=body)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["shop_id", "name"],
        set_={"as_of": new.as_of, "body": new.body},
        where=new.as_of >= figures.c.as_of,
    )
    db.execute(statement)


def get(db: Connection, shop_id: int, name: str) -> Kept | None:
    """The document of this name; None before the first."""
    mine = (figures.c.shop_id == shop_id, figures.c.name == name)
    row = db.execute(select(figures.c.as_of, figures.c.body).where(*mine)).one_or_none()
    return None if row is None else Kept(as_of=row.as_of, body=row.body)


def named(db: Connection, shop_id: int, beginning: str) -> dict[str, Kept]:
    """The documents whose names begin so (ASCII), by name."""
    mine = (figures.c.shop_id == shop_id, figures.c.name >= beginning, figures.c.name < beginning + "\x7f")
    rows = db.execute(select(figures.c.name, figures.c.as_of, figures.c.body).where(*mine))
    return {row.name: Kept(as_of=row.as_of, body=row.body) for row in rows}


def forget(db: Connection, shop_id: int, names: Collection[str]) -> None:
    """Removes the documents of these names."""
    db.execute(delete(figures).where(figures.c.shop_id == shop_id, among(db, figures.c.name, names)))

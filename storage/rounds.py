"""Offers in pieces, for those who go the rounds: what has ended, what is in the store, what is to be cancelled.

Pieces are in the order of the offers' ids and begin after the last one of the piece before, so that any number of
offers is gone through in bounded memory, and a round that was broken off goes on where it was.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, update

from storage import offers
from storage.columns import YES
from storage.offers import Offer
from storage.tables import offers as table
from storage.upserts import among

#: the store has been asked for them, so that it may have them
ASKED = ("sending", "issued")
#: As expressions, so that the states' index chooses the few that are open: by the bare columns SQLite would walk through
#: all offers that there ever were, in the order of their ids.
PLACE, CODE = func.coalesce(table.c.offer_id, ""), func.coalesce(table.c.code, "")

#: what an offer was decided from is long, and nobody on a round reads it: empty in all that is read here
UNREAD = frozenset({"reasons", "inputs"})


def ended_unasked(db: Connection, shop_id: int, now: datetime, *, limit: int) -> list[Offer]:
    """Open offers whose end has come and that no store can have: never sent, or without a code."""
    return _read(db, _ended_unasked(shop_id, now).order_by(PLACE).limit(limit))


def ended_asked(db: Connection, shop_id: int, now: datetime, *, after: str, limit: int) -> list[Offer]:
    """Open offers whose end has come and whose code a store may have."""
    return _read(db, _ended_asked(shop_id, now).where(after < PLACE).order_by(PLACE).limit(limit))


def any_ended_unasked(db: Connection, shop_id: int, now: datetime) -> bool:
    """Whether there is one of ``ended_unasked``."""
    return db.execute(_ended_unasked(shop_id, now).with_only_columns(table.c.offer_id).limit(1)).first() is not None


def any_ended_asked(db: Connection, shop_id: int, now: datetime) -> bool:
    """Whether there is one of ``ended_asked``."""
    return db.execute(_ended_asked(shop_id, now).with_only_columns(table.c.offer_id).limit(1)).first() is not None


def in_store(db: Connection, shop_id: int, now: datetime, *, after: str, limit: int) -> list[Offer]:
    """Offers that the store was seen to have, and whose end has not come."""
    mine = (*_in_store(shop_id, now), after < PLACE)
    return _read(db, _whole().where(*mine).order_by(PLACE).limit(limit))


def count_in_store(db: Connection, shop_id: int, now: datetime) -> int:
    """How many of ``in_store`` there are."""
    return db.execute(select(func.count()).select_from(table).where(*_in_store(shop_id, now))).scalar_one()


def doubtful(db: Connection, shop_id: int, before: datetime, *, after: str, limit: int) -> list[Offer]:
    """Offers that have been on their way to the store since before then, or were to be asked for since before then."""
    sent = and_(table.c.state == "sending", table.c.sending_at < before)
    unsent = and_(table.c.state == "planned", table.c.created_at < before)
    mine = (table.c.shop_id == shop_id, or_(sent, unsent))
    return _read(db, _whole().where(*mine, after < PLACE).order_by(PLACE).limit(limit))


def unwanted(db: Connection, shop_id: int, *, after: str, limit: int) -> list[Offer]:
    """Issued offers whose codes must end up dead in the store."""
    mine = (table.c.shop_id == shop_id, table.c.state == "issued", table.c.unwanted == YES, after < PLACE)
    return _read(db, _whole().where(*mine).order_by(PLACE).limit(limit))


def by_refs(db: Connection, shop_id: int, refs: Collection[str]) -> list[str]:
    """The ids of the issued offers that the store knows by these references."""
    mine = (table.c.shop_id == shop_id, table.c.state == "issued", among(db, table.c.store_ref, refs))
    return list(db.execute(select(table.c.offer_id).where(*mine).order_by(table.c.offer_id)).scalars())


def open_offers(
    db: Connection, shop_id: int, *, version: int | None, kind: str | None, after: str, limit: int
) -> list[Offer]:
    """Offers that are neither used nor over: those that a version of the rules made, those of a kind, or all."""
    mine = [table.c.shop_id == shop_id, table.c.state.in_(offers.OPEN), after < PLACE]
    mine += [] if version is None else [table.c.program_version == version]
    mine += [] if kind is None else [table.c.kind == kind]
    return _read(db, _whole().where(*mine).order_by(PLACE).limit(limit))


def unwant(db: Connection, shop_id: int, offer_ids: Collection[str], *, note: str) -> None:
    """Marks offers whose codes must end up dead in the store."""
    mine = (table.c.shop_id == shop_id, among(db, table.c.offer_id, offer_ids), table.c.state.in_(ASKED))
    db.execute(update(table).where(*mine).values(unwanted=True, note=note))


def _in_store(shop_id: int, now: datetime) -> Sequence[ColumnElement[bool]]:
    here = (table.c.shop_id == shop_id, table.c.state == "issued", table.c.ends_at > now)
    return (*here, table.c.store_ref.is_not(None))


def _ended_unasked(shop_id: int, now: datetime) -> Select[Any]:
    unasked = or_(table.c.state == "planned", (table.c.state == "issued") & (CODE == ""))
    return _whole().where(*_over(shop_id, now), unasked)


def _ended_asked(shop_id: int, now: datetime) -> Select[Any]:
    return _whole().where(*_over(shop_id, now), table.c.state.in_(ASKED), CODE != "")


def _over(shop_id: int, now: datetime) -> Sequence[ColumnElement[bool]]:
    # the states once more, so that the index by state and end serves
    return (table.c.shop_id == shop_id, table.c.state.in_(offers.OPEN), table.c.ends_at <= now)


def _whole() -> Select[Any]:
    return select(*(column for column in offers.COLUMNS if column.name not in UNREAD))


def _read(db: Connection, statement: Select[Any]) -> list[Offer]:
    return [Offer(**row._asdict(), reasons=[], inputs={}) for row in db.execute(statement)]

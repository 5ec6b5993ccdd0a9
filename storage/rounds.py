"""Offers in pieces, for those who go the rounds: what has ended, what is in the store, what is to be cancelled.

Pieces are in the order of the offers' ids and begin after the last one of the piece before, so that any number of
offers is gone through in bounded memory, and a round that was broken off goes on where it was.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, func, or_, select, update

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
WHOLE = tuple(column for column in offers.COLUMNS if column.name not in UNREAD)

# asked in every round, so built once
MINE = table.c.shop_id == bindparam("shop")
NOW, BEFORE = bindparam("now", type_=table.c.ends_at.type), bindparam("before", type_=table.c.sending_at.type)
BEHIND = bindparam("after", type_=table.c.offer_id.type) < PLACE
MOST: BindParameter[int] = bindparam("most")
# the states once more, so that the index by state and end serves
OVER = (MINE, table.c.state.in_(offers.OPEN), table.c.ends_at <= NOW)
UNASKED = (*OVER, or_(table.c.state == "planned", (table.c.state == "issued") & (CODE == "")))
GONE_OUT = (*OVER, table.c.state.in_(ASKED), CODE != "")
ENDED_UNASKED = select(*WHOLE).where(*UNASKED).order_by(PLACE).limit(MOST)
ENDED_ASKED = select(*WHOLE).where(*GONE_OUT, BEHIND).order_by(PLACE).limit(MOST)
ANY_UNASKED = select(table.c.offer_id).where(*UNASKED).limit(1)
ANY_ASKED = select(table.c.offer_id).where(*GONE_OUT).limit(1)
THERE = (MINE, table.c.state == "issued", table.c.ends_at > NOW, table.c.store_ref.is_not(None))
IN_STORE = select(*WHOLE).where(*THERE, BEHIND).order_by(PLACE).limit(MOST)
COUNT_IN_STORE = select(func.count()).select_from(table).where(*THERE)
SENT = and_(table.c.state == "sending", table.c.sending_at < BEFORE)
UNSENT = and_(table.c.state == "planned", table.c.created_at < BEFORE)
DOUBTFUL = select(*WHOLE).where(MINE, or_(SENT, UNSENT), BEHIND).order_by(PLACE).limit(MOST)
UNWANTED = (
    select(*WHOLE).where(MINE, table.c.state == "issued", table.c.unwanted == YES, BEHIND).order_by(PLACE).limit(MOST)
)


def ended_unasked(db: Connection, shop_id: int, now: datetime, *, limit: int) -> list[Offer]:
    """Open offers whose end has come and that no store can have: never sent, or without a code."""
    return _read(db, ENDED_UNASKED, shop=shop_id, now=now, most=limit)


def ended_asked(db: Connection, shop_id: int, now: datetime, *, after: str, limit: int) -> list[Offer]:
    """Open offers whose end has come and whose code a store may have."""
    return _read(db, ENDED_ASKED, shop=shop_id, now=now, after=after, most=limit)


def any_ended_unasked(db: Connection, shop_id: int, now: datetime) -> bool:
    """Whether there is one of ``ended_unasked``."""
    return db.execute(ANY_UNASKED, {"shop": shop_id, "now": now}).first() is not None


def any_ended_asked(db: Connection, shop_id: int, now: datetime) -> bool:
    """Whether there is one of ``ended_asked``."""
    return db.execute(ANY_ASKED, {"shop": shop_id, "now": now}).first() is not None


def in_store(db: Connection, shop_id: int, now: datetime, *, after: str, limit: int) -> list[Offer]:
    """Offers that the store was seen to have, and whose end has not come."""
    return _read(db, IN_STORE, shop=shop_id, now=now, after=after, most=limit)


def count_in_store(db: Connection, shop_id: int, now: datetime) -> int:
    """How many of ``in_store`` there are."""
    return int(db.execute(COUNT_IN_STORE, {"shop": shop_id, "now": now}).scalar_one())


def doubtful(db: Connection, shop_id: int, before: datetime, *, after: str, limit: int) -> list[Offer]:
    """Offers that have been on their way to the store since before then, or were to be asked for since before then."""
    return _read(db, DOUBTFUL, shop=shop_id, before=before, after=after, most=limit)


def unwanted(db: Connection, shop_id: int, *, after: str, limit: int) -> list[Offer]:
    """Issued offers whose codes must end up dead in the store."""
    return _read(db, UNWANTED, shop=shop_id, after=after, most=limit)


def by_refs(db: Connection, shop_id: int, refs: Collection[str]) -> list[str]:
    """The ids of the issued offers that the store knows by these references."""
    mine = (table.c.shop_id == shop_id, table.c.state == "issued", among(db, table.c.store_ref, refs))
    return list(db.execute(select(table.c.offer_id).where(*mine).order_by(table.c.offer_id)).scalars())


def open_offers(
    db: Connection, shop_id: int, *, version: int | None, kind: str | None, after: str, limit: int
) -> list[Offer]:
    """Offers that are neither used nor over: those that a version of the rules made, those of a kind, or all."""
    which = [] if version is None else [table.c.program_version == version]
    which += [] if kind is None else [table.c.kind == kind]
    statement = select(*WHOLE).where(MINE, table.c.state.in_(offers.OPEN), BEHIND, *which)
    return _read(db, statement.order_by(PLACE).limit(MOST), shop=shop_id, after=after, most=limit)


def unwant(db: Connection, shop_id: int, offer_ids: Collection[str], *, note: str) -> None:
    """Marks offers whose codes must end up dead in the store."""
    mine = (table.c.shop_id == shop_id, among(db, table.c.offer_id, offer_ids), table.c.state.in_(ASKED))
    db.execute(update(table).where(*mine).values(unwanted=True, note=note))


def _read(db: Connection, statement: Select[Any], **given: object) -> list[Offer]:
    return [Offer(**row._asdict(), reasons=[], inputs={}) for row in db.execute(statement, given)]

"""Offers and their life: written before the store is asked, moved only along the drawn arrows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Row, Select, bindparam, case, func, or_, select, type_coerce, update
from sqlalchemy.sql.dml import ReturningUpdate

from storage.claims import EVERY_SHOP
from storage.tables import offers
from storage.upserts import among_later, listed, put_new

#: state -> the states that it may be followed by; README.md draws them
MOVES: Mapping[str, frozenset[str]] = MappingProxyType({
    "planned": frozenset({"sending", "issued", "cancelled", "rejected"}),
    "sending": frozenset({"issued", "rejected", "cancelled", "redeemed"}),
    "issued": frozenset({"redeemed", "expired", "revoked", "cancelled"}),
    "expired": frozenset({"redeemed"}),
    "revoked": frozenset({"redeemed"}),
    "cancelled": frozenset({"redeemed"}),
    "held_out": frozenset(),
    "rejected": frozenset(),
    "redeemed": frozenset(),
})  # fmt: skip
#: what may change together with the state
CHANGING = frozenset({
    "store_ref", "reserved_minor", "cost_minor", "starts_at", "ends_at", "sending_at", "issued_at", "redeemed_at",
    "closed_at", "order_id", "unwanted", "note", "budget_month", "generation", "code", "code_key_id",
})  # fmt: skip
AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOffer:
    """An offer to write down. ``rule``, ``cycle`` and ``generation`` make it one of a kind for its customer."""

    offer_id: str
    customer_id: str
    kind: str
    step: str
    rule: str
    cycle: str
    generation: int = 0
    program_version: int
    state: str
    #: upper case; None for one without a code
    code: str | None = None
    code_key_id: str | None = None
    benefit: dict[str, Any]
    #: YYYY-MM in the shop's zone; whose money it is
    budget_month: str | None = None
    reserved_minor: int = 0
    currency: str
    created_at: datetime
    starts_at: datetime
    ends_at: datetime
    issued_at: datetime | None = None
    closed_at: datetime | None = None
    note: str | None = None
    reasons: list[dict[str, Any]]
    inputs: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(NewOffer):
    """An offer as it stands."""

    shop_id: int
    store_ref: str | None
    cost_minor: int
    sending_at: datetime | None
    redeemed_at: datetime | None
    order_id: str | None
    #: its code must end up dead in the store
    unwanted: bool


class Made(NamedTuple):
    """An offer made to a customer, as the next decision sees it."""

    customer_id: str
    kind: str
    step: str
    rule: str
    cycle: str
    state: str
    benefit: dict[str, Any]
    created_at: datetime
    ends_at: datetime
    reserved_minor: int
    cost_minor: int
    currency: str


class Today(NamedTuple):
    """What was made since a moment: the money set aside or spent, and the offers of one kind, reminders included."""

    money_minor: int
    win_backs: int


TOLD = tuple(field.name for field in fields(NewOffer))
COLUMNS = tuple(offers.c[field.name] for field in fields(Offer))
MINE = offers.c.shop_id == bindparam("shop")
# the sum keeps SQLite from reading all offers by age instead of the few that are wanted
OLDEST_FIRST = (type_coerce(offers.c.created_at, BigInteger) + 0, offers.c.offer_id)
OPEN = ("planned", "sending", "issued")
OVER = (MINE, offers.c.state.in_(OPEN), offers.c.ends_at <= bindparam("now", type_=offers.c.ends_at.type))
ENDED = select(*COLUMNS).where(*OVER).order_by(offers.c.ends_at, offers.c.offer_id).limit(bindparam("most"))
ANY_ENDED = select(offers.c.offer_id).where(*OVER).limit(1)
SINCE = select(
    func.coalesce(
        func.sum(
            case(
                (offers.c.currency != bindparam("currency"), 0),
                (offers.c.state == "redeemed", offers.c.cost_minor),
                else_=offers.c.reserved_minor,
            )
        ),
        0,
    ),
    func.coalesce(func.sum(case((offers.c.kind == bindparam("kind"), 1), else_=0)), 0),
).where(MINE, offers.c.created_at >= bindparam("from", type_=offers.c.created_at.type))
SENT = (MINE, offers.c.offer_id == bindparam("id"), offers.c.state == "sending")
ISSUE = update(offers).where(*SENT).values(state="issued", store_ref=bindparam("ref"), issued_at=bindparam("now"))


def open_many(db: Connection, shop_id: int, new: Sequence[NewOffer]) -> set[str]:
    """Writes offers down; the ids of those really new: one whose reason, id or code is taken is left as it was."""
    # not asdict, which copies the reasons and inputs to their last leaf
    rows = [{"shop_id": shop_id, **{name: getattr(one, name) for name in TOLD}} for one in new]
    for row in rows:
        row["code"] = _upper(row["code"])
    return {row.offer_id for row in put_new(db, offers, rows, returning=(offers.c.offer_id,))}


def get(db: Connection, shop_id: int, offer_id: str) -> Offer | None:
    """The offer of this id."""
    return some(db, shop_id, [offer_id]).get(offer_id)


def some(db: Connection, shop_id: int, offer_ids: Collection[str]) -> dict[str, Offer]:
    """The offers of these ids that exist."""
    found = db.execute(_by(db.dialect.name, "offer_id"), {"shop": shop_id, "wanted": listed(db, offer_ids)})
    return {row.offer_id: _offer(row) for row in found}


def by_codes(db: Connection, shop_id: int, codes: Collection[str]) -> dict[str, Offer]:
    """Offers by their codes, upper or lower case alike; the keys are upper case."""
    wanted = {code.upper() for code in codes}
    if not wanted:
        return {}
    rows = db.execute(_by(db.dialect.name, "code"), {"shop": shop_id, "wanted": listed(db, wanted)})
    return {str(row.code): _offer(row) for row in rows}


def of_customers(db: Connection, shop_id: int, ids: Collection[str]) -> dict[str, list[Offer]]:
    """The offers of these customers, oldest first; no key for one who has none."""
    found: dict[str, list[Offer]] = {}
    for row in db.execute(_by(db.dialect.name, "customer_id"), {"shop": shop_id, "wanted": listed(db, ids)}):
        found.setdefault(row.customer_id, []).append(_offer(row))
    return found


def made_to(db: Connection, shop_id: int, ids: Collection[str]) -> dict[str, list[Made]]:
    """``of_customers`` with what the next decision asks about, and no more."""
    found: dict[str, list[Made]] = {}
    for row in db.execute(_made(db.dialect.name), {"shop": shop_id, "wanted": listed(db, ids)}):
        found.setdefault(row[0], []).append(Made(*row))
    return found


def made_since(db: Connection, shop_id: int, moment: datetime, *, kind: str, currency: str) -> Today:
    """The offers made from ``moment`` on: the money of those in a currency, the number of those of ``kind``."""
    # PostgreSQL gives sums as decimals
    return Today(
        *map(int, db.execute(SINCE, {"shop": shop_id, "from": moment, "kind": kind, "currency": currency}).one())
    )


def advance(
    db: Connection, shop_id: int, offer_id: str, *, to: str, frm: Collection[str] | None = None, **columns: Any
) -> bool:
    """Moves an offer if it is in one of the states ``frm`` (None: any that leads to ``to``); whether it moved.

    ``columns`` change with it. Raises ValueError for a move that is not drawn, or a column that never changes.
    """
    return bool(advance_many(db, shop_id, [offer_id], to=to, frm=frm, **columns))


def advance_many(
    db: Connection,
    shop_id: int,
    offer_ids: Collection[str],
    *,
    to: str,
    frm: Collection[str] | None = None,
    **columns: Any,
) -> set[str]:
    """``advance`` for many offers whose ``columns`` change alike; the ids of those that moved."""
    given = {f"new_{name}": value for name, value in _allowed(columns).items()}
    statement = _advance(db.dialect.name, to, _from(to, frm), tuple(columns))
    return set(db.execute(statement, {"shop": shop_id, "ids": listed(db, offer_ids), **given}).scalars())


def issue_many(db: Connection, shop_id: int, refs: Mapping[str, str | None], *, now: datetime) -> None:
    """Moves offers that were being sent to ``issued``, each with what the store calls it."""
    rows = [{"shop": shop_id, "id": offer_id, "ref": refs[offer_id], "now": now} for offer_id in sorted(refs)]
    if rows:
        db.execute(ISSUE, rows)


def amend(db: Connection, shop_id: int, offer_id: str, **columns: Any) -> bool:
    """Changes columns beside the state; whether there is such an offer. Raises ValueError for one that never changes."""
    here = (offers.c.shop_id == shop_id, offers.c.offer_id == offer_id)
    return db.execute(update(offers).where(*here).values(_allowed(columns))).rowcount == 1


def every(db: Connection, shop_id: int) -> Iterator[Offer]:
    """All offers of a shop as they were made, without holding them all in memory."""
    statement = select(*COLUMNS).where(offers.c.shop_id == shop_id).order_by(offers.c.created_at, offers.c.offer_id)
    return (_offer(row) for row in db.execute(statement.execution_options(yield_per=AT_ONCE)))


def newest(db: Connection, shop_id: int, limit: int) -> list[Offer]:
    """The offers made last, the newest first."""
    statement = select(*COLUMNS).where(offers.c.shop_id == shop_id)
    ordered = statement.order_by(offers.c.created_at.desc(), offers.c.offer_id.desc()).limit(limit)
    return [_offer(row) for row in db.execute(ordered)]


def ended(db: Connection, shop_id: int, now: datetime, limit: int) -> list[Offer]:
    """Offers not closed whose end has come, the longest ago first."""
    return [_offer(row) for row in db.execute(ENDED, {"shop": shop_id, "now": now, "most": limit})]


def any_ended(db: Connection, shop_id: int, now: datetime) -> bool:
    """Whether there is an offer not closed whose end has come."""
    return db.execute(ANY_ENDED, {"shop": shop_id, "now": now}).first() is not None


def in_doubt(db: Connection, before: datetime) -> list[Offer]:
    """Offers of all shops that have been on their way to the store since before then."""
    mine = (offers.c.state == "sending", offers.c.sending_at < before)
    statement = select(*COLUMNS).prefix_with(EVERY_SHOP).where(*mine)
    return [_offer(row) for row in db.execute(statement.order_by(offers.c.sending_at, offers.c.offer_id))]


def counts(db: Connection, shop_id: int) -> dict[str, int]:
    """How many offers are in each state that occurs."""
    statement = select(offers.c.state, func.count()).where(offers.c.shop_id == shop_id)
    return dict(db.execute(statement.group_by(offers.c.state)).all())


@cache
def _by(dialect: str, name: str) -> Select[Any]:
    wanted = among_later(dialect, offers.c[name], "wanted")
    return select(*COLUMNS).where(MINE, wanted).order_by(*OLDEST_FIRST)


@cache
def _made(dialect: str) -> Select[Any]:
    wanted = among_later(dialect, offers.c.customer_id, "wanted")
    columns = (offers.c[name] for name in Made._fields)
    return select(*columns).where(MINE, wanted).order_by(*OLDEST_FIRST)


@lru_cache(maxsize=64)
def _advance(dialect: str, to: str, frm: tuple[str, ...], names: tuple[str, ...]) -> ReturningUpdate[Any]:
    new = {name: bindparam(f"new_{name}", type_=offers.c[name].type) for name in names}
    here = (MINE, among_later(dialect, offers.c.offer_id, "ids"), or_(*(offers.c.state == state for state in frm)))
    return update(offers).where(*here).values(state=to, **new).returning(offers.c.offer_id)


def _from(to: str, frm: Collection[str] | None) -> tuple[str, ...]:
    leading = {state for state, following in MOVES.items() if to in following}
    asked = leading if frm is None else set(frm)
    if not asked or not asked <= leading:
        raise ValueError(f"no offer goes from {sorted(asked)} to {to!r}")
    return tuple(sorted(asked))


def _upper(code: str | None) -> str | None:
    return None if code is None else code.upper()


def _allowed(columns: dict[str, Any]) -> dict[str, Any]:
    if fixed := sorted(columns.keys() - CHANGING):
        raise ValueError(f"an offer's {fixed[0]} does not change")
    return columns | {"code": _upper(columns["code"])} if "code" in columns else columns


def _offer(row: Row[Any]) -> Offer:
    return Offer(**row._asdict())

"""Offers and their life: written before the store is asked, moved only along the drawn arrows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from storage.claims import EVERY_SHOP
from storage.tables import offers
from storage.upserts import among, put_new

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


COLUMNS = tuple(offers.c[field.name] for field in fields(Offer))


def open_many(db: Connection, shop_id: int, new: Sequence[NewOffer]) -> set[str]:
    """Writes offers down; the ids of those really new: one whose reason, id or code is taken is left as it was."""
    rows = [{"shop_id": shop_id, **asdict(one), "code": _upper(one.code)} for one in new]
    return {row.offer_id for row in put_new(db, offers, rows, returning=(offers.c.offer_id,))}


def get(db: Connection, shop_id: int, offer_id: str) -> Offer | None:
    """The offer of this id."""
    statement = select(*COLUMNS).where(offers.c.shop_id == shop_id, offers.c.offer_id == offer_id)
    row = db.execute(statement).one_or_none()
    return None if row is None else _offer(row)


def by_codes(db: Connection, shop_id: int, codes: Collection[str]) -> dict[str, Offer]:
    """Offers by their codes, upper or lower case alike; the keys are upper case."""
    wanted = {code.upper() for code in codes}
    statement = select(*COLUMNS).where(offers.c.shop_id == shop_id, among(db, offers.c.code, wanted))
    return {str(row.code): _offer(row) for row in db.execute(statement)}


def of_customers(db: Connection, shop_id: int, ids: Collection[str]) -> dict[str, list[Offer]]:
    """The offers of these customers, oldest first; no key for one who has none."""
    statement = select(*COLUMNS).where(offers.c.shop_id == shop_id, among(db, offers.c.customer_id, ids))
    found: dict[str, list[Offer]] = {}
    for row in db.execute(statement.order_by(offers.c.created_at, offers.c.offer_id)):
        found.setdefault(row.customer_id, []).append(_offer(row))
    return found


def advance(
    db: Connection, shop_id: int, offer_id: str, *, to: str, frm: Collection[str] | None = None, **columns: Any
) -> bool:
    """Moves an offer if it is in one of the states ``frm`` (None: any that leads to ``to``); whether it moved.

    ``columns`` change with it. Raises ValueError for a move that is not drawn, or a column that never changes.
    """
    leading = {state for state, following in MOVES.items() if to in following}
    asked = leading if frm is None else set(frm)
    if not asked or not asked <= leading:
        raise ValueError(f"no offer goes from {sorted(asked)} to {to!r}")
    here = (offers.c.shop_id == shop_id, offers.c.offer_id == offer_id, offers.c.state.in_(sorted(asked)))
    return db.execute(update(offers).where(*here).values(state=to, **_allowed(columns))).rowcount == 1


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
    """Issued offers whose end has come, the longest ago first."""
    mine = (offers.c.shop_id == shop_id, offers.c.state == "issued", offers.c.ends_at <= now)
    statement = select(*COLUMNS).where(*mine).order_by(offers.c.ends_at, offers.c.offer_id).limit(limit)
    return [_offer(row) for row in db.execute(statement)]


def in_doubt(db: Connection, before: datetime) -> list[Offer]:
    """Offers of all shops that have been on their way to the store since before then."""
    mine = (offers.c.state == "sending", offers.c.sending_at < before)
    statement = select(*COLUMNS).prefix_with(EVERY_SHOP).where(*mine)
    return [_offer(row) for row in db.execute(statement.order_by(offers.c.sending_at, offers.c.offer_id))]


def counts(db: Connection, shop_id: int) -> dict[str, int]:
    """How many offers are in each state that occurs."""
    statement = select(offers.c.state, func.count()).where(offers.c.shop_id == shop_id)
    return dict(db.execute(statement.group_by(offers.c.state)).all())


def _upper(code: str | None) -> str | None:
    return None if code is None else code.upper()


def _allowed(columns: dict[str, Any]) -> dict[str, Any]:
    if fixed := sorted(columns.keys() - CHANGING):
        raise ValueError(f"an offer's {fixed[0]} does not change")
    return columns | {"code": _upper(columns["code"])} if "code" in columns else columns


def _offer(row: Row[Any]) -> Offer:
    return Offer(**row._asdict())

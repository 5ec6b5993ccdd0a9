"""How all shops together stand, for who watches over them: every figure by an index, however large the database is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from storage.claims import EVERY_SHOP, WAITING
from storage.inbox import oldest_waiting
from storage.tables import budgets, inbox, offers, outbox, programs, shops

#: the states that an offer still leaves by itself; the others only grow
OPEN = ("planned", "sending", "issued")
_KNOWN = shops.c.shop_id > 0
_SERVED = shops.c.state == "active"
#: requests to forget that are not settled, as their index says it
FORGET: tuple[ColumnElement[bool], ...] = (
    inbox.c.topic.in_([literal_column("'customers/redact'"), literal_column("'shop/redact'")]),
    inbox.c.state != literal_column("'done'"),
)


class Money(NamedTuple):
    """A month of a shop that is served, minor units."""

    shop_id: int
    timezone: str
    currency: str
    month: str
    reserved_minor: int
    booked_minor: int


class Rules(NamedTuple):
    """The rules in force in a shop that is served, as they are stored."""

    timezone: str
    currency: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """All shops together, at one moment."""

    inbox_waiting: int
    outbox_waiting: int
    #: when the first delivery in the line of any shop came in, and for when the first call of a served shop was meant
    inbox_since: datetime | None
    outbox_since: datetime | None
    #: deliveries that could not be understood; calls to shops that are served that were given up
    inbox_dead: int
    outbox_dead: int
    #: offers in the states that they leave again
    offers: Mapping[str, int]
    #: since when an offer's fate in the store has been unknown
    in_doubt_since: datetime | None
    #: when the oldest request to forget that is not settled came in
    forget_since: datetime | None


def read(db: Connection) -> Gauges:
    """Everything, in a few statements that read what is open and not what is past."""
    return Gauges(
        inbox_waiting=_count(db, inbox, inbox.c.state == WAITING),
        outbox_waiting=_count(db, outbox, outbox.c.state == WAITING),
        inbox_since=oldest_waiting(db),
        outbox_since=_first(db, outbox, outbox.c.run_at, outbox.c.state == WAITING, _SERVED),
        inbox_dead=_count(db, inbox, inbox.c.state == literal_column("'set_aside'")),
        outbox_dead=_count(db, outbox, outbox.c.state == literal_column("'given_up'"), _SERVED),
        offers={state: _count(db, offers, offers.c.state == state) for state in OPEN},
        in_doubt_since=_first(db, offers, offers.c.sending_at, offers.c.state == "sending"),
        forget_since=db.execute(_FORGET).scalar_one(),
    )


def money(db: Connection, months: set[str]) -> list[Money]:
    """What shops that are served have promised and spent in these months (YYYY-MM).

    The names of months include those beside them, in the present currency of a shop that changed it.
    """
    columns = (shops.c.shop_id, shops.c.timezone, shops.c.currency, budgets.c.month)
    sums = (budgets.c.reserved_minor, budgets.c.booked_minor)
    # as ``budgets.beside`` names them
    own = [literal("+") + shops.c.currency + f"/{month}" for month in sorted(months)]
    of_shop = and_(budgets.c.shop_id == shops.c.shop_id, budgets.c.month.in_([*sorted(months), *own]))
    statement = select(*columns, *sums).select_from(shops.join(budgets, of_shop)).where(shops.c.state == "active")
    return [Money(*row) for row in db.execute(statement)]


def rules(db: Connection) -> list[Rules]:
    """The newest rules of every shop that is served and has some."""
    same = programs.alias()
    theirs = select(func.max(same.c.version)).where(same.c.shop_id == shops.c.shop_id).scalar_subquery()
    newest = and_(programs.c.shop_id == shops.c.shop_id, programs.c.version == theirs)
    columns = select(shops.c.timezone, shops.c.currency, programs.c.body)
    return [Rules(*row) for row in db.execute(columns.select_from(shops.join(programs, newest)).where(_SERVED))]


def ways(db: Connection) -> dict[str, int]:
    """Connected stores by whether calls to them go out (``closed``, as one says of a circuit) or are held back (``open``)."""
    held = or_(shops.c.state != "active", shops.c.access_lost_at.is_not(None))
    connected = select(held.label("held")).where(shops.c.state != "uninstalled").subquery()
    each = db.execute(select(connected.c.held, func.count()).group_by(connected.c.held))
    return {"closed": 0, "open": 0} | {"open" if held else "closed": count for held, count in each}


def drift(db: Connection, *, changed: str, unknown: str) -> dict[str, int]:
    """What the stores had otherwise when they were last asked.

    Offers in force whose discount is another than was asked for (their note begins with ``changed``), and live codes of
    ours that belong to no offer (calls of the kind ``unknown`` that wait).
    """
    other = and_(offers.c.state == "issued", offers.c.note.startswith(changed, autoescape=True))
    nobodys = and_(outbox.c.state == WAITING, outbox.c.kind == unknown)
    return {"changed": _count(db, offers, other), "unknown": _count(db, outbox, nobodys)}


def calls(db: Connection, *, begins: str) -> int:
    """Calls whose key begins so, whatever became of them: a range of the keys' index."""
    after = begins[:-1] + chr(ord(begins[-1]) + 1)
    return _count(db, outbox, and_(outbox.c.key >= begins, outbox.c.key < after))


_FORGET: Select[Any] = select(func.min(inbox.c.received_at)).prefix_with(EVERY_SHOP).where(*FORGET)


def _count(db: Connection, queue: Table, which: ColumnElement[bool], whose: ColumnElement[bool] = _KNOWN) -> int:
    """Shop by shop, so that an index that holds such rows alone answers without a look at the rows."""
    mine = select(func.count()).select_from(queue).where(queue.c.shop_id == shops.c.shop_id, which)
    each = select(mine.scalar_subquery().label("count")).select_from(shops).where(whose).subquery()
    return int(db.execute(select(func.coalesce(func.sum(each.c["count"]), 0))).scalar_one())


def _first(
    db: Connection, table: Table, when: Column[Any], which: ColumnElement[bool], whose: ColumnElement[bool] = _KNOWN
) -> datetime | None:
    mine = select(func.min(when)).where(table.c.shop_id == shops.c.shop_id, which)
    each = select(mine.scalar_subquery().label("first")).select_from(shops).where(whose).subquery()
    moment: datetime | None = db.execute(select(func.min(each.c.first))).scalar_one()
    return moment

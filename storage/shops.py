"""The stores that Regulars serves: who they are, whether they are served, and what opens their API (sealed)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Text, bindparam, case, func, select, type_coerce, update
from sqlalchemy.sql.dml import ReturningInsert

from storage.facts import ShopFact
from storage.tables import shops
from storage.upserts import bare, insert_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A store as it stands, without its credentials and its model."""

    shop_id: int
    platform: str
    domain: str
    name: str
    currency: str
    #: IANA name
    timezone: str
    #: active, paused or uninstalled
    state: str
    scopes: str
    #: rises with every new installation
    generation: int
    installed_at: datetime
    uninstalled_at: datetime | None
    #: when access was last given anew; None from before that was kept
    granted_at: datetime | None
    #: since when and why the store lets us in no longer; None while it does
    access_lost_at: datetime | None
    access_trouble: str | None
    #: when the connection was last looked after
    looked_at: datetime | None
    #: one sentence for the merchant: why the store is paused; None when it is not, or was paused on request
    trouble: str | None
    nightly_due_at: datetime
    model_as_of: datetime | None


COLUMNS = tuple(shops.c[field.name] for field in fields(Shop))
# asked for with every batch, so built once
MINE = shops.c.shop_id == bindparam("shop")
GET = select(*COLUMNS).where(MINE)
CREDENTIALS = select(shops.c.credentials).where(MINE)
MODEL = select(type_coerce(shops.c.model, Text)).where(MINE)
CURRENCIES = select(shops.c.shop_id, shops.c.currency)
EVERY = select(*COLUMNS).order_by(shops.c.shop_id)
OVERDUE = (shops.c.state == "active", shops.c.nightly_due_at <= bindparam("now", type_=shops.c.nightly_due_at.type))
DUE = select(*COLUMNS).where(*OVERDUE).order_by(shops.c.nightly_due_at, shops.c.shop_id)


def install(
    db: Connection,
    *,
    platform: str,
    domain: str,
    credentials: bytes | None,
    scopes: str,
    now: datetime,
    nightly_due_at: datetime,
) -> Shop:
    """Connects a store. After an uninstall it is the same shop in its next generation; while connected, new credentials.

    What is older than this connection says nothing about it: see ``uninstall``.
    """
    row = {
        "platform": platform, "domain": domain, "credentials": credentials, "scopes": scopes, "state": "active",
        "installed_at": now, "granted_at": now, "nightly_due_at": nightly_due_at,
    }  # fmt: skip
    return _shop(db.execute(_install(db.dialect.name), row).one())


def find(db: Connection, *, platform: str, domain: str) -> Shop | None:
    """The shop of this domain, connected or not."""
    row = db.execute(select(*COLUMNS).where(shops.c.platform == platform, shops.c.domain == domain)).one_or_none()
    return None if row is None else _shop(row)


def get(db: Connection, shop_id: int) -> Shop:
    """The shop of this id. Raises LookupError when there is none."""
    row = db.execute(GET, {"shop": shop_id}).one_or_none()
    if row is None:
        raise LookupError(f"no shop {shop_id}")
    return _shop(row)


def currencies(db: Connection) -> dict[int, str]:
    """The currency of each shop."""
    return dict(map(tuple, bare(db.execute(CURRENCIES))))


def every(db: Connection) -> list[Shop]:
    """All shops, in the order in which they came."""
    return [_shop(row) for row in db.execute(EVERY)]


def due(db: Connection, now: datetime) -> list[Shop]:
    """Active shops whose nightly measurement should have begun, the longest overdue first."""
    return [_shop(row) for row in db.execute(DUE, {"now": now})]


def uninstall(db: Connection, shop_id: int, at: datetime) -> bool:
    """Disconnects and forgets the credentials; False when it is disconnected, or was connected anew after ``at``."""
    since = func.coalesce(shops.c.granted_at, shops.c.installed_at)
    still = (shops.c.shop_id == shop_id, shops.c.state != "uninstalled", since <= at)
    shut = {"access_lost_at": None, "access_trouble": None, "distrusted_at": None, "left_at": None, "prove_at": None}
    changed = {"state": "uninstalled", "credentials": None, "uninstalled_at": at, "trouble": None, **shut}
    return db.execute(update(shops).where(*still).values(changed)).rowcount == 1


def pause(db: Connection, shop_id: int, trouble: str | None) -> None:
    """Stops serving a connected store; ``trouble`` says why, unless it was asked for."""
    connected = (shops.c.shop_id == shop_id, shops.c.state != "uninstalled")
    db.execute(update(shops).where(*connected).values(state="paused", trouble=trouble))


def resume(db: Connection, shop_id: int) -> None:
    """Serves a paused store again; nothing happens to one in another state."""
    paused = (shops.c.shop_id == shop_id, shops.c.state == "paused")
    db.execute(update(shops).where(*paused).values(state="active", trouble=None))


def credentials(db: Connection, shop_id: int) -> bytes | None:
    """The sealed credentials as they were kept; None when there are none."""
    sealed: bytes | None = db.execute(CREDENTIALS, {"shop": shop_id}).scalar_one_or_none()
    return None if sealed is None else bytes(sealed)


def keep_credentials(db: Connection, shop_id: int, sealed: bytes) -> None:
    """Replaces the sealed credentials of a connected store."""
    connected = (shops.c.shop_id == shop_id, shops.c.state != "uninstalled")
    db.execute(update(shops).where(*connected).values(credentials=sealed))


def tell(db: Connection, shop_id: int, fact: ShopFact) -> None:
    """Takes what a store says of itself, unless something newer was told."""
    # of two tellings of one instant the larger wins, whichever came first
    told = (fact.updated_at, fact.name, fact.currency, fact.timezone)
    statement = select(shops.c.told_at, shops.c.name, shops.c.currency, shops.c.timezone).where(
        shops.c.shop_id == shop_id
    )
    row = db.execute(statement.with_for_update()).one_or_none()
    if row is None or (row.told_at is not None and told <= tuple(row)):
        return
    changed = {"told_at": fact.updated_at, "name": fact.name, "currency": fact.currency, "timezone": fact.timezone}
    db.execute(update(shops).where(shops.c.shop_id == shop_id).values(changed))


def keep_model(db: Connection, shop_id: int, model: dict[str, Any], as_of: datetime) -> None:
    """Replaces the store-wide numbers of the last nightly measurement."""
    db.execute(update(shops).where(shops.c.shop_id == shop_id).values(model=model, model_as_of=as_of))


def model(db: Connection, shop_id: int) -> str | None:
    """The store-wide numbers of the last nightly measurement as JSON text, for who has read them before; None before the first."""
    kept: str | None = db.execute(MODEL, {"shop": shop_id}).scalar_one_or_none()
    return kept


def plan_nightly(db: Connection, shop_id: int, at: datetime) -> None:
    """Says when the next nightly measurement is due."""
    db.execute(update(shops).where(shops.c.shop_id == shop_id).values(nightly_due_at=at))


def _shop(row: Row[Any]) -> Shop:
    return Shop(**row._asdict())


@cache
def _install(dialect: str) -> ReturningInsert[Any]:
    statement = insert_on(dialect, shops)
    returned, new = shops.c.state == "uninstalled", statement.excluded
    afresh = {
        "credentials": new.credentials,
        "scopes": new.scopes,
        "state": "active",
        "granted_at": new.granted_at,
        "generation": shops.c.generation + case((returned, 1), else_=0),
        "installed_at": case((returned, new.installed_at), else_=shops.c.installed_at),
        "nightly_due_at": case((returned, new.nightly_due_at), else_=shops.c.nightly_due_at),
    }
    over = ("distrusted_at", "access_lost_at", "access_trouble", "left_at", "prove_at", "looked_at", "uninstalled_at")
    changed = afresh | dict.fromkeys((*over, "trouble"))
    return statement.on_conflict_do_update(index_elements=["platform", "domain"], set_=changed).returning(*COLUMNS)

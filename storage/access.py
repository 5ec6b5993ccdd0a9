"""How the way into a store's API stands: who renews its tokens, whether they are believed, what shut us out.

A pair of tokens is replaced by compare-and-set, so that of two that came about at once the later grant stays. Whoever
wants a new pair takes the lease first; it falls by itself when its holder dies.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, case, func, literal, or_, select, update

from storage.tables import shops
from storage.upserts import insert

CONNECTED = shops.c.state != "uninstalled"
# asked in every round, so built once
MINE = shops.c.shop_id == bindparam("shop")
NOW = bindparam("now", type_=shops.c.looked_at.type)
KEPT = select(shops.c.credentials, shops.c.distrusted_at).where(MINE)
FREE = or_(shops.c.renewing_until.is_(None), shops.c.renewing_until <= NOW)
UNTIL = bindparam("until", type_=shops.c.renewing_until.type)
LEASE = update(shops).where(MINE, FREE).values(renewing_until=UNTIL)
RELEASE = update(shops).where(MINE, shops.c.renewing_until == UNTIL).values(renewing_until=None)
SAID = select(shops.c.shop_id, shops.c.left_at).where(shops.c.prove_at <= NOW, CONNECTED).order_by(shops.c.shop_id)
BEFORE = bindparam("before", type_=shops.c.looked_at.type)
DUE = or_(shops.c.looked_at.is_(None), shops.c.looked_at <= BEFORE, shops.c.looked_at > NOW)
LOOK = update(shops).where(MINE, CONNECTED, DUE).values(looked_at=NOW)


class Kept(NamedTuple):
    """The sealed credentials of a store; ``distrusted`` once it has not known the token that they hold."""

    sealed: bytes
    distrusted: bool


def expect(db: Connection, *, platform: str, domain: str, now: datetime) -> int:
    """The number of a store that is about to be connected; one that never was gets a row in generation 0."""
    statement = insert(db, shops).values(
        platform=platform, domain=domain, state="uninstalled", generation=0, installed_at=now, nightly_due_at=now
    )
    db.execute(statement.on_conflict_do_nothing(index_elements=["platform", "domain"]))
    named = (shops.c.platform == platform, shops.c.domain == domain)
    return int(db.execute(select(shops.c.shop_id).where(*named)).scalar_one())


def kept(db: Connection, shop_id: int) -> Kept | None:
    """What opens the store's API as far as we know; None when there is nothing."""
    row = db.execute(KEPT, {"shop": shop_id}).one_or_none()
    return None if row is None or row.credentials is None else Kept(bytes(row.credentials), bool(row.distrusted_at))


def everyone(db: Connection, *, platform: str) -> list[tuple[str, bytes]]:
    """The domain and the sealed credentials of every connected store of a platform."""
    mine = (shops.c.platform == platform, CONNECTED, shops.c.credentials.is_not(None))
    found = db.execute(select(shops.c.domain, shops.c.credentials).where(*mine))
    return [(row.domain, bytes(row.credentials)) for row in found]


def lease(db: Connection, shop_id: int, *, now: datetime, seconds: float) -> datetime | None:
    """The right to get new tokens for a store, and until when; None while somebody else has it.

    The end is later than any before it, so it names its holder.
    """
    until = now + timedelta(seconds=seconds)
    took = db.execute(LEASE, {"shop": shop_id, "now": now, "until": until})
    return until if took.rowcount else None


def release(db: Connection, shop_id: int, until: datetime) -> None:
    """Gives the lease back, unless it has fallen and is another's by now."""
    db.execute(RELEASE, {"shop": shop_id, "until": until})


def replace(db: Connection, shop_id: int, *, old: bytes, new: bytes, scopes: str | None = None) -> bool:
    """Puts new credentials in the place of those that were read; False where these are not there any more.

    New tokens are believed and end the lease; ``scopes`` None: the same credentials, sealed anew.
    """
    values: dict[str, object] = {"credentials": new}
    if scopes is not None:
        values |= {"distrusted_at": None, "renewing_until": None, "scopes": scopes}
    same = (shops.c.shop_id == shop_id, CONNECTED, shops.c.credentials == old)
    return db.execute(update(shops).where(*same).values(values)).rowcount == 1


def distrust(db: Connection, shop_id: int, now: datetime) -> bool:
    """The store did not know a token that should be good; False where that was noted before, and nothing has come since."""
    fresh = (shops.c.shop_id == shop_id, CONNECTED, shops.c.distrusted_at.is_(None))
    return db.execute(update(shops).where(*fresh).values(distrusted_at=now)).rowcount == 1


def lose(db: Connection, shop_id: int, trouble: str, now: datetime) -> None:
    """The store lets us in no longer: it is paused, and says why; the first moment stays."""
    active = shops.c.state == "active"
    changed = {
        "access_lost_at": func.coalesce(shops.c.access_lost_at, literal(now, shops.c.access_lost_at.type)),
        "access_trouble": trouble,
        # what was paused for another reason stays paused for that
        "trouble": case((or_(active, shops.c.trouble == shops.c.access_trouble), trouble), else_=shops.c.trouble),
        "state": case((active, "paused"), else_=shops.c.state),
    }
    db.execute(update(shops).where(shops.c.shop_id == shop_id, CONNECTED).values(changed))


def regain(db: Connection, shop_id: int) -> bool:
    """The store lets us in again; what was paused for that alone is served again. False where it was not shut."""
    shut = (shops.c.shop_id == shop_id, CONNECTED, shops.c.access_trouble.is_not(None))
    return db.execute(update(shops).where(*shut).values(_reopened())).rowcount == 1


def grant(db: Connection, shop_id: int, *, credentials: bytes, scopes: str, now: datetime) -> None:
    """Access to a connected store was given anew. What happened in the store before says nothing about it any more."""
    changed = {"credentials": credentials, "scopes": scopes, "granted_at": now, "looked_at": None, **_reopened()}
    db.execute(update(shops).where(shops.c.shop_id == shop_id, CONNECTED).values(changed))


def rescope(db: Connection, shop_id: int, scopes: str) -> None:
    """What the store lets us do now, separated by blanks; the credentials stay."""
    db.execute(update(shops).where(shops.c.shop_id == shop_id, CONNECTED).values(scopes=scopes))


def told_left(db: Connection, shop_id: int, at: datetime, *, now: datetime) -> bool:
    """The store said that it removed us at ``at``: to be proved from now on; False where it has let us in since."""
    since = func.coalesce(shops.c.granted_at, shops.c.installed_at)
    later = or_(shops.c.left_at.is_(None), shops.c.left_at < at)
    told = update(shops).where(shops.c.shop_id == shop_id, CONNECTED, since <= at, later)
    return db.execute(told.values(left_at=at, prove_at=now)).rowcount == 1


def to_prove(db: Connection, now: datetime) -> list[tuple[int, datetime]]:
    """The shops that said so, and are to be asked now; with the moment of which they said it."""
    return [(row.shop_id, row.left_at) for row in db.execute(SAID, {"now": now})]


def prove_later(db: Connection, shop_id: int, at: datetime) -> None:
    """The store could not be asked: once more at ``at``."""
    asked = (shops.c.shop_id == shop_id, shops.c.prove_at.is_not(None))
    db.execute(update(shops).where(*asked).values(prove_at=at))


def stayed(db: Connection, shop_id: int) -> None:
    """The store lets us in: what was said is not so."""
    db.execute(update(shops).where(shops.c.shop_id == shop_id).values(left_at=None, prove_at=None))


def left_before(db: Connection, before: datetime) -> list[int]:
    """The stores that have been gone since before then."""
    gone = (shops.c.uninstalled_at <= before, _unseen(before), shops.c.state == "uninstalled")
    return list(db.execute(select(shops.c.shop_id).where(*gone).order_by(shops.c.shop_id)).scalars())


def hold_left(db: Connection, shop_id: int, before: datetime, *, now: datetime) -> bool:
    """Whether a store has been gone since before then and is not just coming back; it cannot until the transaction ends."""
    gone = (shops.c.uninstalled_at <= before, _unseen(before), shops.c.state == "uninstalled")
    coming = or_(shops.c.renewing_until.is_(None), shops.c.renewing_until <= now)
    held = update(shops).where(shops.c.shop_id == shop_id, *gone, coming)
    return db.execute(held.values(state="uninstalled")).rowcount == 1


def look(db: Connection, shop_id: int, *, now: datetime, every: timedelta) -> bool:
    """Whether the connection is to be looked at now; the one who gets True is alone with it until the next time."""
    return db.execute(LOOK, {"shop": shop_id, "now": now, "before": now - every}).rowcount == 1


def _unseen(before: datetime) -> ColumnElement[bool]:
    """Not looked after since then: the moment of an uninstall is what the store said, unsigned."""
    return or_(shops.c.looked_at.is_(None), shops.c.looked_at <= before)


def _reopened() -> dict[str, object]:
    """What changes in a row once the store lets us in."""
    for_that: ColumnElement[bool] = (shops.c.state == "paused") & (shops.c.trouble == shops.c.access_trouble)
    return {
        "access_lost_at": None,
        "access_trouble": None,
        "distrusted_at": None,
        "left_at": None,
        "prove_at": None,
        "state": case((for_that, "active"), else_=shops.c.state),
        "trouble": case((for_that, None), else_=shops.c.trouble),
    }

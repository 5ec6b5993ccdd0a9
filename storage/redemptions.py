"""Which orders used which offers; each pair counts once, and can be taken back and restored."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select, update

from storage.columns import YES
from storage.tables import redemptions
from storage.upserts import among_later, listed, put_new


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """An offer used on an order."""

    offer_id: str
    order_id: str
    ordered_at: datetime
    #: what the code took off, minor units
    discount_minor: int
    #: by another customer than the one it was meant for
    leaked: bool
    #: the order was cancelled or wholly refunded since
    reversed: bool
    #: how often it was taken back or restored
    turn: int = 0


COLUMNS = tuple(redemptions.c[field.name] for field in fields(Redemption))


def record(
    db: Connection,
    shop_id: int,
    *,
    offer_id: str,
    order_id: str,
    ordered_at: datetime,
    discount_minor: int,
    leaked: bool,
) -> bool:
    """Writes down that an order used an offer; whether that is new."""
    row = {
        "shop_id": shop_id, "offer_id": offer_id, "order_id": order_id, "ordered_at": ordered_at,
        "discount_minor": discount_minor, "leaked": leaked, "reversed": False, "turn": 0,
    }  # fmt: skip
    return bool(put_new(db, redemptions, [row], returning=(redemptions.c.offer_id,)))


def reverse(db: Connection, shop_id: int, *, offer_id: str, order_id: str) -> bool:
    """Takes a redemption back; whether it counted until now."""
    return _turn(db, shop_id, offer_id, order_id, reverse=True)


def restore(db: Connection, shop_id: int, *, offer_id: str, order_id: str, discount_minor: int) -> bool:
    """Lets a redemption that was taken back count again, with what it takes off now; whether it did not until now."""
    return _turn(db, shop_id, offer_id, order_id, reverse=False, discount_minor=discount_minor)


def resize(db: Connection, shop_id: int, *, offer_id: str, order_id: str, discount_minor: int) -> bool:
    """Changes what a redemption that counts took off: the order was edited; whether it changed."""
    here = (
        redemptions.c.shop_id == shop_id,
        redemptions.c.offer_id == offer_id,
        redemptions.c.order_id == order_id,
        redemptions.c.reversed != YES,
        redemptions.c.discount_minor != discount_minor,
    )
    changed = {"discount_minor": discount_minor, "turn": redemptions.c.turn + 1}
    return db.execute(update(redemptions).where(*here).values(changed)).rowcount == 1


def of_orders(db: Connection, shop_id: int, order_ids: Collection[str]) -> list[Redemption]:
    """The redemptions on these orders, by order and offer."""
    found = db.execute(_of_orders(db.dialect.name), {"shop": shop_id, "wanted": listed(db, order_ids)})
    return [Redemption(**row._asdict()) for row in found]


@cache
def _of_orders(dialect: str) -> Select[Any]:
    mine = (redemptions.c.shop_id == bindparam("shop"), among_later(dialect, redemptions.c.order_id, "wanted"))
    return select(*COLUMNS).where(*mine).order_by(redemptions.c.order_id, redemptions.c.offer_id)


def _turn(db: Connection, shop_id: int, offer_id: str, order_id: str, *, reverse: bool, **changed: Any) -> bool:
    here = (
        redemptions.c.shop_id == shop_id,
        redemptions.c.offer_id == offer_id,
        redemptions.c.order_id == order_id,
        redemptions.c.reversed != reverse,
    )
    new = {"reversed": reverse, "turn": redemptions.c.turn + 1, **changed}
    return db.execute(update(redemptions).where(*here).values(new)).rowcount == 1

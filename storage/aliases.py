"""People with two names: guests who turn out to have an account, many at once, and which accounts there are.

A merge looks at everything that either name owns. A name that owns nothing yet, as almost all are, is only written down.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from storage import families, locks
from storage.columns import EPOCH, YES
from storage.facts import MergeFact
from storage.tables import customers as people
from storage.tables import orders
from storage.upserts import among, put_new


def unite(db: Connection, shop_id: int, merges: Iterable[MergeFact], *, order_ids: Collection[str] = ()) -> set[str]:
    """Does what ``customers.merge`` does for each, and leaves the same rows; answers everyone whose orders moved.

    Comes first in a transaction. ``order_ids`` are those that will be recorded in it: they are locked before customers.
    """
    wanted = sorted({(one.kept_id, one.gone_id): one for one in merges}.items())
    facts = [fact for (kept, gone), fact in wanted if kept != gone]
    _, slow = _sorted(db, shop_id, facts)
    touched = families.together(db, shop_id, slow) if slow else set()
    locks.take(db, shop_id, "orders", order_ids)
    locks.take(db, shop_id, "customers", {one for fact in facts for one in (fact.kept_id, fact.gone_id)})
    quick, late = _sorted(db, shop_id, facts)
    put_new(db, people, _rows(shop_id, quick), returning=(people.c.customer_id,))
    # somebody wrote between the two looks
    return touched | families.together(db, shop_id, late) if late else touched


def accounts(db: Connection, shop_id: int, *, after: str, without: str, limit: int) -> list[str]:
    """Customers that the store has not deleted, by id behind ``after``; none whose id begins with ``without``."""
    mine = (people.c.shop_id == shop_id, people.c.deleted != YES, people.c.customer_id > after)
    named = (*mine, ~people.c.customer_id.startswith(without, autoescape=True))
    return list(
        db.execute(select(people.c.customer_id).where(*named).order_by(people.c.customer_id).limit(limit)).scalars()
    )


def versions(db: Connection, shop_id: int, order_ids: Collection[str]) -> dict[str, datetime]:
    """Those of these orders that are known: when they last changed, as far as was told."""
    statement = select(orders.c.order_id, orders.c.updated_at).where(
        orders.c.shop_id == shop_id, among(db, orders.c.order_id, order_ids)
    )
    return {row.order_id: row.updated_at for row in db.execute(statement)}


def _sorted(
    db: Connection, shop_id: int, facts: Collection[MergeFact]
) -> tuple[list[tuple[str, str]], list[MergeFact]]:
    """Names to be written down as (whose, name), and merges that must look at what is owned; what is done is in neither."""
    named = {one for fact in facts for one in (fact.kept_id, fact.gone_id)}
    statement = select(people.c.customer_id, people.c.merged_into, people.c.gone).where(
        people.c.shop_id == shop_id, among(db, people.c.customer_id, named)
    )
    there = {row.customer_id: row for row in db.execute(statement)}
    gone = {fact.gone_id for fact in facts}
    owned = select(orders.c.customer_id).where(orders.c.shop_id == shop_id, among(db, orders.c.customer_id, gone))
    owning = set(db.execute(owned.distinct()).scalars())
    quick: dict[str, str] = {}
    slow: list[MergeFact] = []
    for fact in facts:
        row, kept = there.get(fact.gone_id), there.get(fact.kept_id)
        head = (kept.merged_into or fact.kept_id) if kept is not None else fact.kept_id
        if row is not None and row.gone and row.merged_into == head:
            continue
        simple = row is None and fact.gone_id not in owning and head == fact.kept_id and not (kept and kept.gone)
        if simple and quick.setdefault(fact.gone_id, fact.kept_id) == fact.kept_id:
            continue
        slow.append(fact)
    twice = {fact.gone_id for fact in slow} | {fact.kept_id for fact in slow}
    undecided = {name for name, whose in quick.items() if name in twice or whose in gone or whose in twice}
    slow += [fact for fact in facts if fact.gone_id in undecided and fact not in slow]
    return [(whose, name) for name, whose in quick.items() if name not in undecided], slow


def _rows(shop_id: int, quick: Collection[tuple[str, str]]) -> list[dict[str, Any]]:
    none = {"shop_id": shop_id, "updated_at": EPOCH, "deleted": False}
    kept = {whose for whose, _ in quick}
    rows = [{**none, "customer_id": one, "gone": False, "merged_into": None} for one in kept]
    rows += [{**none, "customer_id": name, "gone": True, "merged_into": whose} for whose, name in quick]
    return sorted(rows, key=lambda row: str(row["customer_id"]))

"""Customers as the store last told them, who became part of whom, and who is to be left in peace."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    update,
)

from storage import locks
from storage.columns import EPOCH, YES, to_micros
from storage.facts import ConsentFact, CustomerFact, MergeFact
from storage.tables import customers, decisions, notes, offers, orders, snapshots
from storage.upserts import among, among_later, bare, listed, plain, put_new, send

#: as many as a store allows
MOST_TAGS = 250
#: of one instant a deletion
NEWER = "(excluded.updated_at, excluded.deleted) > (customers.updated_at, customers.deleted)"


def record_many(db: Connection, shop_id: int, facts: Sequence[CustomerFact]) -> None:
    """Takes customers in any order, any number of times; the newest telling wins, of one instant a deletion."""
    newest = {fact.customer_id: fact for fact in sorted(facts, key=lambda fact: (fact.updated_at, fact.deleted))}
    locks.take(db, shop_id, "customers", newest)
    rows = [(shop_id, who, to_micros(newest[who].updated_at), int(newest[who].deleted)) for who in sorted(newest)]
    if rows:
        names = ("shop_id", "customer_id", "updated_at", "deleted")
        send(db, plain(db.dialect.name, customers, names, names[:2], only_if=NEWER), names, rows)


def merge(db: Connection, shop_id: int, fact: MergeFact) -> set[str]:
    """Makes one customer of two: what belonged to either, or to who was merged into them before, belongs to one.

    That one is the one that no merge has sent away (of several, as no store should tell, the first by id); so the rows
    do not depend on the order of the merges. Orders and offers move; snapshots, decisions and notes of the others go, for
    they are measured anew. Answers everyone concerned. Merges come first in a transaction: they wait for everyone
    else who takes in facts of this shop.
    """
    locks.take(db, shop_id, "orders")
    locks.take(db, shop_id, "customers")
    _meet(db, shop_id, {fact.kept_id, fact.gone_id})
    gone = (customers.c.shop_id == shop_id, customers.c.customer_id == fact.gone_id)
    db.execute(update(customers).where(*gone).values(gone=True))
    people = _together(db, shop_id, {fact.kept_id, fact.gone_id})
    stays = min(one for one, sent_away in people.items() if not sent_away or all(people.values()))
    others = people.keys() - {stays}
    _point(db, shop_id, others, stays)
    of_others = (orders.c.shop_id == shop_id, among(db, orders.c.customer_id, others))
    db.execute(update(orders).where(*of_others).values(customer_id=stays))
    _hand_over_offers(db, shop_id, others, stays)
    for derived in (snapshots, decisions, notes):
        db.execute(delete(derived).where(derived.c.shop_id == shop_id, among(db, derived.c.customer_id, others)))
    return set(people)


def leave_out(db: Connection, shop_id: int, customer_id: str, left_out: bool) -> None:
    """The merchant's wish that this customer gets no offers, or may get them again."""
    kept = canonical(db, shop_id, [customer_id])[customer_id]
    _meet(db, shop_id, {kept})
    mine = (customers.c.shop_id == shop_id, customers.c.customer_id == kept)
    db.execute(update(customers).where(*mine).values(left_out=left_out))


def left_out(db: Connection, shop_id: int, ids: Collection[str]) -> set[str]:
    """Those of these customers who must get no offers: left out by the merchant, deleted in the store, or unmeasured."""
    return set(barred(db, shop_id, ids))


def barred(db: Connection, shop_id: int, ids: Collection[str]) -> dict[str, bool]:
    """``left_out``, each with whether they wish not to be measured."""
    found = db.execute(_barred(db.dialect.name), {"shop": shop_id, "wanted": listed(db, ids)})
    return {who: bool(unscored) for who, unscored in bare(found)}


def record_consents(db: Connection, shop_id: int, facts: Sequence[ConsentFact]) -> None:
    """Takes what customers agreed to, in any order, any number of times; the newest telling wins."""
    newest = {fact.customer_id: fact for fact in sorted(facts, key=lambda fact: (fact.updated_at, fact.state))}
    locks.take(db, shop_id, "customers", newest)
    _meet(db, shop_id, set(newest))
    for fact in newest.values():
        mine = (customers.c.shop_id == shop_id, customers.c.customer_id == fact.customer_id)
        there = tuple_(customers.c.consent_at, customers.c.consent)
        newer = or_(customers.c.consent_at.is_(None), there < tuple_(*_bound(fact)))
        db.execute(update(customers).where(*mine, newer).values(consent=fact.state, consent_at=fact.updated_at))


def consents(db: Connection, shop_id: int, ids: Collection[str]) -> dict[str, str]:
    """What those of these customers agreed to of whom the store has told it."""
    mine = (customers.c.shop_id == shop_id, customers.c.consent.is_not(None), among(db, customers.c.customer_id, ids))
    return {
        row.customer_id: row.consent
        for row in db.execute(select(customers.c.customer_id, customers.c.consent).where(*mine))
    }


def leave_unscored(db: Connection, shop_id: int, customer_id: str, unscored: bool) -> None:
    """The customer's wish not to be measured, or to be measured again."""
    kept = canonical(db, shop_id, [customer_id])[customer_id]
    _meet(db, shop_id, {kept})
    mine = (customers.c.shop_id == shop_id, customers.c.customer_id == kept)
    db.execute(update(customers).where(*mine).values(unscored=unscored))


def unscored(db: Connection, shop_id: int, ids: Collection[str] | None = None) -> set[str]:
    """Those of these customers, or of all, who wish not to be measured."""
    given = {"shop": shop_id} if ids is None else {"shop": shop_id, "wanted": listed(db, ids)}
    return set(db.execute(_unscored(db.dialect.name, ids is None), given).scalars())


def keep_tags(db: Connection, shop_id: int, customer_id: str, tags: Sequence[str], *, asked_at: datetime) -> bool:
    """Keeps the tags that the store told of a customer; False where that changes nothing.

    An answer to an older question changes nothing, nor one about who is part of another customer by now.
    """
    _meet(db, shop_id, {customer_id})
    mine = (customers.c.shop_id == shop_id, customers.c.customer_id == customer_id, customers.c.merged_into.is_(None))
    newer = or_(customers.c.tags_asked_at.is_(None), customers.c.tags_asked_at <= asked_at)
    told = sorted(set(tags))[:MOST_TAGS]
    return bool(db.execute(update(customers).where(*mine, newer).values(tags=told, tags_asked_at=asked_at)).rowcount)


def forget_tags(db: Connection, shop_id: int, customer_ids: Collection[str], *, now: datetime) -> set[str]:
    """The tags of these customers have changed: what is known, or being read, is out of date. Answers who is meant."""
    meant = set(canonical(db, shop_id, customer_ids).values())
    locks.take(db, shop_id, "customers", meant)
    mine = (customers.c.shop_id == shop_id, among(db, customers.c.customer_id, meant))
    db.execute(update(customers).where(*mine).values(tags=null(), tags_asked_at=now))
    return meant


def tags(db: Connection, shop_id: int, customer_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The tags of those of these customers whose tags are known."""
    statement = select(customers.c.customer_id, customers.c.tags).where(
        customers.c.shop_id == shop_id, customers.c.tags.is_not(None), among(db, customers.c.customer_id, customer_ids)
    )
    return {row.customer_id: tuple(row.tags) for row in db.execute(statement)}


def tags_asked_at(db: Connection, shop_id: int, customer_id: str) -> datetime | None:
    """What was asked for earlier than this says nothing of the customer's tags any more."""
    mine = (customers.c.shop_id == shop_id, customers.c.customer_id == customer_id)
    found: datetime | None = db.execute(select(customers.c.tags_asked_at).where(*mine)).scalar_one_or_none()
    return found


def canonical(db: Connection, shop_id: int, ids: Collection[str]) -> dict[str, str]:
    """For each of these ids the one that its orders count for: itself, unless it was merged."""
    found = db.execute(_merged(db.dialect.name), {"shop": shop_id, "wanted": listed(db, ids)})
    moved = {row.customer_id: row.merged_into for row in found}
    return {one: moved.get(one, one) for one in ids}


def family(db: Connection, shop_id: int, customer_id: str) -> set[str]:
    """All ids of the person behind this one, by the merges told."""
    return {customer_id, *_together(db, shop_id, {customer_id})}


def _bound(fact: ConsentFact) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    return literal(fact.updated_at, customers.c.consent_at.type), literal(fact.state, customers.c.consent.type)


@cache
def _barred(dialect: str) -> Select[Any]:
    barred = or_(customers.c.left_out == YES, customers.c.deleted == YES, customers.c.unscored == YES)
    mine = (customers.c.shop_id == bindparam("shop"), barred, among_later(dialect, customers.c.customer_id, "wanted"))
    return select(customers.c.customer_id, customers.c.unscored).where(*mine)


@cache
def _merged(dialect: str) -> Select[Any]:
    mine = (customers.c.shop_id == bindparam("shop"), customers.c.merged_into.is_not(None))
    wanted = among_later(dialect, customers.c.customer_id, "wanted")
    return select(customers.c.customer_id, customers.c.merged_into).where(*mine, wanted)


@cache
def _unscored(dialect: str, all_of_them: bool) -> Select[Any]:
    some = () if all_of_them else (among_later(dialect, customers.c.customer_id, "wanted"),)
    mine = (customers.c.shop_id == bindparam("shop"), customers.c.unscored == YES)
    return select(customers.c.customer_id).where(*mine, *some)


def _meet(db: Connection, shop_id: int, ids: set[str]) -> None:
    """Gives those a row who have none; older than anything that the store may tell."""
    rows = [{"shop_id": shop_id, "customer_id": one, "updated_at": EPOCH, "deleted": False} for one in sorted(ids)]
    put_new(db, customers, rows, returning=(customers.c.customer_id,))


def _together(db: Connection, shop_id: int, ids: set[str]) -> dict[str, bool]:
    """Everyone who is one person with these: id -> was sent away by a merge."""
    heads = set(canonical(db, shop_id, ids).values())
    same = or_(among(db, customers.c.customer_id, heads), among(db, customers.c.merged_into, heads))
    statement = select(customers.c.customer_id, customers.c.gone).where(customers.c.shop_id == shop_id, same)
    return {row.customer_id: row.gone for row in db.execute(statement)}


def _point(db: Connection, shop_id: int, others: Collection[str], stays: str) -> None:
    of_others = (customers.c.shop_id == shop_id, among(db, customers.c.customer_id, others))
    me = (customers.c.shop_id == shop_id, customers.c.customer_id == stays)
    for wish in (customers.c.left_out, customers.c.unscored):
        # what one of them asked for holds for the one they are
        if db.execute(select(func.max(wish)).where(*of_others)).scalar_one():
            db.execute(update(customers).where(*me).values({wish: True}))
    db.execute(update(customers).where(*of_others).values(merged_into=stays))
    db.execute(update(customers).where(*me).values(merged_into=None))
    # whose tags they bear together only the store can tell
    everyone = (customers.c.shop_id == shop_id, among(db, customers.c.customer_id, {*others, stays}))
    db.execute(update(customers).where(*everyone).values(tags=null()))


def _hand_over_offers(db: Connection, shop_id: int, others: Collection[str], stays: str) -> None:
    """Two offers for one reason stay two: the cycle of the one handed over then says whose it was."""
    columns = (offers.c.offer_id, offers.c.customer_id, offers.c.rule, offers.c.cycle, offers.c.generation)
    whose = among(db, offers.c.customer_id, {*others, stays})
    statement = (
        select(*columns).where(offers.c.shop_id == shop_id, whose).order_by(offers.c.created_at, offers.c.offer_id)
    )
    rows = db.execute(statement).all()
    taken = {(row.rule, row.cycle, row.generation) for row in rows if row.customer_id == stays}
    for row in rows:
        if row.customer_id == stays:
            continue
        clash = (row.rule, row.cycle, row.generation) in taken
        taken.add((row.rule, row.cycle, row.generation))
        cycle = f"{row.cycle}~{row.customer_id}" if clash else row.cycle
        here = (offers.c.shop_id == shop_id, offers.c.offer_id == row.offer_id)
        db.execute(update(offers).where(*here).values(customer_id=stays, cycle=cycle))

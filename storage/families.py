"""Many merges at once: the names of one person are found together, and each name is moved once, however they were told.

The one that a person's orders count for is the first by id of those that no merge has sent away, or of all where all
were (see ``customers.merge``). It stands for its whole family: nothing but it owns orders, offers or measures. So only
those that stand for a family are looked at, unless one of them is sent away and another of the family takes its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, null, or_, select, update

from storage import customers, locks
from storage.columns import EPOCH, YES
from storage.facts import MergeFact
from storage.tables import customers as people
from storage.tables import decisions, notes, offers, orders, snapshots
from storage.upserts import among, put_new

#: name → whether a merge has sent it away
Family = dict[str, bool]


def together(db: Connection, shop_id: int, facts: Sequence[MergeFact]) -> set[str]:
    """Does what ``customers.merge`` does for each, and leaves the same rows; answers everyone whose orders moved.

    People who have offers, or of whom one has made a wish, are merged one by one. Comes first in a transaction.
    """
    locks.take(db, shop_id, "orders")
    locks.take(db, shop_id, "customers")
    heads = _heads(db, shop_id, {one for fact in facts for one in (fact.kept_id, fact.gone_id)})
    sent_away = {fact.gone_id for fact in facts}
    families = _families(db, shop_id, set(heads.values()), sent_away)
    persons = _persons(heads, facts)
    more = {persons[head] for head in _with_more(db, shop_id, set(heads.values()))}
    stays: dict[str, str] = {}
    for person, members in _by_person(persons).items():
        if person not in more:
            stays |= dict.fromkeys(
                members, _first({one: gone for head in members for one, gone in families[head].items()})
            )
    easy = {one for one in heads if heads[one] in stays}
    _write(db, shop_id, stays, sent_away & easy)
    touched = easy | stays.keys() | set(stays.values())
    hard = [fact for fact in facts if fact.gone_id not in easy]
    for fact in sorted(hard, key=lambda one: (one.merged_at, one.gone_id, one.kept_id)):
        touched |= customers.merge(db, shop_id, fact)
    return touched


def _heads(db: Connection, shop_id: int, names: set[str]) -> dict[str, str]:
    """Whom each name's orders count for until now; a name without a row gets one, older than anything told."""
    new = [{"shop_id": shop_id, "customer_id": one, "updated_at": EPOCH, "deleted": False} for one in sorted(names)]
    put_new(db, people, new, returning=(people.c.customer_id,))
    return customers.canonical(db, shop_id, names)


def _families(db: Connection, shop_id: int, heads: set[str], sent_away: set[str]) -> dict[str, Family]:
    """Each head; with everyone that it stands for, where it was sent away before or is now."""
    columns = (people.c.customer_id, people.c.merged_into, people.c.gone)
    mine = (people.c.shop_id == shop_id, among(db, people.c.customer_id, heads))
    found = {row.customer_id: {row.customer_id: row.gone} for row in db.execute(select(*columns).where(*mine))}
    away = {head for head, family in found.items() if family[head] or head in sent_away}
    theirs = (people.c.shop_id == shop_id, among(db, people.c.merged_into, away))
    for row in db.execute(select(*columns).where(*theirs)) if away else ():
        found[row.merged_into][row.customer_id] = row.gone
    return {head: {one: gone or one in sent_away for one, gone in family.items()} for head, family in found.items()}


def _persons(heads: Mapping[str, str], facts: Sequence[MergeFact]) -> dict[str, str]:
    """For each head one head of its person: the same for all whom the facts unite."""
    above = {head: head for head in heads.values()}

    def top(one: str) -> str:
        while above[one] != one:
            above[one] = one = above[above[one]]
        return one

    for fact in facts:
        above[top(heads[fact.gone_id])] = top(heads[fact.kept_id])
    return {head: top(head) for head in above}


def _by_person(persons: Mapping[str, str]) -> Mapping[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for head, person in persons.items():
        found[person].append(head)
    return found


def _first(family: Family) -> str:
    return min(one for one, gone in family.items() if not gone or all(family.values()))


def _with_more(db: Connection, shop_id: int, heads: set[str]) -> set[str]:
    """Those of these heads that have offers, or stand for somebody who made a wish."""
    has = select(offers.c.customer_id).where(offers.c.shop_id == shop_id, among(db, offers.c.customer_id, heads))
    wish = or_(people.c.left_out == YES, people.c.unscored == YES)
    whose = or_(among(db, people.c.customer_id, heads), among(db, people.c.merged_into, heads))
    wished = select(people.c.customer_id, people.c.merged_into).where(people.c.shop_id == shop_id, whose, wish)
    return set(db.execute(has.distinct()).scalars()) | {
        row.merged_into or row.customer_id for row in db.execute(wished)
    }


def _write(db: Connection, shop_id: int, stays: Mapping[str, str], sent_away: Collection[str]) -> None:
    """Points every family at the one that stays, and moves what their heads owned."""
    mine = people.c.shop_id == shop_id
    db.execute(update(people).where(mine, among(db, people.c.customer_id, sent_away)).values(gone=True))
    moves: list[dict[str, Any]] = [{"old": old, "new": new} for old, new in sorted(stays.items()) if old != new]
    old: BindParameter[str] = bindparam("old")
    new: BindParameter[str] = bindparam("new")
    if moves:
        for whose in (people.c.merged_into, people.c.customer_id):
            db.execute(update(people).where(mine, whose == old).values(merged_into=new), moves)
        of_theirs = (orders.c.shop_id == shop_id, orders.c.customer_id == old)
        db.execute(update(orders).where(*of_theirs).values(customer_id=new), moves)
    others = [one["old"] for one in moves]
    for derived in (snapshots, decisions, notes):
        db.execute(delete(derived).where(derived.c.shop_id == shop_id, among(db, derived.c.customer_id, others)))
    kept = among(db, people.c.customer_id, set(stays.values()))
    db.execute(update(people).where(mine, kept).values(merged_into=None))
    # whose tags they bear together only the store can tell
    everyone = among(db, people.c.customer_id, {*stays, *stays.values()})
    db.execute(update(people).where(mine, everyone).values(tags=null()))

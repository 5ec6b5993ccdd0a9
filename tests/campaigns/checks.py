"""What must hold after anything: nothing acknowledged is missing, nothing is there twice, the files are whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from plugin.sandbox import discounts
from storage import budgets, offers, redemptions
from storage.engine import Database
from storage.offers import Offer
from storage.tables import inbox, orders
from tests.campaigns.senders import Book
from tests.campaigns.town import Town, name

OPEN = frozenset({"planned", "sending", "issued"})
NEVER_SENT = frozenset({"planned", "sending", "cancelled", "rejected"})


def nothing_acknowledged_is_missing(town: Town, book: Book) -> None:
    """Every delivery answered 200 has its row."""
    # postmen may be at work meanwhile: what they had written down by now
    acknowledged = list(book.acknowledged)
    missing = {name(number) for number in acknowledged} - kept(town.runtime.database)
    assert not missing, f"{len(missing)} of {len(book.acknowledged)} acknowledged are missing: {sorted(missing)[:5]}"


def nothing_is_doubled(town: Town) -> None:
    """No delivery has two rows, no order either."""
    with town.runtime.database.reading() as db:
        for column in (inbox.c.delivery_id, orders.c.order_id):
            table = column.table
            rows = db.execute(select(func.count(), func.count(column.distinct())).select_from(table)).one()
            assert rows[0] == rows[1], f"{table.name}: {rows[0]} rows of {rows[1]}"


def is_whole(database: Database) -> None:
    """SQLite says that its file is whole; PostgreSQL, that every index finds the rows that the table has."""
    if database.dialect == "sqlite":
        assert database.run_alone("PRAGMA integrity_check", "PRAGMA foreign_key_check") == [[("ok",)], []]
        return
    with database.reading() as db:
        counts = {_count(db, scan) for scan in ("seqscan", "indexscan")}
    assert len(counts) == 1, counts


def all_is_told(town: Town, ids: Iterable[str]) -> None:
    """At rest: our orders are the store's, each once."""
    with town.runtime.database.reading() as db:
        found = Counter(db.execute(select(orders.c.order_id)).scalars())
        aside = db.execute(select(inbox.c.topic, inbox.c.reason).where(inbox.c.state == "set_aside")).all()
    assert not aside, aside[:3]
    assert found == Counter(set(ids))


def offers_and_money_agree(town: Town) -> None:
    """At rest: one code for an offer, live in the store if and only if it was issued; the ledger is the sum of the offers."""
    with town.runtime.database.reading() as db:
        made = list(offers.every(db, town.shop_id))
        used = redemptions.of_orders(db, town.shop_id, sorted(town.orders))
        months = {offer.budget_month for offer in made if offer.budget_month}
        ledger = {month: budgets.state(db, town.shop_id, month) for month in months}
    there = _codes(town)
    assert there, "no offer was made: nothing is proved of offers"
    assert not [offer.state for offer in made if offer.state in {"planned", "sending"}]
    assert set(there) == {offer.code for offer in made if offer.code and offer.state not in NEVER_SENT}
    tags = Counter(tag for tags in there.values() for tag in tags)
    assert not [offer.code for offer in made if tags[offer.offer_id] > 1]
    assert max(Counter((use.offer_id, use.order_id) for use in used).values(), default=1) == 1
    for month, state in ledger.items():
        mine = [offer for offer in made if offer.budget_month == month]
        assert (state.reserved_minor, state.booked_minor) == (_reserved(mine), sum(one.cost_minor for one in mine))


def kept(database: Database) -> set[str]:
    """The ids of all deliveries in the inbox."""
    with database.reading() as db:
        return set(db.execute(select(inbox.c.delivery_id)).scalars())


def _reserved(made: Iterable[Offer]) -> int:
    return sum(offer.reserved_minor for offer in made if offer.state in OPEN)


def _codes(town: Town) -> dict[str, tuple[str, ...]]:
    with town.store.transaction() as connection:
        rows = connection.execute("SELECT id FROM discounts").fetchall()
        found = [discounts.get(connection, row["id"]) for row in rows]
    return {one.terms.code: one.terms.tags for one in found if one is not None}


def _count(db: Connection, scan: str) -> int:
    for other in ("seqscan", "indexscan", "bitmapscan", "indexonlyscan"):
        db.exec_driver_sql(f"SET LOCAL enable_{other} = {'on' if other == scan else 'off'}")
    statement = select(func.count()).select_from(inbox).where(inbox.c.shop_id > 0)
    return int(db.execute(statement).scalar_one())

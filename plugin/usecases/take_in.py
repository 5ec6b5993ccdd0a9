"""Takes in what was read from a store: the same that follows from deliveries follows from it. In the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import Connection

from plugin.usecases import absorb, merge_offers
from plugin.usecases.make_offers import Issuer
from plugin.vault import Vault
from storage import aliases, customers, orders
from webhooks import intake
from webhooks.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was new of it: orders that were not known, or not as they are now, by the time of their last change."""

    newer: dict[str, datetime]


def facts(db: Connection, shop_id: int, told: Sequence[Facts], *, now: datetime, vault: Vault, issuer: Issuer) -> Taken:
    """Records facts of orders, refunds, customers and who is whom, unless they were erased, and decides anew."""
    taken, touched, bought = _record(db, shop_id, told, now=now, vault=vault)
    absorb.follow_up(db, shop_id, touched, bought, now=now, issuer=issuer)
    return taken


def history(db: Connection, shop_id: int, told: Sequence[Facts], *, now: datetime, vault: Vault) -> Taken:
    """Records what happened before; nobody is measured and nothing is decided, the night after it does that for all."""
    return _record(db, shop_id, told, now=now, vault=vault)[0]


def _record(
    db: Connection, shop_id: int, told: Sequence[Facts], *, now: datetime, vault: Vault
) -> tuple[Taken, set[str], Collection[str]]:
    known = intake.living(db, shop_id, told, fingerprints=absorb.fingerprints(vault))
    bought = [order for one in known for order in one.orders]
    given_back = [refund for one in known for refund in one.refunds]
    people = [customer for one in known for customer in one.customers]
    ids = {order.order_id for order in bought} | {refund.order_id for refund in given_back}
    united = aliases.unite(db, shop_id, chain.from_iterable(one.merges for one in known), order_ids=ids)
    before = aliases.versions(db, shop_id, ids)
    touched = united | orders.record_many(db, shop_id, bought, given_back)
    customers.record_many(db, shop_id, people)
    merge_offers.settle(db, shop_id, united, now=now)
    newer = {
        order.order_id: order.updated_at
        for order in bought
        if order.order_id not in before or before[order.order_id] < order.updated_at
    }
    return Taken(newer=newer), touched | {one.customer_id for one in people if one.deleted}, ids

"""A customer's wish not to be measured: no group, no rhythm, no prediction, no decision and no offer, until they wish it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from plugin.usecases import cancel_offers
from storage import customers, decisions, offers, orders, shops, snapshots

WISH = "the customer wishes not to be measured"


def opt_out(db: Connection, *, shop_id: int, customer_id: str, unscored: bool, now: datetime) -> None:
    """Keeps the wish. What was measured and decided goes at once, and open offers are cancelled.

    Their orders stay, for the shop's sums and for the customer's own account of them. Whoever wishes to be measured
    again is so with the next order or night. Raises LookupError for one of whom there is no order.
    """
    kept = customers.canonical(db, shop_id, [customer_id])[customer_id]
    if not orders.latest(db, shop_id, [kept]):
        raise LookupError(customer_id)
    customers.leave_unscored(db, shop_id, kept, unscored)
    if not unscored:
        shops.plan_nightly(db, shop_id, now)
        return
    for offer in offers.of_customers(db, shop_id, [kept]).get(kept, []):
        if offer.state in offers.OPEN and not offer.unwanted:
            cancel_offers.cancel_offer(db, shop_id, offer.offer_id, why=WISH, now=now)
    snapshots.forget(db, shop_id, [kept])
    decisions.forget(db, shop_id, [kept])

"""The demo's last words: what became of it, on one line that a script can read."""

from __future__ import annotations

from plugin.cli.demo.stage import Stage
from storage import offers, orders, snapshots


def line(world: Stage) -> str:
    """The counts as ``customers=… orders=… late=… offers=… redeemed=… held_out=…`` on one line.

    Offers are those with a discount that were put into the store; orders are all that were kept.
    """
    shop = world.shop()
    now = world.clock.now()
    with world.runtime.database.reading() as db:
        lateness = snapshots.lateness_counts(db, shop.shop_id, now)
        made = list(offers.every(db, shop.shop_id))
        known = sum(snapshots.group_counts(db, shop.shop_id).values())
        placed = orders.count(db, shop.shop_id)
    counts = {
        "customers": known,
        "orders": placed,
        "late": lateness.get("late", 0),
        "offers": sum(offer.code is not None for offer in made),
        "redeemed": sum(offer.state == "redeemed" for offer in made),
        "held_out": sum(offer.state == "held_out" for offer in made),
    }
    return " ".join(f"{name}={count}" for name, count in counts.items())

"""The same purchases mean the same on both platforms: the same signals, the same decisions, the same reasons."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from plugin.cli.demo.merchant import Merchant
from plugin.cli.demo.world import opened as shopify_opened
from plugin.usecases import list_offers, list_signals
from storage import decisions
from tests.journeys import people
from tests.journeys.conftest import BEGIN, free_port
from tests.journeys.magento import opened as magento_opened

CUSTOMERS, DAYS = 3, 60
#: what depends on the platform or on when it was told
OWN = ("offer_id", "code", "order_id", "issued_at", "redeemed_at", "cost")


def history() -> list[tuple[datetime, int, str, str]]:
    """(when, who, what it came to, what became of it), a rhythm for each customer."""
    rng = random.Random(2026)
    found = []
    for number in range(CUSTOMERS):
        at = BEGIN + timedelta(days=rng.randrange(20), minutes=number)
        gap = rng.choice([7, 14, 21])
        while at < BEGIN + timedelta(days=rng.choice([30, DAYS])):
            fate = rng.choices(["kept", "refunded", "partly"], [8, 1, 1])[0]
            found.append((at, people.REGULAR + number, f"{rng.randrange(20, 90)}.00", fate))
            at += timedelta(days=max(1, round(rng.gauss(gap, 2))), minutes=rng.randrange(60))
    return sorted(found)


def live(world: Any, buy: Callable[[int, str], int], tell: Callable[[], object]) -> dict[str, list[dict[str, Any]]]:
    """Plays the history in a world, and what it says of it afterwards."""
    people.rules(world)
    for at, who, total, fate in history():
        world.clock.set(at)
        number = buy(who, total)
        if fate != "kept":
            world.store.refund(number, total if fate == "refunded" else "10.00")
        tell()
        world.clock.set(at + timedelta(seconds=30))
        world.worker.drain()
    end = BEGIN + timedelta(days=DAYS)
    world.clock.set(end)
    world.worker.drain()
    with world.runtime.database.reading() as db:
        shop = world.shop()
        made = [{name: value for name, value in row.items() if name not in OWN} for row in list_offers.rows(db, shop)]
        decided = [
            {"customer_id": one.customer_id, "outcome": one.outcome, "reasons": one.reasons}
            for one in decisions.every(db, shop.shop_id)
        ]
        # of one instant the offers stand by their ids, which are the platforms' own
        made.sort(key=lambda row: (row["created_at"], row["customer_id"]))
        return {"signals": list(list_signals.rows(db, shop, as_of=end)), "offers": made, "decisions": decided}


def test_the_same_history_gives_the_same_signals_and_decisions(tmp_path):
    """Weeks of purchases with refunds, in a Shopify store and in a Magento store, differ in nothing that is decided."""
    (tmp_path / "shopify").mkdir()
    (tmp_path / "magento").mkdir()
    with shopify_opened(tmp_path / "shopify", free_port()) as world:
        world.clock.set(BEGIN)
        Merchant(world).install()

        def buys(who: int, total: str) -> int:
            return people.buys(world, who, total)

        one = live(world, buys, world.postman.deliver)
    with magento_opened(tmp_path / "magento") as magento:
        magento.clock.set(BEGIN)
        magento.connect()
        magento.worker.drain()
        known: set[int] = set()

        def orders(who: int, total: str) -> int:
            if who not in known:
                known.add(who)
                magento.store.add_customer(who, "Ada Tester")
            return magento.store.checkout(customer_id=who, total=total).order_id

        other = live(magento, orders, magento.store.bring_events)
    assert one["signals"]
    assert one["offers"]
    assert other["signals"] == one["signals"]
    assert other["offers"] == one["offers"]
    assert other["decisions"] == one["decisions"]

"""A Magento store from a past of many orders to a customer's erasure, in one go."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from plugin.sandbox.magento.orders import insert
from plugin.usecases import cancel_offers, erase
from plugin.worker.magento_round import Round
from storage import erasure, orders, snapshots
from storage.offers import Offer
from tests.journeys import people
from tests.journeys.magento import BEGIN, Magento, opened
from tests.journeys.test_magento_history import facts, live
from tests.platforms.magento import captures
from tests.platforms.magento.sandboxed import hold_to_schema

#: what a journey asks for at least
USED = {"orders", "creditmemos", "customers", "customerGroups", "salesRules", "coupons", "store", "modules"}
CUSTOMERS = 812_345_671, 812_345_672, 812_345_673


@pytest.mark.parametrize(
    ("count", "buyers"), [(250, 50), pytest.param(100_000, 20_000, marks=(pytest.mark.soak, pytest.mark.timeout(3600)))]
)
def test_from_a_past_to_an_erasure(tmp_path: Path, count: int, buyers: int) -> None:
    """Import, a week with lost events, coupons issued, used, refunded, cancelled, a customer erased; every call valid."""
    with opened(tmp_path) as magento:
        _past(magento, count, buyers)
        magento.connect()
        magento.worker.drain()
        with magento.runtime.database.reading() as db:
            shop_id = magento.shop().shop_id
            assert orders.count(db, shop_id) == count
            # each address is a customer; with five orders for each few of them are never drawn
            assert sum(snapshots.group_counts(db, shop_id).values()) > buyers * 0.95
        people.rules(magento)
        for who in CUSTOMERS:
            magento.store.add_customer(who, "Ada Byron", email=f"c{who}@example.com")
            magento.store.checkout(customer_id=who, total="40.00")
        live(magento, days=7)
        assert magento.state().lost > 0
        # reminders have no code
        codes = {int(one.customer_id): one for one in people.made(magento) if one.code and one.customer_id.isdigit()}
        assert codes.keys() >= set(CUSTOMERS)
        used, cancelled, erased = CUSTOMERS
        _used_and_refunded(magento, used, codes[used].code or "")
        _cancelled(magento, codes[cancelled])
        _erased(magento, tmp_path, erased)
        assert _store_codes(magento) <= {one.code for one in people.made(magento) if one.state == "issued"}
        once = facts(magento)
        asked = Round(magento.runtime, magento.shop())
        asked.again()
        while not asked.state.past_done:
            asked.history()
        assert facts(magento) == once
        _valid(magento.calls)


def _past(magento: Magento, count: int, buyers: int) -> None:
    """So many orders of guests, five minutes apart."""
    rng = random.Random(11)
    made = magento.store.checkout(customer_id=None, total="40.00", email="p0@example.com")
    with magento.store.transaction() as connection:
        row = connection.execute("SELECT body FROM orders WHERE entity_id = ?", (made.order_id,)).fetchone()
        whole = json.loads(row["body"])
        for number in range(2, count + 1):
            at = (BEGIN - timedelta(minutes=5 * (count + 1 - number))).strftime("%Y-%m-%d %H:%M:%S")
            body = {**whole, "entity_id": number, "increment_id": f"{number:09d}", "created_at": at,
                    "updated_at": at, "customer_email": f"p{rng.randrange(buyers)}@example.com"}  # fmt: skip
            insert(connection, body)


def _valid(calls: list[tuple[str, str, Any]]) -> None:
    """Every call is in the schema of 2.4.8 with no key outside it; those of the module that tells, in what it was seen to take."""
    module = [call for call in calls if "/V1/async_event" in call[1]]
    told = captures.one("asyncevents_subscribe_sales_order_created")["request"]["body"]["asyncEvent"].keys()
    posted = [body for method, _, body in module if method == "POST"]
    assert posted
    assert all(body.keys() == {"asyncEvent"} and body["asyncEvent"].keys() == told for body in posted)
    used = [call for call in calls if call not in module]
    assert {urlsplit(url).path.split("/V1/")[1].split("/")[0] for _, url, _ in used} >= USED
    hold_to_schema(used)


def _used_and_refunded(magento: Magento, who: int, code: str) -> None:
    placed = magento.store.checkout(customer_id=who, total="40.00", code=code)
    assert placed.discount > 0
    magento.passes(minutes=16)
    assert {one.state for one in people.made(magento) if one.code == code} == {"redeemed"}
    magento.store.refund(placed.order_id, str(placed.total))
    magento.passes(minutes=16)
    kept = magento.order(placed.order_id)
    assert kept is not None
    assert kept.net_minor == 0


def _cancelled(magento: Magento, offer: Offer) -> None:
    with magento.runtime.database.transaction() as db:
        cancel_offers.cancel_offer(db, offer.shop_id, offer.offer_id, why="by hand", now=magento.clock.now())
    magento.worker.drain()
    assert offer.code not in _store_codes(magento)


def _erased(magento: Magento, folder: Path, who: int) -> None:
    with magento.runtime.database.transaction() as db:
        erase.customer(db, magento.shop().shop_id, str(who), now=magento.clock.now(), vault=magento.runtime.vault)
    magento.passes(minutes=16)
    erasure.scrub(magento.runtime.database)
    assert not any(str(who).encode() in path.read_bytes() for path in folder.glob("regulars.db*"))


def _store_codes(magento: Magento) -> set[str]:
    """Codes under rules that are active."""
    with magento.store.transaction() as connection:
        found = connection.execute("SELECT code FROM coupons JOIN rules USING (rule_id) WHERE is_active = 1").fetchall()
    return {row["code"] for row in found}

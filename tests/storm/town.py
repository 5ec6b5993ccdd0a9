"""A store full of customers who all qualify at once, and a month that has money for some of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from plugin.rewards import wire
from plugin.rewards.propose import propose
from plugin.rewards.stored import to_stored
from storage import orders, programs, shops, snapshots
from storage.engine import Database
from storage.facts import CodeFact, OrderFact
from storage.shops import Shop
from tests.storage.filled import measured

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
MONTH = "2026-03"
DOMAIN = "storm.myshopify.com"
#: what each offer sets aside, minor units: 10 % of at most 100.00
EACH = 10_00
AT_ONCE = 1_000


def customer(number: int) -> str:
    """A customer's id."""
    return f"c{number:05d}"


def cap(customers: int) -> int:
    """A month for fewer than half of them, and not a whole number of offers."""
    return customers * 4 // 10 * EACH + EACH // 3


def build(database: Database, customers: int, *, a_day: int = 0) -> Shop:
    """A shop in which everyone has just ordered and is worth a discount; ``a_day`` may be given away daily, if not 0.

    Without a limit of the day workers meet at the month's money and nowhere before.
    """
    body = wire.to_wire(propose(currency="USD", spends_365d=[], order_values=[], monthly_revenue=0))
    body["mode"] = "live"
    body["loyalty"]["enabled"] = True
    body["loyalty"]["tiers"] = [{"name": "Regular", "spend_from": "0", "percent": 10}]
    body["win_back"] |= {"enabled": False, "daily_ramp": 0}
    body["holdout_percent"] = 10
    body["limits"] |= {"monthly_budget": f"{cap(customers) / 100:.2f}", "min_order": "0", "order_guard": "100"}
    body["limits"]["daily_budget"] = f"{a_day / 100:.2f}"
    with database.transaction() as db:
        shop = shops.install(
            db, platform="shopify", domain=DOMAIN, credentials=None, scopes="", now=NOW, nightly_due_at=NOW
        )  # fmt: skip
        programs.append(
            db,
            shop.shop_id,
            body=to_stored(replace(wire.from_wire(body), key="storm")),
            author="a test",
            note="",
            now=NOW,
        )
        for start in range(0, customers, AT_ONCE):
            some = range(start, min(start + AT_ONCE, customers))
            orders.record_many(db, shop.shop_id, [bought(one) for one in some], [])
            rows = [measured(customer(one)) | {"last_order_at": NOW, "as_of": NOW} for one in some]
            snapshots.keep_many(db, shop.shop_id, rows)
    return shop


def bought(number: int) -> OrderFact:
    """The order that everyone has placed."""
    return _order(f"first {number}", number, codes=(), at=NOW, cancelled=False)


def used(number: int, code: str, *, discount: int, cancelled: bool) -> OrderFact:
    """An order with the code, standing or cancelled."""
    told = (CodeFact(code=code, discount_minor=discount),)
    return _order(f"second {number}", number, codes=told, at=NOW + timedelta(hours=1), cancelled=cancelled)


def _order(order_id: str, number: int, *, codes: tuple[CodeFact, ...], at: datetime, cancelled: bool) -> OrderFact:
    told_at = at + timedelta(minutes=1) if cancelled else at
    return OrderFact(
        order_id=order_id, customer_id=customer(number), ordered_at=at, updated_at=told_at,
        cancelled_at=told_at if cancelled else None, test=False, paid=True, currency="USD", gross_minor=90_00,
        current_minor=90_00, codes=codes,
    )  # fmt: skip

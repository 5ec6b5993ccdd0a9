"""A whole shop's purchases as streamed columns are those that are read row by row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from plugin.signals import history
from plugin.usecases.measure import whole_history
from storage import all_purchases, orders, shops
from storage.engine import Database
from storage.facts import OrderFact
from storage.shops import Shop

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def installed(database: Database, told: list[OrderFact]) -> Shop:
    with database.transaction() as db:
        shop = shops.install(
            db, platform="shopify", domain="all.myshopify.com", credentials=None, scopes="", now=NOW, nightly_due_at=NOW
        )
        orders.record_many(db, shop.shop_id, told, [])
    return shop


def bought(number: int, who: str | None, days: float, minor: int = 100) -> OrderFact:
    at = NOW - timedelta(days=days)
    return OrderFact(
        order_id=f"{number:05d}", customer_id=who, ordered_at=at, updated_at=at, cancelled_at=None, test=False,
        paid=True, currency="USD", gross_minor=minor, current_minor=minor,
    )  # fmt: skip


@pytest.mark.parametrize("at_once", [1, 7, 20_000])
def test_streamed_columns_equal_rows(database: Database, at_once: int) -> None:
    """Customers of any name, guests, worthless and later orders: the same history, however much is read at once."""
    rng = np.random.default_rng(5)
    names = ["é", "a", "Z", "10", "9", None, "b b"]
    told = [
        bought(n, names[int(rng.integers(7))], float(rng.integers(-3, 400)), int(rng.integers(0, 900)))
        for n in range(200)
    ]
    shop = installed(database, told)
    with database.reading() as db:
        rows = orders.purchases(db, shop.shop_id, until=NOW)
        streamed = all_purchases.read(db, shop.shop_id, until=NOW, at_once=at_once)
        past = whole_history(db, shop, NOW)
    plain = history.build(
        customer_ids=rows.customer_ids,
        at_micros=rows.at_micros,
        net_minor=rows.net_minor,
        timezone=shop.timezone,
        until=NOW,
    )
    assert [streamed.customer_ids[code] for code in streamed.customer] == rows.customer_ids
    assert (list(streamed.at_micros), list(streamed.net_minor)) == (rows.at_micros, rows.net_minor)
    assert past.customer_ids == plain.customer_ids
    for name in ("customer", "at", "day", "value"):
        assert getattr(past, name).tolist() == getattr(plain, name).tolist()


def test_a_shop_without_orders_is_an_empty_history(database: Database) -> None:
    """Nothing to read is nothing read."""
    shop = installed(database, [])
    with database.reading() as db:
        assert whole_history(db, shop, NOW).customer_ids == ()

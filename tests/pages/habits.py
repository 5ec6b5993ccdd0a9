"""What a night tells of how customers buy: made up, or of the world's own orders."""

from __future__ import annotations

import random
from typing import Any

from sqlalchemy import insert, select, update

from plugin.usecases import measure, tell_habits
from storage import figures
from storage.tables import order_lines, orders
from tests.pages.world import NOW, World

PRODUCTS = [f"{8_412_330_100_000 + 7_919 * place}" for place in range(12)]
#: of an order, so that the report has products to speak of
FIRST = {"names": ["81"], "sizes": [420], "active": [[0.4]], "value": [[1_000.0]]}
FOLLOWERS = [{"product": "81", "next": "82", "times": 1_040, "days": 28.0}]
REPLENISHMENT = [{"product_id": "81", "gaps": 40, "quartiles": [21.0, 28.0, 35.0]}]
LEFT = {
    "customers": 120,
    "stayed": 300,
    "first_product": [{"name": "81", "left": 2, "stayed": 3, "lift": 9.0}],
    "first_discount": [{"name": "discounted", "left": 90, "stayed": 75, "lift": 3.0}, {"name": "full price", "left": 0, "stayed": 0, "lift": None}],
    "channel": [{"name": "pos", "left": 20, "stayed": 200, "lift": 0.2}, {"name": "web", "left": 4, "stayed": 5, "lift": 2.0}],
    "country": [{"name": "DE", "left": 30, "stayed": 40, "lift": 1.9}, {"name": "FR", "left": 1, "stayed": 1, "lift": 1.0}],
}  # fmt: skip


def keep(world: World, **told: Any) -> None:
    """As if a night had told it."""
    with world.runtime.database.transaction() as db:
        body = {"version": tell_habits.VERSION, "as_of": NOW.isoformat(), "first_product": FIRST, **told}
        figures.keep(db, 1, tell_habits.NAME, body, NOW)


def name_products(world: World) -> None:
    """As if the store had told what was in each order, and through which channel it came."""
    chance = random.Random(11)
    with world.runtime.database.transaction() as db:
        known = db.execute(select(orders.c.order_id, orders.c.customer_id, orders.c.gross_minor)).all()
        lines = []
        for order_id, customer_id, minor in sorted(known):
            usual = int(customer_id) % 5
            product = PRODUCTS[usual if chance.random() < 0.6 else chance.randrange(len(PRODUCTS))]
            lines.append(
                {
                    "shop_id": 1, "order_id": order_id, "line_id": "1", "product_id": product, "variant_id": None,
                    "quantity": 1, "total_minor": minor, "gift_card": False,
                }
            )  # fmt: skip
        db.execute(insert(order_lines), lines)
        for channel, part in (("web", "0"), ("pos", "1"), ("Instagram", "2")):
            db.execute(update(orders).where(orders.c.customer_id.endswith(part)).values(channel=channel))


def tell(world: World) -> None:
    """What a night tells of the world's own orders."""
    with world.runtime.database.transaction() as db:
        history = measure.whole_history(db, world.shop, NOW)
        model = measure.known_model(db, world.shop, as_of=NOW)
        figures.keep(db, 1, tell_habits.NAME, tell_habits.tell(db, world.shop, history, model, as_of=NOW), NOW)

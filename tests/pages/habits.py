"""What a night would tell of how customers buy, made up."""

from __future__ import annotations

from typing import Any

from plugin.usecases import tell_habits
from storage import figures
from tests.pages.world import NOW, World

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
        figures.keep(db, 1, tell_habits.NAME, {"version": tell_habits.VERSION, **told}, NOW)

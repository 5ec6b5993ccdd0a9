"""The document of how customers buy, as a night has told it in the present form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugin.pages.say import _
from plugin.usecases import tell_habits
from storage import figures

Habits = Mapping[str, Any]


def told(db: Any, shop_id: int) -> Habits:
    """Empty before it was told, and while it is in the form of another version."""
    kept = figures.get(db, shop_id, tell_habits.NAME)
    return kept.body if kept is not None and kept.body.get("version") == tell_habits.VERSION else {}


def not_yet() -> str:
    """What is said in the place of a table while there is no document."""
    return _("Shows after the first night in which there are orders.")


def without_products(habits: Habits) -> str:
    """What is said where no order names a product; "" where some do."""
    if habits.get("first_product", {}).get("names"):
        return ""
    return _("None of your orders says which products were in it.")

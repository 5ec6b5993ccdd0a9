"""Which products are bought again, and after how long, as the night has told it."""

from __future__ import annotations

from typing import Any

from plugin.pages import formats, told_habits
from plugin.pages.say import _

SHOWN = 8


def table(db: Any, shop_id: int) -> dict[str, Any] | None:
    """The products with enough repeat purchases, the most bought again first; None where there is none."""
    found = told_habits.told(db, shop_id).get("replenishment", [])[:SHOWN]
    if not found:
        return None
    first = found[0]
    return {
        "sentence": _(
            "Product %(product)s is bought again after %(days)s, half of the time.",
            product=first["product_id"], days=formats.days(first["quartiles"][1]),
        ),
        "rows": [
            {
                "product": each["product_id"],
                "times": formats.number(each["gaps"]),
                "usual": formats.days(each["quartiles"][1]),
                "middle": _(
                    "%(low)s to %(high)s", low=formats.days(each["quartiles"][0]), high=formats.days(each["quartiles"][2])
                ),
            }
            for each in found
        ],
    }  # fmt: skip

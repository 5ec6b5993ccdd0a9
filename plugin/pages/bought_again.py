"""Which products are bought again, and after how long, as the night has told it."""

from __future__ import annotations

from typing import Any

from plugin.pages import formats
from plugin.pages.say import _
from plugin.pages.told_habits import Habits
from plugin.signals.products import FEWEST

SHOWN = 8


def table(habits: Habits) -> dict[str, Any]:
    """The products with enough repeat purchases, the most bought again first; ``empty`` says why there is none."""
    found = habits.get("replenishment", [])[:SHOWN]
    if not found:
        needed = formats.number(FEWEST)
        return {"empty": _("Shows once customers have bought one product again %(number)s times.", number=needed)}
    first = found[0]
    return {
        "empty": "",
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
                    "%(first)s–%(last)s",
                    first=formats.number(round(each["quartiles"][0])), last=formats.days(each["quartiles"][2]),
                ),
            }
            for each in found
        ],
    }  # fmt: skip

"""The ways that customers most often take through their first orders, and how long each step takes."""

from __future__ import annotations

from typing import Any

from plugin.pages import formats
from plugin.pages.say import _, later, plural
from plugin.pages.told_habits import Habits

#: stays with the product before it
ARROW = "\u00a0→ "
CHOICES = {"2": later("Two orders"), "3": later("Three orders")}


def table(habits: Habits, orders: int) -> dict[str, Any]:
    """The most frequent first; ``empty`` says why there is none."""
    found = [one for one in habits.get("paths", []) if len(one["products"]) == orders]
    if not found:
        needed = (
            _("Shows once a customer has ordered twice.")
            if orders == 2
            else _("Shows once a customer has ordered three times.")
        )
        return {"empty": needed}
    first = found[0]
    return {
        "empty": "",
        "sentence": plural(
            "Most often: %(products)s. The %(count)s who did so took %(days)s in all.",
            "Most often: %(products)s. Half of the %(count)s who did so took at most %(days)s in all.",
            first["customers"], products=ARROW.join(first["products"]), days=formats.days(first["days"]),
        ),
        "steps": [
            _("From %(one)s to %(other)s", one=formats.number(place), other=formats.number(place + 1))
            for place in range(1, orders)
        ],
        "rows": [
            {
                "products": ARROW.join(one["products"]),
                "customers": formats.number(one["customers"]),
                "days": [formats.days(days) for days in one["between"]],
            }
            for one in found
        ],
    }  # fmt: skip

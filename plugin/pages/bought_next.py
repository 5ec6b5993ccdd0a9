"""Which product follows which on the next visit, as the night has told it."""

from __future__ import annotations

from typing import Any

from plugin.pages import formats, told_habits
from plugin.pages.say import _

SHOWN = 8


def table(db: Any, shop_id: int) -> dict[str, Any] | None:
    """The most frequent successions first; None where there is none."""
    found = told_habits.told(db, shop_id).get("followers", [])[:SHOWN]
    if not found:
        return None
    first = found[0]
    return {
        "sentence": _(
            "After product %(one)s customers most often buy product %(other)s, half of them within %(days)s.",
            one=first["product"], other=first["next"], days=formats.days(first["days"]),
        ),
        "rows": [
            {
                "one": each["product"],
                "other": each["next"],
                "times": formats.number(each["times"]),
                "usual": formats.days(each["days"]),
            }
            for each in found
        ],
    }  # fmt: skip

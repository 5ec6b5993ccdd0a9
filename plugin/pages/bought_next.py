"""Which product follows which on the next visit, as the night has told it."""

from __future__ import annotations

from typing import Any

from plugin.pages import formats
from plugin.pages.say import _
from plugin.pages.told_habits import Habits

SHOWN = 8


def table(habits: Habits) -> dict[str, Any]:
    """The most frequent successions first; ``empty`` says why there is none."""
    found = habits.get("followers", [])[:SHOWN]
    if not found:
        return {"empty": _("Shows once a customer has ordered twice.")}
    return {
        "empty": "",
        "sentence": _sentence(found[0]),
        "rows": [
            {
                "one": each["product"],
                "other": each["next"],
                "times": formats.number(each["times"]),
                "usual": formats.days(each["days"]),
            }
            for each in found
        ],
    }


def _sentence(first: Habits) -> str:
    days = formats.days(first["days"])
    if first["product"] == first["next"]:
        return _(
            "Most often product %(one)s is bought again on the next order, half of the time within %(days)s.",
            one=first["product"], days=days,
        )  # fmt: skip
    return _(
        "Most often product %(other)s is bought on the order after one with product %(one)s, half of the time within %(days)s.",
        one=first["product"], other=first["next"], days=days,
    )  # fmt: skip

"""What sets customers who left apart from those who stayed: how they began, their channel, country and discounts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from plugin.pages import formats
from plugin.pages.say import _, later
from plugin.pages.told_habits import Habits
from plugin.usecases.apart import FEWEST, is_apart
from plugin.usecases.beginnings import DISCOUNT, OTHER, SHARES

#: rows of the table
SHOWN = 8
TRAITS = {
    "first_product": later("First product: %(value)s"),
    "first_discount": later("First order: %(value)s"),
    "discount_share": later("Orders with a discount: %(value)s"),
    "channel": later("First order through: %(value)s"),
    "country": later("Country of the bill: %(value)s"),
}
VALUES = {
    OTHER: later("another one"),
    **dict(zip(DISCOUNT, (later("at full price"), later("with a discount")), strict=True)),
    **dict(zip(SHARES, (later("none of them"), later("up to half"), later("more than half")), strict=True)),
}


def table(habits: Habits) -> dict[str, Any]:
    """What is furthest apart first, of what chance does not explain; ``empty`` says why there is nothing: too few have left or stayed, or all are alike."""
    left = habits.get("left", {})
    counts = {"left": formats.number(left.get("customers", 0)), "stayed": formats.number(left.get("stayed", 0))}
    if min(left.get("customers", 0), left.get("stayed", 0)) < FEWEST:
        return {
            "empty": _(
                "Shows once %(needed)s customers are slipping away or lost and %(needed)s are not; now it is %(left)s and %(stayed)s.",
                needed=formats.number(FEWEST), **counts,
            )
        }  # fmt: skip
    rows = sorted(_rows(left), key=lambda row: -abs(math.log(row["lift"])))[:SHOWN]
    if not rows:
        return {"empty": _("Nothing that is known of customers sets those who left apart.")}
    return {
        "empty": "",
        "sentence": _("%(left)s customers are slipping away or lost, %(stayed)s are not.", **counts),
        "rows": [
            {
                "name": row["name"],
                "left": formats.number(row["left"]),
                "stayed": formats.number(row["stayed"]),
                "times": _("%(number)s times", number=formats.tenths(row["lift"])),
            }
            for row in rows
        ],
    }


def _rows(left: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for trait, words in TRAITS.items():
        # where all have the same, nothing sets them apart
        known = left.get(trait, [])
        for one in known if len(known) > 1 else ():
            if is_apart(one, known):
                value = str(VALUES.get(one["name"], one["name"]))
                yield {**one, "name": str(words) % {"value": value}}

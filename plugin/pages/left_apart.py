"""What sets customers who left apart from those who stayed: how they began, their channel, country and discounts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from plugin.pages import formats, told_habits
from plugin.pages.say import _, later
from plugin.usecases.beginnings import DISCOUNT, OTHER, SHARES

#: rows of the table, and customers that a trait needs to be in it
SHOWN, FEWEST = 8, 20
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


def table(db: Any, shop_id: int) -> dict[str, Any] | None:
    """What is furthest apart first; None while too few have left or stayed."""
    left = told_habits.told(db, shop_id).get("left", {})
    if min(left.get("customers", 0), left.get("stayed", 0)) < FEWEST:
        return None
    rows = sorted(_rows(left), key=lambda row: -abs(math.log(row["lift"])))[:SHOWN]
    if not rows:
        return None
    return {
        "sentence": _(
            "%(left)s customers are lapsing or lost, %(stayed)s are not.",
            left=formats.number(left["customers"]), stayed=formats.number(left["stayed"]),
        ),
        "rows": [
            {
                "name": row["name"],
                "left": formats.number(row["left"]),
                "stayed": formats.number(row["stayed"]),
                "times": _("%(number)s times", number=formats.tenths(row["lift"])),
            }
            for row in rows
        ],
    }  # fmt: skip


def _rows(left: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for trait, words in TRAITS.items():
        # where all have the same, nothing sets them apart
        known = left.get(trait, [])
        for one in known if len(known) > 1 else ():
            if one["lift"] and one["left"] + one["stayed"] >= FEWEST:
                value = str(VALUES.get(one["name"], one["name"]))
                yield {**one, "name": str(words) % {"value": value}}

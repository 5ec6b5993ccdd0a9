"""The report's tables as rows for files: whole, in words that programs know, shares from 0 to 1, money as decimal text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from plugin.pages import began
from plugin.pages.told_habits import Habits
from plugin.signals.traits import PERIOD
from storage.money import to_decimal_text

Row = dict[str, Any]


def orders(habits: Habits) -> Iterator[Row]:
    """How many went on from each order to the next."""
    steps = {one["visit"]: one for one in habits.get("steps", [])}
    for here, there in pairwise(habits.get("funnel", [])):
        timed = steps.get(here["visit"], {})
        low, half, high = timed.get("gap_quartiles", (None, None, None))
        yield {
            "from_order": here["visit"], "to_order": there["visit"], "customers": here["customers"],
            "ordered_again": there["customers"], "share": there["kept"], "had_90_days": timed.get("reached"),
            "came_within_90_days": timed.get("came_again"), "days_25": low, "days_50": half, "days_75": high,
        }  # fmt: skip


def movement(habits: Habits) -> Iterator[Row]:
    """From group to group, of all months; what nobody did has no row."""
    groups = habits.get("groups", [])
    for one in habits.get("movements", []):
        for here, counts in zip(groups, one["matrix"], strict=True):
            for there, count in zip(groups, counts, strict=True):
                if count:
                    yield {"start": one["start"], "end": one["end"], "from": here, "to": there, "customers": count}


def cohorts(figures: Mapping[str, Any], habits: Habits, *, by: str, currency: str) -> Iterator[Row]:
    """How customers began and what became of them; a cell that is not known has no row."""
    found = (figures if by == "month" else habits).get({"month": "cohorts", "quarter": "quarters"}.get(by, by))
    if not found:
        return
    columns = [found[name] for name in ("names", "sizes", "active", "value")]
    for name, size, active, value in zip(*columns, strict=True):
        for place, (share, spent) in enumerate(zip(active, value, strict=True)):
            if share is not None:
                yield {
                    "by": by, "began": name, "customers": size,
                    "period": place if by in began.HEADS else f"{place * PERIOD + 1}-{(place + 1) * PERIOD}",
                    "share_ordering": share,
                    "revenue_per_customer": None if spent is None else to_decimal_text(round(spent), currency),
                }  # fmt: skip


def paths(habits: Habits) -> Iterator[Row]:
    """The first two and the first three orders."""
    for one in habits.get("paths", []):
        products, days = [*one["products"], None][:3], [*one["between"], None][:2]
        yield {
            **{f"product_{place}": product for place, product in enumerate(products, 1)},
            "customers": one["customers"], "days_1_to_2": days[0], "days_2_to_3": days[1], "days": one["days"],
        }  # fmt: skip


def bought_again(habits: Habits) -> Iterator[Row]:
    """What is bought again, and after how long."""
    for one in habits.get("replenishment", []):
        low, half, high = one["quartiles"]
        yield {"product": one["product_id"], "times": one["gaps"], "days_25": low, "days_50": half, "days_75": high}


def bought_next(habits: Habits) -> Iterator[Row]:
    """What follows what."""
    for one in habits.get("followers", []):
        yield {"product": one["product"], "next": one["next"], "times": one["times"], "days_50": one["days"]}


def left_apart(habits: Habits) -> Iterator[Row]:
    """Traits of those who left and of those who stayed."""
    for trait, found in habits.get("left", {}).items():
        for one in found if isinstance(found, list) else ():
            yield {"trait": trait, **one}


#: file to its fields
FIELDS = {
    "orders": (
        "from_order", "to_order", "customers", "ordered_again", "share", "had_90_days", "came_within_90_days",
        "days_25", "days_50", "days_75",
    ),
    "movement": ("start", "end", "from", "to", "customers"),
    "cohorts": ("by", "began", "customers", "period", "share_ordering", "revenue_per_customer"),
    "paths": ("product_1", "product_2", "product_3", "customers", "days_1_to_2", "days_2_to_3", "days"),
    "bought-again": ("product", "times", "days_25", "days_50", "days_75"),
    "bought-next": ("product", "next", "times", "days_50"),
    "left-apart": ("trait", "name", "left", "stayed", "lift"),
}  # fmt: skip
#: those that need nothing but the habits
PLAIN: Mapping[str, Callable[[Habits], Iterator[Row]]] = {
    "orders": orders,
    "movement": movement,
    "paths": paths,
    "bought-again": bought_again,
    "bought-next": bought_next,
    "left-apart": left_apart,
}

"""From each order to the next: how many went on, how many did not, and how long they took."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from plugin.pages import formats
from plugin.pages.say import _, plural
from plugin.pages.told_habits import Habits
from plugin.usecases.tell_habits import WITHIN

NONE = "–"


def table(habits: Habits) -> dict[str, Any]:
    """A row for each order that somebody went on from, with the finding; ``empty`` says why there is none."""
    funnel = habits.get("funnel", [])
    if len(funnel) < 2:
        return {"empty": _nobody(funnel[0]["customers"] if funnel else 0)}
    timed = {one["visit"]: one for one in habits.get("steps", [])}
    whole = funnel[0]["customers"]
    return {
        "empty": "",
        "sentence": _sentence(funnel),
        "within": formats.days(WITHIN),
        "rows": [
            {
                "name": _("Order %(one)s to %(other)s", one=formats.number(here["visit"]), other=formats.number(there["visit"])),
                "customers": formats.number(here["customers"]),
                "bar": round(100 * here["customers"] / whole, 2),
                "again": formats.number(there["customers"]),
                "again_share": formats.share(there["customers"], here["customers"]),
                "lost": formats.number(here["customers"] - there["customers"]),
                "lost_share": formats.share(here["customers"] - there["customers"], here["customers"]),
                **_timed(timed.get(here["visit"])),
            }
            for here, there in pairwise(funnel)
        ],
    }  # fmt: skip


def _timed(step: Habits | None) -> dict[str, str]:
    """Of those who had the time; the median is of all who went on."""
    if step is None or step["came_again"] is None:
        return {"had_time": NONE, "came": NONE, "half": NONE}
    half = step["gap_quartiles"][1]
    return {
        "had_time": formats.number(step["reached"]),
        "came": formats.ratio(step["came_again"]),
        "half": NONE if half is None else formats.days(half),
    }


def _sentence(funnel: Sequence[Habits]) -> str:
    shares = [formats.share(there["customers"], here["customers"]) for here, there in pairwise(funnel[:3])]
    if len(shares) == 1:
        return _("%(share)s of your customers have ordered a second time.", share=shares[0])
    return _(
        "%(first)s of your customers have ordered a second time, %(second)s of those a third time.",
        first=shares[0], second=shares[1],
    )  # fmt: skip


def _nobody(customers: int) -> str:
    if not customers:
        return _("Shows once customers have ordered.")
    return plural(
        "Shows once a customer has ordered a second time; so far %(count)s customer has ordered once.",
        "Shows once a customer has ordered a second time; so far %(count)s customers have ordered once.",
        customers,
    )

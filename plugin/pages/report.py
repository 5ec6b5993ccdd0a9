"""How customers buy: the tables that nights have told, one page below the overview, and its findings in short."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from plugin.pages import (
    asked,
    began,
    bought_again,
    bought_next,
    cohort_table,
    figures,
    formats,
    left_apart,
    moves,
    order_steps,
    told_habits,
    ways,
)
from plugin.pages.asked import Query
from plugin.pages.parts import FAILED, part
from plugin.pages.say import _, plural
from plugin.pages.told_habits import Habits
from storage.shops import Shop

PATH = "/app/overview/report"
#: where the files of the tables are
FILES = "/api/v1/report"
#: customers below which a share says more about chance than about customers
ENOUGH = 100


def gather(db: Any, shop: Shop, *, now: datetime, query: Query) -> dict[str, Any]:
    """What the template shows of a shop."""
    habits = told_habits.told(db, shop.shop_id)
    if not habits:
        return {"r": {"status": "", "empty": told_habits.not_yet()}}
    overview, months = figures.told(db, shop.shop_id), part("months", lambda: moves.months(habits, shop.timezone))
    known = {} if isinstance(months, str) else months
    kept = {
        "month": asked.one_of(query, "month", known) or moves.usual(known),
        "by": asked.one_of(query, "by", began.CHOICES) or "month",
        "show": asked.one_of(query, "show", cohort_table.CHOICES) or "customers",
        "orders": asked.one_of(query, "orders", ways.CHOICES) or "2",
    }
    made: dict[str, Callable[[], Any]] = {
        "steps": partial(order_steps.table, habits),
        "moves": partial(moves.table, habits, known.get(kept["month"])),
        "began": partial(
            began.table, overview, habits, by=kept["by"], which=kept["show"], currency=shop.currency
        ),
        "ways": partial(ways.table, habits, int(kept["orders"])),
        "again": partial(bought_again.table, habits),
        "next": partial(bought_next.table, habits),
        "left": partial(left_apart.table, habits),
    }  # fmt: skip
    return {
        "r": {
            "empty": "",
            "status": _status(habits, now),
            "few": _few(habits),
            "no_products": told_habits.without_products(habits),
            "months": asked.switch(PATH, "month", moves.choices(known), kept),
            "bys": asked.switch(PATH, "by", began.CHOICES, kept),
            "shows": asked.switch(PATH, "show", cohort_table.CHOICES, kept),
            "ways_of": asked.switch(PATH, "orders", ways.CHOICES, kept),
            "began_file": asked.address(f"{FILES}/cohorts.csv", {"by": kept["by"]}),
            **{name: part(name, make) for name, make in made.items()},
            **({"moves": FAILED} if months == FAILED else {}),
        }
    }


def findings(db: Any, shop: Shop) -> list[str]:
    """What the tables say, a sentence each, as far as they say anything."""
    habits = told_habits.told(db, shop.shop_id)
    return list(_findings(habits)) if habits else []


def _findings(habits: Habits) -> Iterator[str]:
    tables = (order_steps.table, bought_again.table, bought_next.table, left_apart.table)
    for table in tables:
        if sentence := table(habits).get("sentence"):
            yield sentence


def _status(habits: Habits, now: datetime) -> str:
    return _("Measured %(when)s", when=formats.when(datetime.fromisoformat(habits["as_of"]), now))


def _few(habits: Habits) -> str:
    funnel = habits.get("funnel", [])
    count = funnel[0]["customers"] if funnel else 0
    if not 0 < count < ENOUGH:
        return ""
    return plural(
        "Your store has %(count)s customer so far. Below %(needed)s, shares say more about chance than about customers.",
        "Your store has %(count)s customers so far. Below %(needed)s, shares say more about chance than about customers.",
        count, needed=formats.number(ENOUGH),
    )  # fmt: skip

"""What became of customers by how they began: when, with which product, at which price, through which channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from plugin.pages import cohort_table, formats, told_habits
from plugin.pages.cohort_table import REVENUE
from plugin.pages.say import _, later
from plugin.pages.told_habits import Habits
from plugin.signals.traits import PERIOD
from plugin.usecases.beginnings import DISCOUNT, OTHER

CHOICES = {
    "month": later("Month"),
    "quarter": later("Quarter"),
    "first_product": later("First product"),
    "first_discount": later("Price of the first order"),
    "first_channel": later("First channel"),
}
DISCOUNTS = dict(zip(DISCOUNT, (later("At full price"), later("With a discount")), strict=True))
#: customers that a row needs to be spoken of
FEWEST = 20
#: of the period that is spoken of, 0 for the first: what a customer brought needs longer to tell
SPOKEN_OF = {"customers": 0, REVENUE: 2}
#: what the first column is called, and what the columns count
HEADS = {
    "month": (later("First order"), later("Months since:"), later("Column 0 is the month of the first order. A month that is not over has no cell.")),
    "quarter": (later("First order"), later("Quarters since:"), later("Column 0 is the quarter of the first order. A quarter that is not over has no cell.")),
}  # fmt: skip


def table(figures: Mapping[str, Any], habits: Habits, *, by: str, which: str, currency: str) -> dict[str, Any]:
    """The table with its finding; ``figures`` is the document of the overview. ``empty`` says why there is none."""
    if by == "month":
        return _periods(cohort_table.table(figures, which, currency) if figures else None, by, _too_young(by))
    if by == "quarter":
        return _periods(cohort_table.by_quarters(habits["quarters"], which, currency), by, _too_young(by))
    return _traits(habits, by, which, currency)


def _too_young(by: str) -> str:
    if by == "month":
        return _("Your store is too young: shows once the month after the first orders is over.")
    return _("Your store is too young: shows once the quarter after the first orders is over.")


def _periods(found: dict[str, Any] | None, by: str, wanting: str) -> dict[str, Any]:
    if found is None:
        return {"empty": wanting}
    head, since, note = (str(text) for text in HEADS[by])
    return {"empty": "", "head": head, "since": since, "note": note, **found}


def _traits(habits: Habits, by: str, which: str, currency: str) -> dict[str, Any]:
    found, cells = habits[by], cohort_table.cells_of(habits[by], which)
    if wanting := _wanting(habits, by, cells):
        return {"empty": wanting}
    columns = max(map(len, cells))
    days = [(formats.number(place * PERIOD + 1), formats.number((place + 1) * PERIOD)) for place in range(columns)]
    of_revenue = which == REVENUE
    return {
        "empty": "",
        "sentence": _sentence(found, cells, by, which, currency),
        "head": str(CHOICES[by]),
        "since": _("Up to this day after the first order:") if of_revenue else _("Days after the first order:"),
        "months": [last if of_revenue else _("%(first)s–%(last)s", first=first, last=last) for first, last in days],
        "rows": cohort_table.rows(found, which, currency, name=_namer(by), first=0),
        "note": _note(which),
    }


def _note(which: str) -> str:
    if which == REVENUE:
        told = _(
            "Columns are days after the first order, which is counted in; an amount can be lower than the one before it, for fewer customers are that old."
        )
    else:
        told = _("Columns are days after the first order; it shows who ordered again in them.")
    counted = _("Each cell counts only customers whose first order is that long ago; without any it is empty.")
    return _("%(first)s %(second)s", first=told, second=counted)


def _wanting(habits: Habits, by: str, cells: cohort_table.Cells) -> str:
    if by == "first_product" and (told := told_habits.without_products(habits)):
        return told
    if not cells:
        return (
            _("None of your orders says through which channel it came.")
            if by == "first_channel"
            else _("Shows once customers have ordered.")
        )
    if not any(cells):
        return _("Your store is too young: shows %(days)s after the first orders.", days=formats.days(PERIOD))
    return ""


def _sentence(found: Mapping[str, Any], cells: cohort_table.Cells, by: str, which: str, currency: str) -> str:
    """Which rows of enough customers lie furthest apart; "" where there are none to compare."""
    place, name = SPOKEN_OF[which], _namer(by)
    known = sorted(_known(found, cells, place))
    if len(known) < 2:
        return ""
    (least, last), (most, best) = known[0], known[-1]
    days, titles = formats.days((place + 1) * PERIOD), {"best": name(best), "last": name(last)}
    if which == REVENUE:
        amounts = [formats.money(round(value), currency, whole=True) for value in (most, least)]
        return _(
            "“%(best)s” leads: %(days)s after the first order its customers have brought %(most)s each. “%(last)s” is last with %(least)s.",
            days=days, most=amounts[0], least=amounts[1], **titles,
        )  # fmt: skip
    return _(
        "“%(best)s” leads: %(most)s of its customers order again within %(days)s. “%(last)s” is last with %(least)s.",
        days=days, most=formats.ratio(most), least=formats.ratio(least), **titles,
    )  # fmt: skip


def _known(found: Mapping[str, Any], cells: cohort_table.Cells, place: int) -> Iterator[tuple[float, str]]:
    for title, size, row in zip(found["names"], found["sizes"], cells, strict=True):
        value = row[place] if len(row) > place else None
        if value is not None and size >= FEWEST and title != OTHER:
            yield value, title


def _namer(by: str) -> Callable[[str], str]:
    """What a value of the store's is called in this table."""

    def name(value: str) -> str:
        if value == OTHER:
            return _("Other products") if by == "first_product" else _("Other channels")
        if by == "first_product":
            return _("Product %(product)s", product=value)
        return str(DISCOUNTS.get(value, value)) if by == "first_discount" else value

    return name

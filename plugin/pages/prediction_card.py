"""How good a store's predictions are, in words and a table: which are in use and why, and how they did on its own past."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from plugin.pages import formats
from plugin.pages.say import _, later, plural
from plugin.usecases import tell_card
from storage import figures

IN_USE = {
    "mixture": later("Chances rest on what earlier months of your store taught, mixed with a model of how often customers come."),
    "mbg": later("Chances rest on a model of how often customers come."),
    "regular": later("Chances rest on a model of how often and how regularly customers come."),
    "none": later("No chances are told yet."),
}  # fmt: skip
WHY = {
    "won": later("It did best on earlier months that it had not seen."),
    "lost": later("What earlier months taught did no better on months that it had not seen, so it is switched off."),
    "untried": later("There are too few earlier months to try it on, so it counts for less."),
    "few_customers": later("Too few customers have come back to learn more from."),
    "short_past": later("The history is too short to learn more from."),
}
NAMES = {
    "regulars": later("In use: Regulars"),
    "mbg": later("How often customers come, alone"),
    "days_since_last_order": later("Days since the last order"),
    "ordered_in_90_days": later("The 90-day rule"),
}


def card(db: Any, shop_id: int) -> dict[str, Any] | None:
    """What the template shows; None before a night has drawn it, and of a form that this program does not know."""
    kept = figures.get(db, shop_id, tell_card.NAME)
    if kept is None or kept.body.get("version") != tell_card.VERSION:
        return None
    told = kept.body
    return {
        "lead": _in_use(told["in_use"]),
        "rows": [_row(mark) for mark in told["marks"]],
        "within": formats.days(told["within_days"]),
        "notes": list(_notes(told)),
    }


def _in_use(used: Mapping[str, Any]) -> str:
    # a newer program's words are not made up here
    said = [str(words[used[name]]) for name, words in (("chance", IN_USE), ("why", WHY)) if used[name] in words]
    return _("%(first)s %(second)s", first=said[0], second=said[1]) if len(said) == 2 else "".join(said)


def _row(mark: Mapping[str, Any]) -> dict[str, str]:
    return {
        "name": str(NAMES.get(mark["name"], mark["name"])),
        "ranked": "–" if mark["auc"] is None else formats.ratio(mark["auc"]),
        "off": "–" if mark["calibration_error"] is None else formats.ratio(mark["calibration_error"]),
    }


def _notes(told: Mapping[str, Any]) -> Iterator[str]:
    if told["in_use"]["fixed_cuts"]:
        yield _("With fewer than 100 buyers, groups go by fixed steps of silence, orders and spend.")
    if not told["marks"]:
        yield _(
            "Too little has happened to try the predictions on your store's own past, so nothing is claimed for them."
        )
        return
    if not told["trusted"]:
        yield _("In your store a simple rule does as well. Do not rely on the chances.")
    if dates := told["dates"]:
        yield _(
            "Dates of next orders were off by %(ours)s on average; last order plus usual gap by %(rule)s. %(share)s fell into ranges meant for %(meant)s.",
            ours=formats.days(dates["mean_error"]), rule=formats.days(dates["rule_error"]),
            share=formats.ratio(dates["covered"]), meant=formats.percent(80),
        )  # fmt: skip
    if late := told["late"]:
        yield plural(
            "Of %(count)s order followed by another, %(share)s had it before the customer was called late. Meant is %(meant)s.",
            "Of %(count)s orders followed by another, %(share)s had it before the customer was called late. Meant is %(meant)s.",
            late["orders"], share=formats.ratio(late["before_late"]), meant=formats.percent(80),
        )  # fmt: skip

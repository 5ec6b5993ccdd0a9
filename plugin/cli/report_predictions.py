"""What a report says about the predictions: which are in use, why, and how they did on the store's own past."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from plugin.cli.counting import counted

IN_USE = {
    "mixture": "what this store's earlier months taught, mixed with a model of how often customers come",
    "mbg": "a model of how often customers come (MBG/NBD)",
    "regular": "a model of how often and how regularly customers come (MBG/CNBD-k)",
    "none": "nothing yet",
}
WHY = {
    "won": "It did best on earlier months that it had not seen.",
    "lost": "What earlier months taught did no better on months that it had not seen, so it is switched off.",
    "untried": "There are too few earlier months to try it on, so it counts for less.",
    "few_customers": "The store has too few customers who came back to learn more from.",
    "short_past": "The store's history is too short to learn more from.",
}
NAMES = {
    "regulars": "Regulars",
    "mbg": "MBG/NBD alone",
    "days_since_last_order": "Days since the last order",
    "ordered_in_90_days": "The 90-day rule",
}


def sentences(card: Mapping[str, Any] | None) -> list[str]:
    """One sentence or two for each thing that is known."""
    return ["Not known before the store's first night."] if card is None else list(_sentences(card))


def _sentences(card: Mapping[str, Any]) -> Iterator[str]:
    used = card["in_use"]
    yield f"The chance of an order rests on {IN_USE[used['chance']]}. {WHY[used['why']]}"
    if used["fixed_cuts"]:
        yield "With fewer than 100 buyers, groups go by fixed steps of silence, orders and spend and not by fifths."
    if not card["marks"]:
        yield "Too little has happened to try the predictions on this store's own past, so nothing is claimed for them."
        return
    marks = ", ".join(f"{NAMES.get(one['name'], one['name'])} {one['auc']:.2f}" for one in card["marks"])
    yield (
        f"Tried at {counted(card['cut_offs'], 'earlier moment')}, on who ordered within {card['within_days']} days. Of two customers, one "
        f"who came and one who did not, how often the right one was ranked higher: {marks}."
    )
    if not card["trusted"]:
        yield "Here the simple rule does as well. Do not rely on the chances."
    if dates := card["dates"]:
        yield (
            f"Dates of next orders were off by {counted(dates['mean_error'], 'day')} on average; last order plus usual gap by "
            f"{dates['rule_error']:.0f}. {dates['covered']:.0%} fell into ranges meant for 80%."
        )
    if late := card["late"]:
        yield (
            f"Of {counted(late['orders'], 'order')} followed by another, {late['before_late']:.0%} had it before the customer was "
            "called late (meant: 80%)."
        )

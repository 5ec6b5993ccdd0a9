"""What a report says of how customers buy, and of what sets those who left apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

#: rows of each list that a sentence names, and customers that a trait needs to be named
MOST, FEWEST = 3, 20
#: a trait is named if it is so many times as common among those who left, or the other way round
APART = 1.2
TRAITS = {
    "first_product": "first bought {}",
    "first_discount": "first bought at {}",
    "discount_share": "had a discount on {} of their orders",
    "channel": "first bought through {}",
    "country": "have a bill in {}",
}
SHARES = {"no order": "none", "up to half": "up to half", "more than half": "more than half"}
DISCOUNTS = {"full price": "full price", "discounted": "a discount"}


def sentences(habits: Mapping[str, Any] | None) -> list[str]:
    """One sentence for each thing that is known."""
    told = [] if habits is None else list(_sentences(habits))
    return told or ["Not known before the store's first night."]


def _sentences(habits: Mapping[str, Any]) -> Iterator[str]:
    if steps := habits["funnel"][1:]:
        made = _list(
            f"{rung['kept']:.0%} {'' if place else 'have '}ordered {_nth(rung['visit'])}"
            for place, rung in enumerate(steps[:MOST])
        )
        yield f"Of {habits['funnel'][0]['customers']:,} customers {made} time; each share is of those before."
    if (share := habits["full_price"]["365"]) is not None:
        yield f"{share:.0%} of the orders of the last 365 days were at full price."
    if (share := habits["lengthening"]) is not None:
        yield f"For {share:.0%} of those with a rhythm the gaps between orders are getting longer."
    if again := habits["replenishment"]:
        listed = _list(f"{one['product_id']} after {one['quartiles'][1]:.0f} days" for one in again[:MOST])
        yield f"Products bought again, and when half have done so: {listed}."
    if nexts := habits["followers"]:
        listed = _list(f"{one['next']} after {one['product']} ({one['days']:.0f} days)" for one in nexts[:MOST])
        yield f"What most often follows on the next visit: {listed}."
    yield from _left(habits["left"])


def _left(left: Mapping[str, Any]) -> Iterator[str]:
    """Traits that are clearly more common among those who left, or among those who stayed."""
    for trait, words in TRAITS.items():
        # a card of before a trait was told does not have it
        known = [one for one in left.get(trait, ()) if one["lift"] and one["left"] + one["stayed"] >= FEWEST]
        for one in known[:1] if known and known[0]["lift"] >= APART else ():
            yield f"Those who left {words.format(_name(one))} {one['lift']:.1f} times as often as those who stayed."
        for one in known[-1:] if len(known) > 1 and known[-1]["lift"] <= 1 / APART else ():
            yield f"Those who stayed {words.format(_name(one))} {1 / one['lift']:.1f} times as often as those who left."


def _name(one: Mapping[str, Any]) -> str:
    name: str = one["name"]
    return SHARES.get(name, DISCOUNTS.get(name, name))


def _nth(visit: int) -> str:
    return {2: "a second", 3: "a third"}.get(visit, f"a {visit}th")


def _list(parts: Iterable[str]) -> str:
    return ", ".join(parts)

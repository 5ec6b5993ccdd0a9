"""What a report says of how customers buy, and of what sets those who left apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from plugin.cli.counting import counted
from plugin.usecases.apart import is_apart

#: rows of each list that a sentence names
MOST = 3
TRAITS = {
    "first_product": "first bought {}",
    "first_discount": "first bought at {}",
    "discount_share": "had a discount on {} of their orders",
    "channel": "first bought through {}",
    "country": "have a bill in {}",
}
SHARES = {"no order": "none", "up to half": "up to half", "more than half": "more than half"}
DISCOUNTS = {"full price": "full price", "discounted": "a discount"}


def sentences(habits: Mapping[str, Any] | None, *, money: Callable[[float], str]) -> list[str]:
    """One sentence for each thing that is known; ``money`` writes minor units."""
    told = [] if habits is None else [*_sentences(habits), *_worth(habits, money)]
    return told or ["Not known before the store's first night."]


def _worth(habits: Mapping[str, Any], money: Callable[[float], str]) -> Iterator[str]:
    """What a customer is worth, each figure by the name of what it is."""
    worth = habits["clv"]
    if worth["historical"] is not None:
        yield f"So far a customer has spent {money(worth['historical'])} on average (historical value)."
    if worth["rule_of_thumb"] is not None:
        yield (
            f"By the rule of thumb, order value by orders a year by years until a customer leaves, one is worth "
            f"{money(worth['rule_of_thumb'])}. What each is expected to spend in a year is in regulars signals."
        )


def _sentences(habits: Mapping[str, Any]) -> Iterator[str]:
    if steps := habits["funnel"][1:]:
        made = _list(
            f"{rung['kept']:.0%} {'' if place else 'have '}ordered {_nth(rung['visit'])}"
            for place, rung in enumerate(steps[:MOST])
        )
        first = habits["funnel"][0]["customers"]
        yield f"Of {counted(first, 'customer')} {made} time; each share is of those before."
    if (share := habits["full_price"]["365"]) is not None:
        yield f"{share:.0%} of the orders of the last 365 days were at full price."
    if (share := habits["lengthening"]) is not None:
        yield f"For {share:.0%} of those with a rhythm the gaps between orders are getting longer."
    if again := habits["replenishment"]:
        listed = _list(f"{one['product_id']} after {counted(one['quartiles'][1], 'day')}" for one in again[:MOST])
        yield f"Products bought again, and when half have done so: {listed}."
    if nexts := habits["followers"]:
        listed = _list(f"{one['next']} after {one['product']} ({counted(one['days'], 'day')})" for one in nexts[:MOST])
        yield f"What most often follows on the next visit: {listed}."
    yield from _left(habits["left"])


def _left(left: Mapping[str, Any]) -> Iterator[str]:
    """Traits that are clearly more common among those who left, or among those who stayed."""
    for trait, words in TRAITS.items():
        # a card of before a trait was told does not have it
        rows = left.get(trait, ())
        known = [one for one in rows if is_apart(one, rows)]
        for one in known[:1] if known and known[0]["lift"] > 1 else ():
            yield f"Those who left {words.format(_name(one))} {one['lift']:.1f} times as often as those who stayed."
        for one in known[-1:] if known and known[-1]["lift"] < 1 else ():
            yield f"Those who stayed {words.format(_name(one))} {1 / one['lift']:.1f} times as often as those who left."


def _name(one: Mapping[str, Any]) -> str:
    name: str = one["name"]
    return SHARES.get(name, DISCOUNTS.get(name, name))


def _nth(visit: int) -> str:
    return {2: "a second", 3: "a third"}.get(visit, f"a {visit}th")


def _list(parts: Iterable[str]) -> str:
    return ", ".join(parts)

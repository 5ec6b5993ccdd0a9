"""What must hold for a single reward and for the scope of discounts; ranges that several parts of a program share."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches

from plugin.rewards.parts import Announced, InStore, Limits, Occasion, Reward, Surprise
from plugin.rewards.problem import Problem
from plugin.rewards.tags import plain
from storage.money import to_decimal_text

REWARD_TYPES = ("percent", "fixed", "shipping", "gift")
#: a percentage above it would need a limit in money that no store of today can hold
MOST_PERCENT = 50
#: a thousand million of a currency with cents; wide enough for those with small units
MOST_MONEY = 10**11
MOST_IDS = 50
MOST_TAGS = 20
#: as long as a store allows
LONGEST_TAG = 255
MOST_OCCASIONS = 8
OCCASIONS = ("order_number", "anniversary", "group")
#: those that one enters by an order; silence is win-back's
GROUPS = ("champions", "loyal", "active", "new", "promising")
MOST_ORDER = 1_000
MOST_GIFTS = 6
POOLS = ("champions", "best", "everyone")
#: of the number, by what the occasion is; a group has no use for one
RANGES = {"order_number": (1, MOST_ORDER), "anniversary": (0, 50), "group": (0, MOST_ORDER)}
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,79}")


def reward_problems(at: str, reward: Reward, limits: Limits, currency: str) -> Iterator[Problem]:
    """All that is wrong with a reward at a dotted place."""
    yield from one_of(f"{at}.type", reward.type, REWARD_TYPES)
    yield from within(f"{at}.percent", reward.percent, 0, MOST_PERCENT)
    yield from _amount(f"{at}.amount", reward, limits, currency)
    yield from money(f"{at}.cap", reward.cap, currency)
    if reward.type == "gift" and not reward.product:
        yield Problem(field=f"{at}.product", code="gift_missing", message="Enter the product that is the gift.")
    elif reward.product and not ID.fullmatch(reward.product):
        yield Problem(field=f"{at}.product", code="store_id", message="Enter the number that your store gives it.")


def occasion_problems(occasions: Sequence[Occasion], limits: Limits, currency: str) -> Iterator[Problem]:
    """All that is wrong with the occasions: each once, and each gives something."""
    if len(occasions) > MOST_OCCASIONS:
        said = f"Use at most {MOST_OCCASIONS} occasions."
        yield Problem(field="loyalty.occasions", code="too_many", message=said, numbers={"most": MOST_OCCASIONS})
    seen: set[tuple[str, str | int]] = set()
    for place, occasion in enumerate(occasions):
        at = f"loyalty.occasions.{place}"
        yield from one_of(f"{at}.on", occasion.on, OCCASIONS)
        least, most = RANGES.get(occasion.on, (0, MOST_ORDER))
        yield from within(f"{at}.number", occasion.number, least, most)
        if occasion.on == "group":
            yield from one_of(f"{at}.group", occasion.group, GROUPS)
        if occasion.type == "percent" and occasion.percent == 0:
            yield from within(f"{at}.percent", occasion.percent, 1, MOST_PERCENT)
        yield from reward_problems(at, occasion, limits, currency)
        yield from within(f"{at}.valid_days", occasion.valid_days, 3, 60)
        what = (occasion.on, occasion.group if occasion.on == "group" else occasion.number)
        if what in seen:
            yield Problem(field=f"{at}.on", code="twice", message="Name each once.")
        seen.add(what)


def surprise_problems(surprise: Surprise, limits: Limits, currency: str) -> Iterator[Problem]:
    """All that is wrong with the surprise; one that is on has something to give."""
    yield from one_of("surprise.pool", surprise.pool, POOLS)
    yield from within("surprise.odds_percent", surprise.odds_percent, 1, 100)
    yield from money("surprise.monthly_budget", surprise.monthly_budget, currency)
    yield from within("surprise.valid_days", surprise.valid_days, 3, 60)
    if surprise.enabled and not surprise.gifts:
        yield Problem(field="surprise.gifts", code="too_few_gifts", message="Add at least one gift.")
    if len(surprise.gifts) > MOST_GIFTS:
        yield Problem(
            field="surprise.gifts", code="too_many", message=f"Use at most {MOST_GIFTS}.", numbers={"most": MOST_GIFTS}
        )
    for place, gift in enumerate(surprise.gifts):
        at = f"surprise.gifts.{place}"
        yield from within(f"{at}.weight", gift.weight, 1, 100)
        if gift.type == "percent" and gift.percent == 0:
            yield from within(f"{at}.percent", gift.percent, 1, MOST_PERCENT)
        yield from reward_problems(at, gift, limits, currency)


def announced_problems(announced: Announced, in_store: InStore, tiers: Sequence[str]) -> Iterator[Problem]:
    """All that is wrong with early access; it needs a mark in the store that tells of it."""
    if not announced.enabled:
        return
    if announced.tier not in tiers:
        yield Problem(
            field="announced.tier", code="choice", message="Choose one of the tiers.", numbers={"allowed": list(tiers)}
        )
    if not (in_store.metafields or in_store.tags):
        said = "Turn on fields or tags of customers, too: they are what tells of early access."
        yield Problem(field="announced.enabled", code="needs_mark", message=said)


def scope_problems(limits: Limits) -> Iterator[Problem]:
    """All that is wrong with the products and collections that discounts are for."""
    for name, ids in (("products", limits.products), ("collections", limits.collections)):
        at = f"limits.{name}"
        if len(ids) > MOST_IDS:
            said = f"Name at most {MOST_IDS}; a collection can hold more."
            yield Problem(field=at, code="too_many_ids", message=said, numbers={"most": MOST_IDS})
        if not all(ID.fullmatch(each) for each in ids):
            yield Problem(field=at, code="store_id", message="Enter the numbers that your store gives them.")
        elif len(set(ids)) < len(ids):
            yield Problem(field=at, code="twice", message="Name each once.")


def tag_problems(tags: tuple[str, ...]) -> Iterator[Problem]:
    """All that is wrong with the tags to leave out."""
    at = "limits.leave_out_tags"
    if len(tags) > MOST_TAGS:
        yield Problem(field=at, code="too_many", message=f"Use at most {MOST_TAGS}.", numbers={"most": MOST_TAGS})
    if not all(tag == tag.strip() and tag.isprintable() and 1 <= len(tag) <= LONGEST_TAG for tag in tags):
        said = f"Use 1 to {LONGEST_TAG} characters."
        yield Problem(field=at, code="name_length", message=said, numbers={"least": 1, "most": LONGEST_TAG})
    elif len({plain(tag) for tag in tags}) < len(tags):
        yield Problem(field=at, code="twice", message="Name each once.")


def one_of(at: str, value: str, allowed: tuple[str, ...]) -> Iterator[Problem]:
    """A choice among words."""
    if value not in allowed:
        said = f"Must be one of {', '.join(allowed)}."
        yield Problem(
            field=at, code="choice", message=said, numbers={"allowed": list(allowed), **alike(value, allowed)}
        )


def alike(value: str, allowed: Collection[str]) -> dict[str, str]:
    """Under ``nearest`` the allowed word that a word resembles, where there is one."""
    found = get_close_matches(value, sorted(allowed), n=1)
    return {"nearest": found[0]} if found else {}


def within(at: str, value: int, least: int, most: int) -> Iterator[Problem]:
    """A whole number between two."""
    if not least <= value <= most:
        numbers = {"least": least, "most": most, "nearest": min(max(value, least), most)}
        yield Problem(field=at, code="range", message=f"Enter a number from {least} to {most}.", numbers=numbers)


def money(at: str, value: int, currency: str, *, least: int = 0) -> Iterator[Problem]:
    """An amount of minor units."""
    if not least <= value <= MOST_MONEY:
        low, most = to_decimal_text(least, currency), to_decimal_text(MOST_MONEY, currency)
        numbers = {"least_minor": least, "most_minor": MOST_MONEY, "currency": currency}
        numbers["nearest"] = min(max(value, least), MOST_MONEY)
        said = f"Enter an amount from {'0' if least == 0 else low} to {most}."
        yield Problem(field=at, code="amount_range", message=said, numbers=numbers)


def _amount(at: str, reward: Reward, limits: Limits, currency: str) -> Iterator[Problem]:
    """A fixed amount may make no order free, and what may cost anything cannot be set aside."""
    least = 1 if reward.type in {"fixed", "shipping", "gift"} else 0
    if reward.type == "fixed" and reward.amount > limits.min_order:
        said = f"Must be at most the smallest order, {to_decimal_text(limits.min_order, currency)}: more would give goods away."
        numbers = {"most_minor": limits.min_order, "nearest": limits.min_order, "currency": currency}
        yield Problem(field=at, code="amount_above_minimum", message=said, numbers=numbers)
    else:
        yield from money(at, reward.amount, currency, least=least)

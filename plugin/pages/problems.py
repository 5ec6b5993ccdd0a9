"""What is wrong with a form, or worth a warning, in the reader's language: stable codes with numbers in, sentences out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from plugin.pages import benefits, formats
from plugin.pages.say import _
from plugin.rewards.problem import Problem

Numbers = Mapping[str, Any]

#: fields whose bounds count tenths
IN_TENTHS = "_tenths"


def by_field(problems: Iterable[Problem]) -> dict[str, list[dict[str, Any]]]:
    """Findings as the API answers them: dotted field to a list of code, text and numbers."""
    found: dict[str, list[dict[str, Any]]] = {}
    for problem in problems:
        told = {"code": problem.code, "text": sentence(problem), "numbers": dict(problem.numbers)}
        found.setdefault(problem.field, []).append(told)
    return found


def sentence(problem: Problem) -> str:
    """One finding in words; the English sentence that it came with where its code is not known here."""
    write = SENTENCES.get(problem.code)
    if problem.field.endswith(IN_TENTHS) and problem.code == "whole_number":
        return _("Use at most one digit after the point.")
    try:
        return write(_scaled(problem)) if write else problem.message
    except (KeyError, TypeError, ValueError):
        return problem.message


def _scaled(problem: Problem) -> Numbers:
    if not problem.field.endswith(IN_TENTHS):
        return problem.numbers
    return {name: value / 10 for name, value in problem.numbers.items()}


def _number(numbers: Numbers, name: str) -> str:
    return formats.number(numbers[name])


def _money(numbers: Numbers, name: str) -> str:
    return formats.money(numbers[name], numbers["currency"])


def _gives(numbers: Numbers) -> str:
    told = numbers.get("gives")
    return benefits.told(told) if told else formats.percent(numbers["percent"])


SENTENCES: dict[str, Callable[[Numbers], str]] = {
    "required": lambda _n: _("Enter a value."),
    "number": lambda _n: _("Enter a number."),
    "whole_number": lambda _n: _("Enter a whole number."),
    "text": lambda _n: _("Enter a text."),
    "yes_or_no": lambda _n: _("Choose yes or no."),
    "list": lambda _n: _("Enter a list."),
    "object": lambda _n: _("Enter an object."),
    "unknown": lambda _n: _("This field is not known."),
    "range": lambda n: _("Enter a number from %(least)s to %(most)s.", least=_number(n, "least"), most=_number(n, "most")),
    "amount_range": lambda n: _(
        "Enter an amount from %(least)s to %(most)s.", least=_money(n, "least_minor"), most=_money(n, "most_minor")
    ),
    "name_length": lambda n: _(
        "Use %(least)s to %(most)s characters.", least=_number(n, "least"), most=_number(n, "most")
    ),
    "name_taken": lambda _n: _("Another tier has this name."),
    "first_spend": lambda _n: _("The first tier begins at 0."),
    "spend_order": lambda n: _(
        "Must be more than %(amount)s for %(tier)s.", amount=_money(n, "above_minor"), tier=str(n["tier"])
    ),
    "too_few_tiers": lambda _n: _("Keep at least one tier."),
    "too_many_tiers": lambda n: _("Use at most %(most)s tiers.", most=_number(n, "most")),
    "too_many": lambda n: _("Use at most %(most)s.", most=_number(n, "most")),
    "too_few_steps": lambda _n: _("Keep at least one step."),
    "step_order": lambda _n: _("Each step once, in this order: reminder, offer, last offer."),
    "guard_too_small": lambda n: _(
        "Must be at least %(amount)s, or the budget means nothing.", amount=_money(n, "least_minor")
    ),
    "choice": lambda _n: _("Choose one of the given values."),
    "prefix": lambda _n: _("Use up to 12 capital letters and digits."),
    "key": lambda _n: _("Use 1 to 40 of a-z, 0-9, - and _, beginning with a letter or digit."),
    "currency": lambda _n: _("Use a currency's three capital letters."),
    "missing": lambda _n: _("Enter a value."),
    "type": lambda _n: _("This value has the wrong type."),
    "not_text": lambda _n: _("Write amounts as text."),
    "not_money": lambda _n: _("Enter a number."),
    "too_fine": lambda _n: _("This currency has fewer digits after the point."),
    "tier_gives_less": lambda n: _("%(tier)s gets less than the tier before it.", tier=str(n["tier"])),
    "step_gives_less": lambda _n: _("A later step gives less than an earlier one."),
    "above_highest": lambda n: _(
        "The highest discount of %(percent)s will be given instead.", percent=formats.percent(n["highest_percent"])
    ),
    "budget_under_one_offer": lambda n: _(
        "One offer of %(percent)s can cost up to %(amount)s, more than the whole budget. It would never be made.",
        percent=_gives(n), amount=_money(n, "needed_minor"),
    ),
    "limit_under_one_offer": lambda n: _(
        "One offer of %(gives)s can cost up to %(amount)s, more than this. It would never be made.",
        gives=_gives(n), amount=_money(n, "needed_minor"),
    ),
    "amount_lowered": lambda n: _(
        "The highest discount leaves %(amount)s of it on the smallest order.", amount=_money(n, "left_minor")
    ),
    "cap_not_held": lambda n: _(
        "Your store cannot hold a percentage to an amount. On an order of %(order)s it takes %(amount)s off, and that is set aside. An amount off is held.",
        order=_money(n, "order_minor"), amount=_money(n, "needed_minor"),
    ),
    "amount_above_minimum": lambda n: _(
        "Must be at most %(amount)s, the smallest order.", amount=_money(n, "most_minor")
    ),
    "gift_missing": lambda _n: _("Enter the number of the product that is free."),
    "store_id": lambda _n: _("Enter the number that your store gives it."),
    "too_many_ids": lambda n: _("Name at most %(most)s. A collection can hold more.", most=_number(n, "most")),
    "below_margin": lambda _n: _(
        "On the smallest order this leaves less than the margin to keep. It would never be given."
    ),
    "too_few_gifts": lambda _n: _("Add at least one gift."),
    "twice": lambda _n: _("Name each once."),
    "needs_mark": lambda _n: _("Turn on fields or tags of customers, too: they are what tells of early access."),
    "not_granted": lambda n: _(
        "Your store has not granted Regulars to write on customers (%(scope)s). Grant it, then save.", scope=str(n["scope"])
    ),
    "not_on_magento": lambda _n: _("A Magento store has nothing of the kind."),
    "combine_all_or_none": lambda _n: _(
        "Magento combines a code with all of its other cart price rules or with none. Tick all three, or none."
    ),
    "no_control_group": lambda _n: _("Without a control group, extra revenue cannot be shown."),
    "other_currency": lambda _n: _("The rules must be in your shop's currency."),
}  # fmt: skip

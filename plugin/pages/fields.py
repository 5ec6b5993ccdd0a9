"""The fields of the rules: what each is called, what it means, in which unit it is written. One table for form and history."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from plugin.pages import formats, names
from plugin.pages.say import _, later
from plugin.rewards.sound import GROUPS

PLACE = re.compile(r"\.\d+\.")
TENTHS = 10


@dataclass(frozen=True, slots=True)
class Spec:
    """A kind of field: ``unit`` is percent, days, money, times, count, switch, choice, list or text."""

    label: Any
    unit: str
    help: Any = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field as the form shows it; ``name`` is its dotted place in the program."""

    name: str
    label: str
    help: str
    value: Any
    before: str = ""
    after: str = ""
    #: which keyboard a telephone shows
    numeric: str = ""
    #: what one unit in the form is in the program
    scale: int = 1
    warning: str = ""

    @property
    def described_by(self) -> str:
        """The ids of what is said below it; form.js makes the same ones."""
        return " ".join(f"{sort}-{self.name}" for sort in ("help", "warning") if getattr(self, sort))

    @property
    def id(self) -> str:
        """Its name on the page."""
        return f"f-{self.name}"


def _rewards(at: str) -> dict[str, Spec]:
    """What a tier or a step may give beside a percentage."""
    return {
        f"{at}.type": Spec(later("Reward"), "choice"),
        f"{at}.cap": Spec(later("Meant to take off at most"), "money"),
        f"{at}.amount": Spec(later("Amount, or what it costs at most"), "money"),
        f"{at}.product": Spec(later("Number of the free product"), "text"),
    }


SPECS: Mapping[str, Spec] = {
    "loyalty.enabled": Spec(later("Give loyalty discounts"), "switch"),
    "loyalty.tiers.*.name": Spec(later("Tier name"), "text"),
    "loyalty.tiers.*.spend_from": Spec(later("Spend in last 12 months"), "money"),
    "loyalty.tiers.*.percent": Spec(later("Discount"), "percent"),
    "loyalty.tiers.*.orders_from": Spec(later("Orders in last 12 months"), "count"),
    **_rewards("loyalty.tiers.*"),
    "loyalty.measure": Spec(later("Tiers go by"), "choice"),
    "loyalty.retain_percent": Spec(
        later("To stay in a tier"), "percent", later("Of what it takes to enter it.")
    ),
    "loyalty.reenter_percent": Spec(
        later("To come back to a lost tier"), "percent", later("Of what it takes to enter it.")
    ),
    "loyalty.grace_days": Spec(
        later("Keep a tier for"), "days", later("After falling below what it takes to stay. Then one tier lower.")
    ),
    "loyalty.notice_days": Spec(later("Remind before it ends"), "days"),
    "loyalty.valid_days": Spec(later("Discount valid for"), "days", later("Counted from the order that earns it.")),
    "loyalty.occasions.*.on": Spec(later("Occasion"), "choice"),
    "loyalty.occasions.*.number": Spec(later("Which one"), "count"),
    "loyalty.occasions.*.group": Spec(later("Group"), "choice"),
    "loyalty.occasions.*.percent": Spec(later("Discount"), "percent"),
    "loyalty.occasions.*.valid_days": Spec(later("Valid for"), "days"),
    **_rewards("loyalty.occasions.*"),
    "win_back.enabled": Spec(later("Send win-back offers"), "switch"),
    "win_back.timing.rule": Spec(later("When a customer counts as late"), "choice"),
    "win_back.timing.days": Spec(later("Days without an order"), "days"),
    "win_back.timing.gap_multiple_tenths": Spec(later("Times the usual gap"), "times"),
    "win_back.timing.quantile_percent": Spec(later("Share that has come back"), "percent"),
    "win_back.steps.*.wait_days": Spec(later("Wait"), "days"),
    "win_back.steps.*.percent": Spec(later("Discount"), "percent"),
    "win_back.steps.*.valid_days": Spec(later("Valid for"), "days"),
    **_rewards("win_back.steps.*"),
    "win_back.sunset_days": Spec(
        later("Then leave in peace for"), "days", later("After the last step nothing more is sent for so long.")
    ),
    "win_back.max_age_days": Spec(
        later("Skip steps overdue by more than"), "days",
        later("Customers who went silent long before you turned this on are not written to."),
    ),
    "win_back.daily_ramp": Spec(
        later("Customers a day"), "count", later("Win-back writes to no more than these in a day. 0 is no limit.")
    ),
    "surprise.enabled": Spec(later("Give surprises"), "switch"),
    "surprise.pool": Spec(later("For whom"), "choice"),
    "surprise.odds_percent": Spec(later("Drawn each month"), "percent"),
    "surprise.monthly_budget": Spec(
        later("Monthly budget for surprises"), "money", later("Beside the budget of the other rules.")
    ),
    "surprise.valid_days": Spec(later("Valid for"), "days"),
    "surprise.gifts.*.percent": Spec(later("Discount"), "percent"),
    "surprise.gifts.*.weight": Spec(later("How often"), "count"),
    **_rewards("surprise.gifts.*"),
    "announced.enabled": Spec(later("Give early access"), "switch"),
    "announced.tier": Spec(
        later("From this tier on"), "text", later("The tier's name. Customers get the mark, no code.")
    ),
    "in_store.metafields": Spec(
        later("Write group, tier and next step as customer fields"), "switch",
        later("For segments, automations and themes."),
    ),
    "in_store.tags": Spec(
        later("Write them as customer tags, too"), "switch", later("Other tags stay as they are.")
    ),
    "in_store.flow": Spec(
        later("Start automations"), "switch", later("When an offer is issued, and three days before it ends.")
    ),
    "in_store.read_groups": Spec(
        later("Show your store's own customer groups"), "switch", later("Beside ours, on the page of a customer.")
    ),
    "in_store.pooled": Spec(
        later("One discount for many codes"), "switch",
        later(
            "Fewer discounts in your list. A code is not bound to its customer then: who has it can use it once. "
            "You are told of uses by others."
        ),
    ),
    "limits.monthly_budget": Spec(
        later("Monthly budget"), "money", later("New offers stop when expected discounts reach this amount.")
    ),
    "limits.highest_percent": Spec(
        later("Highest discount"), "percent", later("No offer goes above this, whatever the tier says.")
    ),
    "limits.min_order": Spec(later("Smallest order"), "money", later("Codes work from this order value on.")),
    "limits.order_guard": Spec(
        later("Largest order to reckon with"), "money",
        later("Each offer sets aside its discount on an order of this size until it is used or ends."),
    ),
    "limits.wait_days": Spec(
        later("Wait between offers"), "days", later("So long a customer gets no other discount.")
    ),
    "limits.margin_percent": Spec(
        later("Your usual margin"), "percent", later("What is left of an order's price over its costs. 0 is unknown.")
    ),
    "limits.margin_floor_percent": Spec(
        later("Margin to keep"), "percent", later("Of the price after a discount. No offer leaves less.")
    ),
    "limits.daily_budget": Spec(
        later("Budget of a day"), "money", later("So that a month's money does not go in a day. 0 is no limit.")
    ),
    "limits.customer_year": Spec(
        later("Most for one customer in a year"), "money", later("Open and used offers of 365 days. 0 is no limit.")
    ),
    "limits.products": Spec(
        later("Only for these products"), "list", later("Their numbers in your store, with commas. Empty is everything.")
    ),
    "limits.collections": Spec(
        later("Only for these collections"), "list", later("Their numbers in your store, with commas. Empty is everything.")
    ),
    "limits.leave_out_tags": Spec(
        later("Tags to leave out"), "list",
        later("Customers with one of these tags in your store get no offers, like staff or wholesale. With commas."),
    ),
    "limits.combine_order": Spec(later("Can be combined with discounts on the order"), "switch"),
    "limits.combine_product": Spec(later("Can be combined with discounts on products"), "switch"),
    "limits.combine_shipping": Spec(later("Can be combined with discounts on shipping"), "switch"),
    "code_prefix": Spec(later("Codes begin with"), "text", later("Up to 12 capital letters and digits, or nothing.")),
    "holdout_percent": Spec(
        later("Control group"), "percent", later("Customers who get no offers, so you can see what the offers really add.")
    ),
    "rollout_percent": Spec(
        later("For this share of customers"), "percent", later("The others keep the rules that last held for everyone.")
    ),
    "mode": Spec(later("How the rules run"), "choice"),
}  # fmt: skip
CHOICES: Mapping[str, Any] = {
    "live": later("Live"),
    "shadow": later("Trial run"),
    "recommended": later("By their own rhythm"),
    "days": later("After a fixed number of days"),
    "gap_multiple": later("After a multiple of their usual gap"),
    "quantile": later("When most with as many orders have come back"),
    "percent": later("Percent off"),
    "spend": later("Spend in last 12 months"),
    "orders": later("Orders in last 12 months"),
    "order_number": later("Order number"),
    "anniversary": later("Year since first order"),
    "group": later("Group entered"),
    **{name: names.GROUPS[name][0] for name in GROUPS},
    "best": later("Champions, loyal, once loyal"),
    "everyone": later("Everyone"),
    "fixed": later("Amount off"),
    "shipping": later("Free shipping"),
    "gift": later("Free product"),
}


def flat(wire: Mapping[str, Any]) -> dict[str, Any]:
    """Every single value of a program by its dotted name."""
    found: dict[str, Any] = {}
    _walk(wire, "", found)
    return found


def spec(name: str) -> Spec | None:
    """The table's entry for a dotted name; None for one that no form shows."""
    return SPECS.get(PLACE.sub(".*.", name))


def form_field(name: str, value: Any, *, currency: str, warning: str = "") -> Field:
    """A field with its value as one types it, its unit beside it."""
    found = SPECS[PLACE.sub(".*.", name).replace(".row.", ".*.")]
    shown: dict[str, Any] = {"value": value}
    if found.unit == "percent":
        shown |= {"after": "%", "numeric": "numeric"}
    elif found.unit == "days":
        shown |= {"after": _("days"), "numeric": "numeric"}
    elif found.unit == "count":
        shown |= {"numeric": "numeric"}
    elif found.unit == "times":
        shown |= {"value": _typed_tenths(value), "after": "×", "numeric": "decimal", "scale": TENTHS}
    elif found.unit == "money":
        sign = "before" if formats.symbol_first() else "after"
        shown |= {"value": _typed_money(value), sign: formats.symbol(currency), "numeric": "decimal"}
    return Field(name=name, label=str(found.label), help=str(found.help), warning=warning, **shown)


def in_words(name: str, value: Any, *, currency: str) -> str:
    """A value as a sentence shows it: 8%, $200, 21 days, on."""
    found = spec(name)
    unit = found.unit if found else "text"
    if unit == "money":
        return formats.money_text(value, currency)
    return WRITERS[unit](value)


def _walk(value: Any, at: str, found: dict[str, Any]) -> None:
    if isinstance(value, Mapping):
        for name, part in value.items():
            _walk(part, f"{at}.{name}" if at else name, found)
    elif isinstance(value, list) and at in SPECS:
        found[at] = ", ".join(value)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            _walk(part, f"{at}.{place}", found)
    else:
        found[at] = value


def _typed_money(text: Any) -> str:
    whole, _point, digits = str(text).partition(".")
    return whole if not digits.strip("0") else str(text)


def _typed_tenths(value: Any) -> str:
    return f"{value / TENTHS:g}" if isinstance(value, int) else ""


def _on_or_off(value: Any) -> str:
    return _("on") if value else _("off")


WRITERS: Mapping[str, Callable[[Any], str]] = {
    "percent": formats.percent,
    "days": formats.days,
    "times": lambda value: formats.tenths(value / TENTHS) + "×",
    "switch": _on_or_off,
    "choice": lambda value: str(CHOICES.get(value, value)),
    "text": lambda value: str(value) or "–",
    "list": lambda value: str(value) or "–",
    "count": formats.number,
}

"""What a cart price rule gives: worked out from a discount, checked by us, written as Magento takes it, and read again.

Magento saves almost anything: 150 percent, an action that does not exist, no website. So a rule is built whole, in
one place, from values that were checked, and every field that it needs is written. Discounts alike share a rule: its
template. The template's fingerprint stands in the rule's description, with its terms in plain words beside it, so that
the rule is found again and what somebody changed by hand can be named.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from plugin.platforms.protocol import DiscountSpec, Rejected
from storage.money import to_decimal_text, to_minor

#: what the description of every rule of ours begins with
REFERENCE = "regulars:"
DIGITS = 24
ROOT = "Magento\\SalesRule\\Model\\Rule\\Condition\\Combine"
ADDRESS = "Magento\\SalesRule\\Model\\Rule\\Condition\\Address"
PRODUCT = "Magento\\SalesRule\\Model\\Rule\\Condition\\Product"
PRODUCTS = "Magento\\SalesRule\\Model\\Rule\\Condition\\Product\\Combine"
ACTIONS = {"percent": "by_percent", "fixed": "cart_fixed", "gift": "by_fixed", "shipping": "by_percent"}
FREE = "FREE_WITH_MATCHING_ITEMS"
ALL_KINDS = frozenset({"order", "product", "shipping"})
#: what must hold in every rule of ours, beside its terms
FIXED: Mapping[str, Any] = {
    "uses_per_customer": 0, "uses_per_coupon": 1, "coupon_type": "SPECIFIC_COUPON", "use_auto_generation": True,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What rules alike have in common. Money is minor units; ``to_date`` is a day of the store's calendar, inclusive."""

    type: str
    percent: int
    amount: int
    minimum: int
    #: skus
    products: tuple[str, ...]
    #: numbers of categories
    collections: tuple[str, ...]
    #: may it stand beside the store's other cart price rules
    combines: bool
    to_date: str
    websites: tuple[int, ...]
    currency: str

    @property
    def reference(self) -> str:
        """The same for the same template: what its rule is found by."""
        told = hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()
        return REFERENCE + told[:DIGITS]

    @property
    def description(self) -> str:
        """What stands in the rule: the reference, and the terms for whoever reads it."""
        return f"{self.reference} {json.dumps(asdict(self), sort_keys=True)}"


def template_of(spec: DiscountSpec, *, websites: Sequence[int], zones: Sequence[ZoneInfo]) -> Template:
    """The template of a discount. Raises Rejected for one that Magento cannot give, ValueError for one that none can.

    A rule ends with a day; it is the last day that the discount sees in any of the websites' time zones.
    """
    check(spec)
    if objection := cannot(spec.type, combines=spec.combines):
        raise Rejected(objection, code="NOT_POSSIBLE")
    percent = spec.percent if spec.type == "percent" else 0
    return Template(
        type=spec.type,
        percent=percent,
        amount=spec.amount if spec.type in {"fixed", "gift"} else 0,
        minimum=spec.minimum,
        products=tuple(sorted(spec.products)) if spec.type != "shipping" else (),
        collections=tuple(sorted(spec.collections)) if spec.type != "shipping" and not spec.products else (),
        combines=bool(spec.combines),
        to_date=last_day(spec.ends_at, zones).isoformat(),
        websites=tuple(sorted(websites)),
        currency=spec.currency,
    )


def cannot(kind: str, *, combines: Sequence[str]) -> str:
    """Why Magento cannot give such a discount, in a sentence; empty where it can."""
    wanted = frozenset(combines) - ({"shipping"} if kind == "shipping" else set())
    everything = ALL_KINDS - ({"shipping"} if kind == "shipping" else set())
    if wanted and wanted != everything:
        return "Magento combines a code with all of its other cart price rules or with none: tick all kinds, or none."
    return ""


def last_day(ends_at: datetime, zones: Sequence[ZoneInfo]) -> date:
    """The last day on which a discount is good anywhere; its end itself is no part of it."""
    last = ends_at - timedelta(microseconds=1)
    return max(last.astimezone(zone).date() for zone in zones)


def rule_body(template: Template, *, groups: Sequence[int]) -> dict[str, Any]:
    """The rule as Magento takes it, with every field that its schema asks for and no other."""
    return {
        "name": _name(template),
        "description": template.description,
        "store_labels": [{"store_id": 0, "store_label": "Regulars"}],
        "website_ids": list(template.websites),
        "customer_group_ids": list(groups),
        "to_date": template.to_date,
        "is_active": True,
        "condition": _conditions(template),
        "action_condition": _products(template),
        "stop_rules_processing": not template.combines,
        "is_advanced": True,
        "sort_order": 0,
        "simple_action": ACTIONS[template.type],
        "discount_amount": _number(template),
        # a gift is taken off once, however many pieces lie in the basket
        "discount_qty": 1 if template.type == "gift" else 0,
        "discount_step": 0,
        "apply_to_shipping": False,
        "times_used": 0,
        "is_rss": False,
        **FIXED,
        **({"simple_free_shipping": FREE} if template.type == "shipping" else {}),
    }


def told_terms(rule: Mapping[str, Any]) -> dict[str, Any] | None:
    """The terms that a rule's description tells, as it was made; None for one that is not ours or not readable."""
    description = rule.get("description")
    if not isinstance(description, str) or not description.startswith(REFERENCE):
        return None
    try:
        held = json.loads(description.partition(" ")[2])
    except ValueError:
        return None
    known = isinstance(held, dict) and held.keys() == set(Template.__dataclass_fields__)
    return held if known else None


def drift(rule: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the terms that the rule does not have any more as its description tells them."""
    told = told_terms(rule)
    if told is None:
        return ("description",)
    shown = _shown(rule, str(told["currency"]))
    names = tuple(name for name, value in shown.items() if value != told[name])
    return names + tuple(name for name, value in FIXED.items() if rule.get(name) != value)


def check(spec: DiscountSpec) -> None:
    """Raises ValueError for a discount that cannot be meant; Magento itself would save it."""
    if spec.ends_at <= spec.starts_at:
        raise ValueError("a discount ends after it starts")
    if spec.type not in ACTIONS or not set(spec.combines) <= ALL_KINDS:
        raise ValueError(f"no such discount: {spec.type!r}, combined with {sorted(spec.combines)}")
    if spec.type == "percent" and not 1 <= spec.percent <= 100:
        raise ValueError("a discount takes off 1 to 100 percent")
    if spec.type in {"fixed", "gift"} and spec.amount < 1:
        raise ValueError("an amount that is taken off is more than nothing")
    if spec.type == "gift" and len(spec.products) != 1:
        raise ValueError("a gift is one product")
    if any("," in one for one in (*spec.products, *spec.collections)):
        raise ValueError("a sku with a comma cannot be told from two")


def _name(template: Template) -> str:
    gives = {
        "percent": f"{template.percent} %",
        "fixed": f"{to_decimal_text(template.amount, template.currency)} {template.currency}",
        "gift": f"gift {', '.join(template.products)}",
        "shipping": "free shipping",
    }[template.type]
    return f"Regulars {gives} until {template.to_date}"[:255]


def _number(template: Template) -> int | float:
    if template.type == "percent":
        return template.percent
    amount = Decimal(to_decimal_text(template.amount, template.currency))
    return int(amount) if amount == int(amount) else float(amount)


def _combine(root: str, leaves: list[dict[str, Any]]) -> dict[str, Any]:
    return {"condition_type": root, "aggregator_type": "all", "operator": "", "value": "1", "conditions": leaves}


def _conditions(template: Template) -> dict[str, Any]:
    text = to_decimal_text(template.minimum, template.currency)
    least = {"condition_type": ADDRESS, "attribute_name": "base_subtotal", "operator": ">=", "value": text}
    return _combine(ROOT, [least] if template.minimum > 0 else [])


def _products(template: Template) -> dict[str, Any]:
    leaves = [
        {"condition_type": PRODUCT, "attribute_name": name, "operator": "()", "value": ",".join(ids)}
        for name, ids in (("sku", template.products), ("category_ids", template.collections))
        if ids
    ]
    return _combine(PRODUCTS, leaves)


def _shown(rule: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """The terms as the rule has them now, in the form in which descriptions tell them."""
    kind = _kind(rule)
    products = _listed(rule.get("action_condition"), "sku")
    return {
        "type": kind,
        "percent": _whole(rule.get("discount_amount")) if kind == "percent" else 0,
        "amount": _minor(rule.get("discount_amount"), currency) if kind in {"fixed", "gift"} else 0,
        "minimum": _minor(_leaf(rule.get("condition"), "base_subtotal") or 0, currency),
        "products": products,
        "collections": _listed(rule.get("action_condition"), "category_ids"),
        "combines": rule.get("stop_rules_processing") is False,
        "to_date": str(rule.get("to_date", ""))[:10],
        "websites": sorted(one for one in rule.get("website_ids") or () if isinstance(one, int)),
    }


def _kind(rule: Mapping[str, Any]) -> str:
    action = rule.get("simple_action")
    if rule.get("simple_free_shipping") not in {None, "", "NONE", "0"}:
        return "shipping" if action == "by_percent" and not rule.get("discount_amount") else "other"
    if action == "by_fixed":
        return "gift" if rule.get("discount_qty") == 1 else "other"
    return {"by_percent": "percent", "cart_fixed": "fixed"}.get(str(action), "other")


def _leaf(condition: Any, name: str) -> Any:
    leaves = condition.get("conditions") if isinstance(condition, dict) else None
    found = [one for one in leaves or () if isinstance(one, dict) and one.get("attribute_name") == name]
    return found[0].get("value") if found else None


def _listed(condition: Any, name: str) -> list[str]:
    value = _leaf(condition, name)
    return sorted(one.strip() for one in str(value).split(",")) if value else []


def _whole(value: Any) -> int:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return -1
    return int(number) if number == int(number) else -1


def _minor(value: Any, currency: str) -> int:
    try:
        return to_minor(Decimal(str(value)), currency)
    except (InvalidOperation, ValueError):
        return -1

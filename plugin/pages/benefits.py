"""What an offer gives, in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugin.pages import formats
from plugin.pages.say import _

NOTHING = ""


def gives(benefit: Mapping[str, Any], currency: str) -> str:
    """10%, $5 off, free shipping, a gift; "" for a message without a discount."""
    kind, value = str(benefit.get("type", "percent")), int(benefit.get("value", 0))
    amount = formats.money(int(benefit.get("cap", 0)), currency)
    if kind == "fixed":
        return _("%(amount)s off", amount=amount)
    if kind == "shipping":
        return _("Free shipping")
    if kind == "gift":
        return _("A gift")
    return formats.percent(value) if value and kind != "none" else NOTHING


def told(numbers: Mapping[str, Any]) -> str:
    """The same out of the numbers of a reason."""
    return gives({**numbers, "cap": numbers["amount_minor"]}, str(numbers["currency"]))

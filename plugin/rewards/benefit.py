"""What an offer gives, as the JSON value kept with the offer, and read again; offers of every age can be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugin.rewards.decision import Benefit

#: what a benefit may be; ``none`` is a message without a discount
TYPES = ("percent", "fixed", "shipping", "gift", "none")
LISTS = ("products", "collections", "combines")
NAMES = Benefit.__struct_fields__


def to_plain(benefit: Benefit) -> dict[str, Any]:
    """The JSON value to keep; empty lists are left out, as in offers older than they are."""
    held = {name: getattr(benefit, name) for name in NAMES}
    return {name: list(value) if name in LISTS else value for name, value in held.items() if value or name not in LISTS}


def from_plain(held: Mapping[str, Any]) -> Benefit:
    """The benefit of a kept offer."""
    return Benefit(
        type=str(held["type"]),
        value=int(held["value"]),
        cap=int(held.get("cap", 0)),
        minimum=int(held.get("minimum", 0)),
        products=tuple(held.get("products", ())),
        collections=tuple(held.get("collections", ())),
        combines=tuple(held.get("combines", ())),
    )

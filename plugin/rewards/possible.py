"""What a shop's platform cannot do, whatever it has granted: said before rules are saved, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from plugin.rewards.parts import InStore
from plugin.rewards.problem import Problem
from plugin.rewards.program import Program

MAGENTO = "magento"
KINDS = ("combine_order", "combine_product", "combine_shipping")
NOT_THERE = "A Magento store has nothing of the kind."
ALL_OR_NONE = "Magento combines a code with all of its other cart price rules or with none: tick all three, or none."


def impossible(program: Program, platform: str) -> Iterator[Problem]:
    """The fields of the rules that ask for what stores of this platform do not have."""
    if platform != MAGENTO:
        return
    for part in fields(InStore):
        if getattr(program.in_store, part.name):
            yield Problem(field=f"in_store.{part.name}", code="not_on_magento", message=NOT_THERE)
    ticked = [name for name in KINDS if getattr(program.limits, name)]
    if 0 < len(ticked) < len(KINDS):
        lacking = next(name for name in KINDS if name not in ticked)
        yield Problem(field=f"limits.{lacking}", code="combine_all_or_none", message=ALL_OR_NONE)

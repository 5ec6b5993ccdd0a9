"""Early access: who has it. A reward without a code, for a tier and those above it, never for the control group."""

from __future__ import annotations

from plugin.rewards.holdout import is_held_out
from plugin.rewards.program import Program


def has_early_access(program: Program, *, shop: str, customer_id: str, tier: str | None, left_out: bool) -> bool:
    """Whether this customer, who holds this tier, is let in early. ``shop`` is platform + "|" + domain."""
    announced = program.announced
    if not announced.enabled or program.mode != "live" or left_out or tier is None:
        return False
    names = [each.name for each in program.loyalty.tiers]
    if tier not in names or names.index(tier) < names.index(announced.tier):
        return False
    return not is_held_out(key=program.key, shop=shop, customer_id=customer_id, percent=program.holdout_percent)

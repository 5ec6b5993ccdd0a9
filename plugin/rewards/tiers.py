"""Which loyalty tier an amount spent reaches."""

from __future__ import annotations

from functools import lru_cache

from plugin.rewards.decision import Standing
from plugin.rewards.program import Program, Tier


def tier_of(program: Program, spend_365d: int) -> Tier:
    """The highest tier that net spend of the last 365 days (minor units) reaches; the first one for everybody else."""
    reached = [tier for tier in program.loyalty.tiers if tier.spend_from <= spend_365d]
    return reached[-1] if reached else program.loyalty.tiers[0]


def held_by(program: Program, standing: Standing) -> Tier:
    """The tier that a customer holds under the program: by name where it was replayed, else by the present spend."""
    named = next((tier for tier in program.loyalty.tiers if tier.name == standing.tier), None)
    return named or tier_of(program, standing.spend_365d)


@lru_cache(maxsize=256)
def slug(name: str) -> str:
    """A tier's name as the step of an offer: lower case, letters and digits of any script, joined by underscores."""
    words = "".join(letter if letter.isalnum() else " " for letter in name.casefold()).split()
    return "_".join(words) or "tier"

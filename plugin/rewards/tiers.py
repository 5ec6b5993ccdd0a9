"""Which loyalty tier an amount spent reaches."""

from __future__ import annotations

from plugin.rewards.program import Program, Tier


def tier_of(program: Program, spend_365d: int) -> Tier:
    """The highest tier that net spend of the last 365 days (minor units) reaches; the first one for everybody else."""
    reached = [tier for tier in program.loyalty.tiers if tier.spend_from <= spend_365d]
    return reached[-1] if reached else program.loyalty.tiers[0]


def slug(name: str) -> str:
    """A tier's name as the step of an offer: lower case, letters and digits of any script, joined by underscores."""
    words = "".join(letter if letter.isalnum() else " " for letter in name.casefold()).split()
    return "_".join(words) or "tier"

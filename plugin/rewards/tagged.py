"""Customers whom the rules leave out by a tag that they bear in the store: staff, resellers, whoever the merchant names."""

from __future__ import annotations

from plugin.rewards.decision import Reason, Standing
from plugin.rewards.program import Program
from plugin.rewards.question import no
from plugin.rewards.tags import among

#: the tags have to be read first
UNREAD = "tags_unread"


def left_out(standing: Standing, program: Program) -> Reason | None:
    """What speaks against a customer with one of the tags that the rules leave out."""
    found = among(standing.tags or (), program.limits.leave_out_tags)
    if not found:
        return None
    return no("left_out_by_tag", f"Customers with the tag {found[0]} get no offers.", tag=found[0])


def unread(standing: Standing, program: Program) -> Reason | None:
    """What speaks against an offer to somebody whose tags matter and are not known (any more)."""
    if standing.tags is not None or not program.limits.leave_out_tags:
        return None
    return no(
        "tags_unread", "The customer's tags are being read from the store; only then can it be told who is left out."
    )

"""The tiers that customers hold, replayed from their orders, under rules where the present spend alone does not decide."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

from plugin.rewards.program import Program
from plugin.rewards.standing_tier import Held, is_plain, standing_tier


def replayed(purchases: Iterable[tuple[str, int, int]], program: Program | None, *, as_of: int) -> dict[str, Held]:
    """Customer to tier, from (customer, instant, net value) by customer and oldest first; micros and minor units.

    Empty for rules without a replay.
    """
    if program is None or is_plain(program.loyalty):
        return {}
    held: dict[str, Held] = {}
    for who, theirs in groupby(purchases, key=itemgetter(0)):
        _, at, net = zip(*theirs, strict=True)
        held[who] = standing_tier(at, net, program.loyalty, as_of)
    return held

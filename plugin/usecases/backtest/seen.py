"""An offer of a replay as answers look at it: what it is, until when it holds, whether it counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from plugin.rewards.decision import Benefit
from plugin.rewards.limits import NOT_GIVEN, UNTIL_THE_END
from plugin.usecases.backtest.made import Made


class Seen(NamedTuple):
    """An offer that was made; instants are microseconds since 1970."""

    kind: str
    step: str
    rule: str
    cycle: str
    benefit: Benefit
    at: int
    ends: int
    #: neither cancelled nor rejected
    given: bool
    #: not used: the customer can use it until it ends
    usable: bool
    #: more than a message
    gives: bool


def seen(one: Made) -> Seen:
    """As it stands now; kept beside it until it is used or closed."""
    spec, state = one.spec, one.state or "issued"
    given, usable = state not in NOT_GIVEN, state in UNTIL_THE_END
    more = gives(spec.benefit)
    now = Seen(spec.kind, spec.step, spec.rule, spec.cycle, spec.benefit, one.at, one.ends, given, usable, more)
    one.view = now
    return now


def gives(benefit: Benefit) -> bool:
    """Not a reminder, and not a percentage of nothing."""
    return benefit.value > 0 if benefit.type == "percent" else benefit.type != "none"


def larger_ends(offers: Sequence[Seen], benefit: Benefit) -> int:
    """When the last usable offer that is at least as large ends; 0 without one."""
    if not offers:
        return 0
    return max((one.ends for one in offers if one.usable and _is_at_least(one.benefit, benefit)), default=0)


def _is_at_least(one: Benefit, other: Benefit) -> bool:
    if one.type == other.type == "percent":
        return one.value >= other.value
    return one.cap >= other.cap

"""When a customer changed tiers, and which changes of the rules touched them: told from orders and versions.

Nothing of it is kept: it follows from the orders up to each moment and the rules in force then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from plugin.pages import formats
from plugin.pages.say import _
from plugin.rewards.problem import InvalidProgram
from plugin.rewards.program import Program
from plugin.rewards.standing_tier import standing_tier
from plugin.rewards.stored import from_stored
from storage.columns import to_micros
from storage.orders import StoredOrder
from storage.programs import StoredProgram

YEAR = timedelta(days=365)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A change of tier at an instant; ``version`` is that of the rules that brought it, None where spend did."""

    at: datetime
    before: str
    after: str
    version: int | None


def turns(orders: Sequence[StoredOrder], versions: Sequence[StoredProgram], *, now: datetime) -> list[Turn]:
    """All changes from the first order on, oldest first; ``versions`` are the newest first."""
    known = [(version, program) for version in reversed(versions) if (program := _program(version))]
    valid = sorted((order for order in orders if order.valid), key=lambda order: order.ordered_at)
    return list(_turns(valid, known, now)) if known and valid else []


def _turns(
    valid: Sequence[StoredOrder], known: Sequence[tuple[StoredProgram, Program]], now: datetime
) -> Iterator[Turn]:  # fmt: skip
    at = [to_micros(order.ordered_at) for order in valid]
    net = [order.net_minor for order in valid]
    moments = [moment for order in valid for moment in (order.ordered_at, order.ordered_at + YEAR)]
    saved = {version.saved_at: version.version for version, _program in known}
    ahead = sorted({moment for moment in (*moments, *saved) if valid[0].ordered_at <= moment <= now}, reverse=True)
    tier = ""
    while ahead:
        moment = ahead.pop()
        program = _in_force(known, moment)
        held = standing_tier(at, net, program.loyalty, to_micros(moment))
        reached = _named(program, held.place)
        # the lowest tier at the first order is no news
        if tier and reached != tier:
            yield Turn(at=moment, before=tier, after=reached, version=saved.get(moment))
        tier = reached
        # a grace ends between orders
        ends = None if held.changes_at is None else EPOCH + timedelta(microseconds=held.changes_at)
        if ends is not None and moment < ends <= now and (not ahead or ends < ahead[-1]):
            ahead.append(ends)


def _in_force(known: Sequence[tuple[StoredProgram, Program]], at: datetime) -> Program:
    """The rules of that moment; before the first, the first."""
    found = known[0][1]
    for version, program in known:
        if version.saved_at <= at:
            found = program
    return found


def _named(program: Program, place: int) -> str:
    tier = program.loyalty.tiers[place]
    if not program.loyalty.enabled or not tier.percent:
        return tier.name
    return _("%(tier)s (%(percent)s)", tier=tier.name, percent=formats.percent(tier.percent))


def _program(version: StoredProgram) -> Program | None:
    try:
        return from_stored(version.body)
    except InvalidProgram:
        return None

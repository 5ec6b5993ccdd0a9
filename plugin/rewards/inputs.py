"""What a decision was made from, as a JSON value to keep beside it, and the decision made again from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isfinite
from operator import attrgetter
from typing import Any

import msgspec

from plugin.rewards.decide import decide
from plugin.rewards.decision import Budget, Decision, PastOffer, Standing
from plugin.rewards.program import Program

FORMAT = 1
#: what a decision takes beside the program
NAMES = frozenset({"format", "standing", "past", "budget", "as_of", "program_shop", "importing", "timezone"})


class Parts:
    """What one kind of argument consists of, and what of it goes without saying."""

    def __init__(self, kind: type[msgspec.Struct]) -> None:
        parts = msgspec.structs.fields(kind)
        self.names = tuple(part.name for part in parts)
        self.defaults = tuple(part.default for part in parts)
        self.values = attrgetter(*self.names)
        self.instants = frozenset(part.name for part in parts if "datetime" in str(part.type))


STANDING, PAST_OFFER, BUDGET = Parts(Standing), Parts(PastOffer), Parts(Budget)

AS_THEY_ARE = frozenset({str, int, bool, type(None)})


def freeze(
    *,
    standing: Standing,
    past: Sequence[PastOffer],
    budget: Budget,
    as_of: datetime,
    program_shop: str,
    importing: bool = False,
    timezone: str = "UTC",
) -> dict[str, Any]:
    """The arguments of ``decide`` without the program as a plain JSON value; instants as ISO 8601 text.

    What customer, offers and budget have where nothing else is said is left out.
    It names the customer, so it must go when the customer is erased.
    """
    return {
        "format": FORMAT,
        "standing": _plain(standing, STANDING),
        "past": [_plain(offer, PAST_OFFER) for offer in past],
        "budget": _plain(budget, BUDGET),
        "as_of": as_of.isoformat(),
        "program_shop": program_shop,
        "importing": importing,
        "timezone": timezone,
    }


def thaw(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of ``decide`` without the program, out of what ``freeze`` gave. Raises ValueError for else."""
    if inputs.keys() != NAMES or inputs["format"] != FORMAT:
        raise ValueError("these are not the kept inputs of a decision, or of another format")
    return {
        "standing": Standing(**_typed(inputs["standing"], STANDING)),
        "past": tuple(PastOffer(**_typed(offer, PAST_OFFER)) for offer in inputs["past"]),
        "budget": Budget(**inputs["budget"]),
        "as_of": datetime.fromisoformat(inputs["as_of"]),
        "program_shop": inputs["program_shop"],
        "importing": inputs["importing"],
        "timezone": inputs["timezone"],
    }


def redecide(inputs: Mapping[str, Any], program: Program) -> Decision:
    """The decision made again from its kept inputs under the same program: equal to the first in every part."""
    return decide(program=program, **thaw(inputs))


def _plain(given: Standing | PastOffer | Budget, parts: Parts) -> dict[str, Any]:
    # the values are plain: nothing to copy as asdict would
    return {
        name: value if type(value) in AS_THEY_ARE else _written(value)
        for name, value, default in zip(parts.names, parts.values(given), parts.defaults, strict=True)
        if value != default
    }


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("a measure that is no number")
    return list(value) if isinstance(value, tuple) else value


def _typed(values: Mapping[str, Any], parts: Parts) -> dict[str, Any]:
    read: dict[str, Any] = {
        name: datetime.fromisoformat(value)
        for name, value in values.items()
        if name in parts.instants and value is not None
    }
    # JSON knows lists only
    read |= {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return {**values, **read}

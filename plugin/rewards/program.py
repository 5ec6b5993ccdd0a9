"""The merchant's reward rules as a typed, frozen value that cannot be wrong."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.rewards.invariants import problems
from plugin.rewards.parts import (
    Announced,
    Gift,
    InStore,
    Limits,
    Loyalty,
    Occasion,
    Step,
    Surprise,
    Tier,
    Timing,
    WinBack,
)
from plugin.rewards.problem import InvalidProgram

__all__ = [
    "Announced",
    "Gift",
    "InStore",
    "InvalidProgram",
    "Limits",
    "Loyalty",
    "Occasion",
    "Program",
    "Step",
    "Surprise",
    "Tier",
    "Timing",
    "WinBack",
]


NO_SURPRISE = Surprise()
NOTHING_IN_STORE = InStore()
NOTHING_ANNOUNCED = Announced()


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Everything a merchant decides about rewards. ``key`` names the experiment whose holdout lasts for ever."""

    key: str
    #: live | shadow (decide and record, issue nothing)
    mode: str
    currency: str
    code_prefix: str
    loyalty: Loyalty
    win_back: WinBack
    limits: Limits
    #: customers in a hundred who get nothing, so that the effect can be measured
    holdout_percent: int
    #: customers in a hundred whom these rules hold for; the others keep the rules that held for everyone before
    rollout_percent: int = 100
    surprise: Surprise = NO_SURPRISE
    in_store: InStore = NOTHING_IN_STORE
    announced: Announced = NOTHING_ANNOUNCED

    def __post_init__(self) -> None:
        """Raise InvalidProgram with all that is out of range or contradicts itself."""
        found = tuple(
            problems(
                key=self.key,
                mode=self.mode,
                currency=self.currency,
                code_prefix=self.code_prefix,
                loyalty=self.loyalty,
                win_back=self.win_back,
                limits=self.limits,
                holdout_percent=self.holdout_percent,
                rollout_percent=self.rollout_percent,
                surprise=self.surprise,
                in_store=self.in_store,
                announced=self.announced,
            )
        )
        if found:
            raise InvalidProgram(found)

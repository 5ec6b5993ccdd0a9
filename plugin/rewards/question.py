"""What the rules are asked, and what a rule answers: words that the parts of a decision share."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from plugin.rewards.decision import Benefit, Budget, PastOffer, Reason, Standing
from plugin.rewards.program import Program


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One customer at one instant under one program."""

    standing: Standing
    program: Program
    #: platform + "|" + domain
    shop: str
    past: tuple[PastOffer, ...]
    budget: Budget
    as_of: datetime
    zone: ZoneInfo


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that a rule asks for, from ``opens`` on and before ``closes``; the limits have not been asked yet."""

    kind: str
    step: str
    rule: str
    cycle: str
    #: what the rule says: whole percent, or minor units
    asked: int
    #: what the limits on single discounts leave of it
    benefit: Benefit
    valid_days: int
    opens: datetime
    #: None: stays open until a new order
    closes: datetime | None

    @property
    def is_reminder(self) -> bool:
        """A message without a discount."""
        return self.benefit.type == "none"

    @property
    def percent(self) -> int:
        """Whole percent; 0 for what is none."""
        return self.benefit.value if self.benefit.type == "percent" else 0

    def is_open(self, moment: datetime) -> bool:
        """Whether the rule asks for it at this moment."""
        return self.opens <= moment and self.is_before_close(moment)

    def is_before_close(self, moment: datetime) -> bool:
        """Whether the rule could still ask for it."""
        return self.closes is None or moment < self.closes


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's answer: why it asks for an offer or does not, and the offer that it asks for now or at a later time."""

    reason: Reason
    #: None: time alone will not make this rule ask
    candidate: Candidate | None = None
    #: when to ask it again whatever becomes of the candidate; None: never for this
    again: datetime | None = None


def yes(code: str, detail: str, **numbers: Any) -> Reason:
    """A check that speaks for the offer."""
    return Reason(code=code, ok=True, detail=detail, numbers=numbers)


def no(code: str, detail: str, **numbers: Any) -> Reason:
    """A check that speaks against it."""
    return Reason(code=code, ok=False, detail=detail, numbers=numbers)

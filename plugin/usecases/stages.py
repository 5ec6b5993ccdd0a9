"""The parts of long work, told to whoever watches."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Stage(StrEnum):
    """What is being done, in the order in which it is done; which of them there are depends on the work."""

    READ = "read"
    LEARN = "learn"
    MEASURE = "measure"
    OUTLOOK = "outlook"
    EFFECT = "effect"
    HABITS = "habits"
    FIGURES = "figures"
    CARD = "card"
    KEEP = "keep"
    LIST = "list"


#: told at the begin of a stage, and within it how much of the stage is done, 0 to 1
Watch = Callable[[Stage, float], object]


def unwatched(_stage: Stage, _share: float) -> None:
    """Nobody watches."""

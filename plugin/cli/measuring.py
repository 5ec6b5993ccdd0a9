"""Measuring while somebody watches: what the parts are called, and how long they take beside each other."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from plugin.cli import progress
from plugin.runtime import Runtime
from plugin.usecases.stages import Stage
from plugin.worker import night_step
from storage.shops import Shop

WORDS: Final = {
    Stage.READ: "Reading the orders",
    Stage.LEARN: "Learning how customers come back",
    Stage.MEASURE: "Measuring every customer",
    Stage.EFFECT: "Comparing with the control group",
    Stage.HABITS: "Looking at what customers buy",
    Stage.FIGURES: "Counting for the overview",
    Stage.CARD: "Checking past predictions",
    Stage.KEEP: "Saving the measures",
    Stage.OUTLOOK: "Looking ahead",
    Stage.LIST: "Writing the rows",
}


def _named(shares: Mapping[Stage, int]) -> dict[Stage, tuple[str, int]]:
    return {stage: (WORDS[stage], share) for stage, share in shares.items()}


#: hundredths of the processor time of a first night with half a million orders
NIGHT: Final = _named(
    {
        Stage.READ: 10, Stage.LEARN: 30, Stage.MEASURE: 4, Stage.EFFECT: 6, Stage.HABITS: 20, Stage.FIGURES: 7, Stage.CARD: 20,
        Stage.KEEP: 3,
    }
)  # fmt: skip
#: the same for the list
LIST: Final = _named({Stage.READ: 16, Stage.LEARN: 53, Stage.MEASURE: 7, Stage.OUTLOOK: 8, Stage.LIST: 16})


def measured(built: Runtime, shop: Shop, *, as_of: datetime) -> int:
    """A shop's night, now; answers how many customers were measured."""
    with progress.stages(NIGHT) as watch:
        return night_step.measure_shop(built, shop, as_of=as_of, watch=watch)


def of_list() -> dict[Stage, tuple[str, int]]:
    """The stages of the list; rows that go to a terminal are seen themselves, and a bar would stand among them."""
    return {stage: named for stage, named in LIST.items() if stage is not Stage.LIST or not sys.stdout.isatty()}

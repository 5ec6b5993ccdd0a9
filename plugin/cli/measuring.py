"""Measuring while somebody watches: what the parts are called, and how long they take beside each other."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Final

from plugin.cli import progress
from plugin.runtime import Runtime
from plugin.usecases.stages import Stage
from plugin.worker import night_step
from storage.shops import Shop

#: of a first night with half a million orders, in hundredths of its processor time
NIGHT: Final = {
    Stage.READ: ("Reading the orders", 10),
    Stage.LEARN: ("Learning how customers come back", 30),
    Stage.MEASURE: ("Measuring every customer", 4),
    Stage.EFFECT: ("Comparing with the control group", 6),
    Stage.HABITS: ("Looking at what customers buy", 20),
    Stage.FIGURES: ("Counting for the overview", 7),
    Stage.CARD: ("Checking past predictions", 20),
    Stage.KEEP: ("Saving the measures", 3),
}
#: the same for the list
LIST: Final = {
    Stage.READ: ("Reading the orders", 16),
    Stage.LEARN: ("Learning how customers come back", 53),
    Stage.MEASURE: ("Measuring every customer", 7),
    Stage.OUTLOOK: ("Looking ahead", 8),
    Stage.LIST: ("Writing the rows", 16),
}


def measured(built: Runtime, shop: Shop, *, as_of: datetime) -> int:
    """A shop's night, now; answers how many customers were measured."""
    with progress.stages(NIGHT) as watch:
        return night_step.measure_shop(built, shop, as_of=as_of, watch=watch)


def of_list() -> dict[Stage, tuple[str, int]]:
    """The stages of the list; rows that go to a terminal are seen themselves, and a bar would stand among them."""
    return {stage: named for stage, named in LIST.items() if stage is not Stage.LIST or not sys.stdout.isatty()}

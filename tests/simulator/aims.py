"""What a schedule aims at: one trouble in one phase, so that pairs that seldom meet by chance are seen often enough.

Half of the schedules aim at nothing. The aim is drawn from the seed as everything else is, and only makes its pair
likelier: what happens then is up to the product.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from tests.simulator.pairs import PAIRS

#: pairs that met fewer than a hundred times in 2,000 schedules without aims
SELDOM_MET = frozenset({
    *((trouble, "switch off") for trouble in PAIRS),
    *((trouble, phase) for trouble in ("meddling", "uninstalled", "restore") for phase in PAIRS[trouble]),
    ("lost request", "ask"), ("late request", "ask"), ("doubled request", "ask"), ("read lag", "ask"), ("back", "ask"),
    ("crash", "ask"), ("taken", "ask"),
})  # fmt: skip
#: among them those that even aims seldom lead to
HARDLY_MET = frozenset({
    ("lost request", "switch off"), ("late request", "switch off"), ("back", "switch off"), ("undo", "switch off"),
    ("commit fails", "decide"), ("commit untold", "decide"), ("meddling", "ask"), ("meddling", "sweep"),
    ("uninstalled", "conclude"), ("restore", "ask"),
})  # fmt: skip
#: how much oftener they are aimed at than the others
OFTENER, OFTENEST = 4, 18
#: when the aim can be met, of a hundred times it is: by what happens next, and by what goes wrong with a call or a commit
STEADY, FIRM = 40, 75
#: trouble → what must be on for it
NEEDS = {
    "taken": ("lost answer", "late request"),
    "commit untold": ("commit fails",),
    "lease over": ("lease",),
    "taken over": ("lease",),
}
#: phase → what leads to it
LEADS = {"switch off": ("undo", "redact"), "decide": ("jump",), "sweep": ("jump",)}


class Aim(NamedTuple):
    """A trouble and the phase that it is to strike in; empty: no aim."""

    trouble: str = ""
    phase: str = ""

    def needs(self) -> frozenset[str]:
        """The troubles that must be on."""
        if not self.trouble:
            return frozenset()
        return frozenset({*NEEDS.get(self.trouble, (self.trouble,)), *LEADS.get(self.phase, ())})


def draw(rng: random.Random) -> Aim:
    """An aim, or none."""
    if rng.random() < 0.5:
        return Aim()
    pairs = [Aim(trouble, phase) for trouble, phases in PAIRS.items() for phase in phases]
    return rng.choices(pairs, [_weight(pair) for pair in pairs])[0]


def _weight(pair: Aim) -> int:
    return OFTENEST if pair in HARDLY_MET else OFTENER if pair in SELDOM_MET else 1

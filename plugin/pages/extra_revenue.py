"""What offers have really added: the revenue of those who may get offers beside that of the control group."""

from __future__ import annotations

from typing import Any

from plugin.pages.figures import Figures
from plugin.pages.metrics import NONE, Metric
from plugin.pages.say import _


def metric(db: Any, seen: Figures) -> Metric:  # noqa: ARG001  # what is measured comes from the database
    """Never a bare number: an amount with its interval, or why there is none yet."""
    label = _("Extra revenue from offers")
    if seen.program is not None and seen.program.holdout_percent == 0:
        return Metric(label, NONE, _("Without a control group, extra revenue cannot be shown."))
    return Metric(
        label, NONE, _("Too early to tell. It takes offers, orders after them and a control group to compare with.")
    )

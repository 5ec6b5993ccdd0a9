"""What a customer's past says about the chance of a next order: ten numbers, each worked out for one alone."""

from __future__ import annotations

import numpy as np

from plugin.signals import gaps
from plugin.signals.arrays import Floats
from plugin.signals.gaps import GapModel
from plugin.signals.visits import Visits, log_days

NAMES = (
    "silence", "visits", "usual gap", "silence against usual gap", "time since first order",
    "newest gap against usual gap", "spend per visit", "visits in 90 days", "visits in a year", "one visit only",
)  # fmt: skip


def features(visits: Visits, model: GapModel) -> list[Floats]:
    """One column for each of ``NAMES``, on the log scale but for the last, which is 0 or 1."""
    usual = gaps.rhythm(model, visits).mean
    silence = log_days(visits.silence + 1)
    again = visits.gap_count > 0
    return [
        silence,
        log_days(visits.gap_count + 1),
        usual,
        silence - usual,
        log_days(visits.tenure + 1),
        np.where(again, visits.last_gap - usual, 0.0),
        np.log(visits.spend_total / (visits.gap_count + 1)),
        log_days(visits.recent_90 + 1),
        log_days(visits.recent_365 + 1),
        np.where(again, 0.0, 1.0),
    ]

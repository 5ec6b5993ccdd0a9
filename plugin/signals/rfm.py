"""Recency, frequency and monetary value as scores from 1 to 5 within one store.

Score = 1 + ⌊5 · share of the store's customers with a strictly lower value⌋, at most 5. Equal values get equal scores.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from plugin.signals.arrays import Ints

SCORES = 5
Cuts = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RfmCuts:
    """A value beyond the n-th cut (strictly) scores at least n + 1; four cuts for each measure."""

    #: days since 1970-01-01 of the last order
    recency: Cuts
    #: orders
    frequency: Cuts
    #: minor units
    monetary: Cuts

    def to_json(self) -> dict[str, list[int]]:
        """Plain numbers."""
        return {name: list(cuts) for name, cuts in asdict(self).items()}

    @classmethod
    def from_json(cls, plain: dict[str, list[int]]) -> RfmCuts:
        """The cuts that gave these numbers."""
        return cls(**{name: tuple(cuts) for name, cuts in plain.items()})


def cuts(values: Ints) -> Cuts:
    """The four cuts of a store's values, whole numbers so that nothing is rounded; (0, 0, 0, 0) without customers.

    At least k fifths of n customers are strictly below v exactly if the ⌈k·n/5⌉-th smallest value is below v.
    """
    if values.size == 0:
        return (0,) * (SCORES - 1)
    ranked = np.sort(values)
    return tuple(int(ranked[-(-k * values.size // SCORES) - 1]) for k in range(1, SCORES))


def score(values: Ints, by: Cuts) -> Ints:
    """Scores of values, 1 to 5."""
    return 1 + np.searchsorted(np.array(by, np.int64), values, side="left").astype(np.int64)

"""Whether something is clearly more common among customers who left than among those who stayed, or the other way round."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

#: customers that a trait needs to be named
FEWEST = 20
#: a trait is named if it is so many times as common on one side, and that is so many standard errors from no difference:
#: of two dozen traits chance alone sets one apart by two
APART, SURE = 1.2, 3.0


def is_apart(one: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> bool:
    """Of a row of ``rows`` (``left``, ``stayed``, ``lift``), by the standard error of the logarithm of a ratio of shares."""
    gone, here, customers = one["left"] + 0.5, one["stayed"] + 0.5, one["left"] + one["stayed"]
    if not one["lift"] or customers < FEWEST:
        return False
    left, stayed = (sum(row[side] for row in rows) + 0.5 * len(rows) for side in ("left", "stayed"))
    error = math.sqrt(max(1 / gone - 1 / left + 1 / here - 1 / stayed, 0.0))
    return abs(math.log(one["lift"])) > max(math.log(APART), SURE * error)

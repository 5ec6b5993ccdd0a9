"""The kinds of columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
#: what arithmetic between whole and real columns gives
Reals = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]
Strings = NDArray[np.str_]

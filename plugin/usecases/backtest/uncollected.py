"""Work that makes very many lasting values and no cycles, done without anybody searching them for cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Cycles wait until the end. Two at a time are no harm: the one that began first sees to it that they are searched again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()

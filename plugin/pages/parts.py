"""Parts of a page that may fail alone: the others are shown all the same."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

log = logging.getLogger(__name__)
T = TypeVar("T")
#: what the template finds in the place of a part that could not be made
FAILED = "failed"


def part(name: str, make: Callable[[], T]) -> T | str:
    """The part, or FAILED; what was wrong is in the log, without anything of the shop's."""
    try:
        return make()
    except Exception:
        log.exception("a part of a page could not be made: %s", name)
        return FAILED

"""Event loops for tests: each on a thread of its own, as the browser of other tests keeps one on the main thread."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """What the work returns once it has ended. Raises what it raises."""
    with ThreadPoolExecutor(1, thread_name_prefix="loop") as alone:
        return alone.submit(asyncio.run, work).result()

"""When Python looks for circles of things that nobody needs any more: rarely, and not among what is there for good."""

from __future__ import annotations

import gc


def collect_rarely() -> None:
    """For a process that is set up: from here on it makes and drops very many small things, and hardly ever circles.

    What is loaded by now stays and is not looked at again, which would hold every request up for a tenth of a second; the
    rest is looked at after every 20,000 things more.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)

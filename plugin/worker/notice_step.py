"""What stores' answers said beside what was asked is written down, once a day for each process."""

from __future__ import annotations

from plugin.runtime import Runtime
from plugin.usecases import keep_notices


def run(runtime: Runtime) -> int:
    """Writes down what is new since the last time; answers how much."""
    new = runtime.noticed.take(runtime.now().date())
    if new:
        runtime.database.carry_out(lambda db: keep_notices.keep(db, new, now=runtime.now()))
    return len(new)

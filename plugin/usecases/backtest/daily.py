"""A replay that looks at every customer every day, whatever was planned: slow, and the measure of the quick one."""

from __future__ import annotations

from plugin.usecases.backtest.past import Past, Plan
from plugin.usecases.backtest.run import Run, started


def every_day(past: Past, plan: Plan) -> Run:
    """Replays a plan with a look at everyone at each night, and at each order."""
    run = started(past, plan)
    for night in past.nights:
        if night.at > plan.rules[0].at:
            run.to(night.at)
            run.look_at_all(night.at)
    run.to(run.until)
    return run

"""What is refused is refused with the nearest value that is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from plugin.cli.rules_file import told
from plugin.rewards import wire
from plugin.rewards.program import InvalidProgram
from plugin.rewards.propose import propose

#: dotted field, a wrong value, and the nearest as the command line says it
WRONG = (
    ("limits.highest_percent", 100, "50"),
    ("limits.monthly_budget", "-5", "0.00"),
    ("loyalty.tiers.2.spend_from", "1", "200.01"),
    ("win_back.steps.1.wait_days", -3, "1"),
    ("win_back.steps.2.percent", 100, "50"),
    ("currency", "usd", "USD"),
    ("mode", "live!", "live"),
    ("win_back.timing.rule", "recomended", "recommended"),
    ("win_back.timing.quantile_percent", 85, "80"),
    ("win_back.timing.gap_multiple_tenths", 500, "120"),
    ("holdout_percent", 60, "50"),
)


@pytest.mark.parametrize(("field", "value", "nearest"), WRONG)
def test_a_wrong_value_is_refused_with_the_nearest(field: str, value: Any, nearest: str) -> None:
    """The sentence names the field and the nearest allowed value, and with that value the rules are taken."""
    body = wire.to_wire(propose(currency="USD", spends_365d=[], order_values=[], monthly_revenue=0))
    _put(body, field, value)
    with pytest.raises(InvalidProgram) as refused:
        wire.from_wire(body)
    said = next(told(one) for one in refused.value.problems if one.field == field)
    assert said.startswith(f"{field}: ")
    assert said.endswith(f"Nearest: {nearest}.")
    _put(body, field, type(value)(nearest))
    wire.from_wire(body)


def _put(body: Any, field: str, value: object) -> None:
    *path, last = field.split(".")
    for name in path:
        body = body[int(name)] if isinstance(body, list) else body[name]
    body[last] = value

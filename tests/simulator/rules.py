"""The merchant's rules in a schedule: every kind of benefit and of limit that the product has, drawn anew for each seed."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from plugin.rewards import wire
from plugin.rewards.program import Program
from plugin.rewards.propose import propose

HOLDOUT_PERCENT = 20
#: what a tier may give; the amounts stay below what the dearest order gives at the highest percentage
BENEFITS: tuple[dict[str, Any], ...] = (
    {"percent": 10},
    {"percent": 10},
    {"percent": 20, "cap": "12.00"},
    {"type": "fixed", "amount": "8.00", "percent": 0},
    {"type": "shipping", "amount": "6.00", "percent": 0},
)


def draw(rng: random.Random) -> Program:
    """Rules to begin with: live, short offers, one tier for all, a win-back after twenty days."""
    body = wire.to_wire(propose(currency="USD", spends_365d=[], order_values=[], monthly_revenue=0))
    body["mode"] = "live"
    body["holdout_percent"] = HOLDOUT_PERCENT
    tier = {"name": "Regular", "spend_from": "0", **rng.choice(BENEFITS)}
    body["loyalty"] |= {"enabled": True, "tiers": [tier], "valid_days": rng.choice((3, 5, 20))}
    body["win_back"] |= {"enabled": True, "daily_ramp": rng.choice((1, 50))}
    body["win_back"]["timing"] |= {"rule": "days", "days": 20}
    body["limits"] |= {
        "monthly_budget": rng.choice(("25", "60", "1000")),
        "min_order": "10",
        "order_guard": "100",
        "wait_days": rng.choice((7, 14)),
        "daily_budget": rng.choice(("0", "0", "15")),
        "customer_year": rng.choice(("0", "0", "25")),
    }
    body["surprise"] |= {
        "enabled": rng.random() < 0.4,
        "pool": "everyone",
        "odds_percent": 50,
        "monthly_budget": "20",
        "valid_days": 5,
        "gifts": [{"percent": 8, "weight": 1}],
    }
    return wire.from_wire(body)


def other(program: Program, rng: random.Random) -> Program:
    """The rules after the merchant has turned a few knobs."""
    limits = replace(
        program.limits, monthly_budget=rng.choice((2_500, 6_000, 100_000)), highest_percent=rng.choice((8, 20))
    )
    return replace(
        program,
        limits=limits,
        loyalty=replace(program.loyalty, enabled=rng.random() < 0.7),
        rollout_percent=rng.choice((100, 100, 50)),
    )

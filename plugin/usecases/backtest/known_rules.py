"""Which programs the quick answer knows: kinds of rules and limits, and by name all fields that there were."""

from __future__ import annotations

from dataclasses import fields

from plugin.rewards.parts import Limits, Loyalty, WinBack
from plugin.rewards.program import Program
from plugin.rewards.standing_tier import is_plain

EVERYONE = 100
#: the fields of each part that were in mind when this was written: with a new one it falls silent
KNOWN = {
    Program: {"key", "mode", "currency", "code_prefix", "loyalty", "win_back", "limits", "holdout_percent",
        "rollout_percent", "surprise",
        # what is written into the store, and who is let in early: nothing about offers
        "in_store", "announced",
    },
    Loyalty: {
        "enabled", "tiers", "valid_days", "measure", "retain_percent", "reenter_percent", "grace_days", "notice_days",
        "occasions",
    },
    WinBack: {"enabled", "timing", "steps", "sunset_days", "max_age_days", "daily_ramp"},
    Limits: {
        "highest_percent", "min_order", "order_guard", "wait_days", "monthly_budget", "daily_budget", "customer_year",
        "products", "collections", "combine_order", "combine_product", "combine_shipping",
        "margin_percent", "margin_floor_percent", "leave_out_tags",
    },
}  # fmt: skip


def is_known(program: Program) -> bool:
    """Whether every rule and limit that is in use is one that the quick answer reckons with."""
    parts = (program, program.loyalty, program.win_back, program.limits)
    if any(not {field.name for field in fields(part)} <= KNOWN[type(part)] for part in parts):
        return False
    rules = (
        is_plain(program.loyalty) and not program.loyalty.occasions and program.win_back.timing.rule == "recommended"
    )
    limits = program.limits
    counted = limits.daily_budget or limits.customer_year or limits.margin_percent or limits.leave_out_tags
    everyone = program.mode == "live" and program.rollout_percent >= EVERYONE
    return everyone and rules and not counted and not program.surprise.enabled

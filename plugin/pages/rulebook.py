"""The rules in force as the lists need them: tiers as ranges of spend, who is in the control group, what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plugin.pages import formats, names
from plugin.pages.say import _
from plugin.rewards.holdout import is_held_out
from plugin.rewards.problem import InvalidProgram
from plugin.rewards.program import Program
from plugin.rewards.standing_tier import is_plain
from plugin.rewards.stored import from_stored
from plugin.rewards.tiers import tier_of
from storage import programs
from storage.shops import Shop

#: a reason that names the day on which its step is due -> where in its numbers
DUE = {"not_late": "due_at", "step_waits": "due_at"}
#: a reason that holds something back until a day
WAITS = ("wait_between_offers", "open_offer", "sunset", "budget_used_up")


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A shop's rules; ``program`` is None before the first and for one in a form this program cannot read."""

    shop: Shop
    program: Program | None

    @property
    def replays_tiers(self) -> bool:
        """Whether a tier is more than a matter of the present spend, so that what was last reckoned is shown."""
        return self.program is not None and not is_plain(self.program.loyalty)

    def tier(self, spend_minor: int, held: str | None = None) -> str:
        """The tier of a customer: the one last reckoned where it takes a replay, else the one that the spend reaches."""
        if self.program is None:
            return ""
        known = held is not None and self.replays_tiers and held in self.tier_names()
        return str(held) if known else tier_of(self.program, spend_minor).name

    def tier_names(self) -> list[str]:
        """All tiers, lowest first."""
        return [tier.name for tier in self.program.loyalty.tiers] if self.program else []

    def spend_of(self, tier: str) -> tuple[int | None, int | None]:
        """From which spend on, and below which, one is in a tier; None for no bound."""
        if not self.program or tier not in self.tier_names():
            return None, None
        place = self.tier_names().index(tier)
        tiers = self.program.loyalty.tiers
        above = tiers[place + 1].spend_from if place + 1 < len(tiers) else None
        return (tiers[place].spend_from if place else None), above

    def holds_out(self, customer_id: str) -> bool:
        """Whether the customer is in the control group."""
        if self.program is None:
            return False
        shop = f"{self.shop.platform}|{self.shop.domain}"
        percent = self.program.holdout_percent
        return is_held_out(key=self.program.key, shop=shop, customer_id=customer_id, percent=percent)


def of_shop(db: Any, shop: Shop) -> Rulebook:
    """The rules in force."""
    stored = programs.current(db, shop.shop_id)
    try:
        return Rulebook(shop, from_stored(stored.body) if stored else None)
    except InvalidProgram:
        return Rulebook(shop, None)


def next_step(reasons: Sequence[Mapping[str, Any]], now: datetime) -> str:
    """What time alone will bring, by the reasons of the last decision: "Offer on 3 Dec"; "" for nothing known."""
    for reason in reasons:
        code, numbers = str(reason.get("code")), reason.get("numbers") or {}
        try:
            if code in DUE and (due := datetime.fromisoformat(numbers[DUE[code]])) > now:
                return _("%(what)s on %(date)s", what=names.step("win_back", numbers["step"]), date=formats.date(due))
            if code in WAITS and (until := datetime.fromisoformat(numbers["until"])) > now:
                return _("Waits until %(date)s", date=formats.date(until))
        except (KeyError, TypeError, ValueError):
            continue
    return ""

"""What is asked before a change of the rules is saved, because it cannot be seen from the form: nothing else asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plugin.pages import formats
from plugin.pages.say import _, plural
from plugin.rewards.problem import InvalidProgram
from plugin.rewards.program import Program
from plugin.rewards.stored import from_stored
from plugin.usecases.preview import Comparison
from storage import glance, programs
from storage.programs import StoredProgram
from storage.shops import Shop

LIVE = "live"
OPEN = frozenset({"planned", "sending", "issued"})
KINDS: dict[str, Callable[[Program], bool]] = {
    "loyalty": lambda program: program.loyalty.enabled,
    "win_back": lambda program: program.win_back.enabled,
    "surprise": lambda program: program.surprise.enabled,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A title, what it means, and what can be answered: ``go`` saves, ``cancel`` saves and ends what is open."""

    title: str
    text: str
    go: str
    cancel: str = ""


def before(
    db: Any, shop: Shop, saved: Program, changed: Program, *, compare: Callable[[], Comparison | None]
) -> Question | None:
    """The one question that a change raises, or None. ``compare`` replays both programs; it is asked for only then."""
    if stopped := switched_off(saved, changed):
        counts = glance.offers_by_state(db, shop.shop_id)
        count = sum(many for (kind, state), many in counts.items() if kind in stopped and state in OPEN)
        return _keep_or_cancel(count) if count else None
    turned_on = changed.win_back.enabled and changed.mode == LIVE
    if turned_on and not _ever_on(programs.history(db, shop.shop_id)):
        return _turn_on(compare(), changed)
    return None


def switched_off(saved: Program, changed: Program) -> list[str]:
    """The kinds of offers that are given no more."""
    return [kind for kind, on in KINDS.items() if on(saved) and not on(changed)]


def _keep_or_cancel(count: int) -> Question:
    text = plural(
        "%(count)s open offer stays valid until it ends.", "%(count)s open offers stay valid until they end.", count
    )
    return Question(title=_("What about open offers?"), text=text, go=_("Keep them"), cancel=_("Cancel them"))


def _turn_on(found: Comparison | None, changed: Program) -> Question:
    text = _("Customers who are late will get discounts as your rules say.")
    if found is not None:
        text = plural(
            "In the last 12 months your rules would have given %(count)s win-back offer, and all offers would have cost about %(cost)s a month.",
            "In the last 12 months your rules would have given %(count)s win-back offers, and all offers would have cost about %(cost)s a month.",
            found.changed.by_kind.get("win_back", 0),
            cost=formats.money(found.changed.cost_a_month, changed.currency, whole=True),
        )  # fmt: skip
    return Question(title=_("Turn on win-back?"), text=text, go=_("Turn on"))


def _ever_on(versions: list[StoredProgram]) -> bool:
    return any(_gave(version) for version in versions)


def _gave(version: StoredProgram) -> bool:
    try:
        program = from_stored(version.body)
    except InvalidProgram:
        return False
    return program.win_back.enabled and program.mode == LIVE

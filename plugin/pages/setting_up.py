"""How far setting up has come: the card on the overview, until all is done or the merchant puts it away, then gone for good.

What breaks later is told above every page and under what needs attention, so nothing brings the card back but orders
that are being read, whose progress is told nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from plugin.pages import formats
from plugin.pages.figures import Figures
from plugin.pages.say import _, plural
from plugin.usecases.import_progress import Progress

RULES = "/app/rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of setting up."""

    title: str
    detail: str
    done: bool
    link: str = ""
    path: str = ""
    progress: Progress | None = None


def steps(seen: Figures) -> list[Step]:
    """The steps while one is open; nothing once all are done."""
    found = list(_steps(seen))
    if seen.put_away:
        return [step for step in found if step.progress]
    return [] if all(step.done for step in found) else found


def _steps(seen: Figures) -> Iterator[Step]:
    yield Step(title=_("Connect your store"), detail=seen.shop.domain, done=True)
    yield _reading(seen)
    chosen = _("You have saved rules of your own.")
    proposed = _("The rules in force are a proposal. Look at the numbers and save what suits you.")
    yield Step(
        title=_("Check your rules"), detail=chosen if seen.chosen else proposed, done=seen.chosen,
        link=_("Open the rules"), path=RULES,
    )  # fmt: skip
    on, off = _("Win-back offers are on."), _("Win-back offers are off.")
    winning = seen.program is not None and seen.program.win_back.enabled
    yield Step(
        title=_("Turn on win-back"), detail=on if winning else off, done=seen.won_back, link=_("Open the rules"),
        path=RULES,
    )  # fmt: skip


def _reading(seen: Figures) -> Step:
    title, progress = _("Read your orders"), seen.progress
    if progress is not None:
        read, of = formats.number(progress.read), formats.number(progress.of) if progress.of else ""
        told = _("Reading your orders. %(read)s of %(of)s. You can leave this page.", read=read, of=of) if of else _(
            "Reading your orders. %(read)s so far. You can leave this page.", read=read
        )  # fmt: skip
        return Step(title=title, detail=told, done=False, progress=progress)
    waiting = _("Waiting for your first orders.")
    read = plural("%(count)s order read.", "%(count)s orders read.", seen.orders)
    return Step(title=title, detail=read if seen.orders else waiting, done=seen.orders > 0)

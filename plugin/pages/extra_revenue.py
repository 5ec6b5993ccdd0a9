"""What offers have really added: the revenue of those who may get offers beside that of the control group."""

from __future__ import annotations

from typing import Any

from plugin.pages import formats
from plugin.pages.figures import Figures
from plugin.pages.metrics import NONE, Metric
from plugin.pages.say import _, plural
from plugin.usecases.report_effect import Extra
from plugin.usecases.report_effect import extra as found_of


def metric(db: Any, seen: Figures) -> Metric:
    """Never a bare number: an amount with its interval, or that it is too early and what is missing, or why there is none."""
    label = _("Extra revenue from offers")
    if seen.program is not None and seen.program.holdout_percent == 0:
        return Metric(label, NONE, _("Without a control group, extra revenue cannot be shown."))
    found = found_of(db, seen.shop.shop_id)
    if found is None or not found.shows or found.amount is None or found.low is None or found.high is None:
        return Metric(label, _("Too early to tell"), _missing(found))
    return Metric(label, _money(seen, found.amount), _interval(seen, found), _claimed(seen, found))


def _missing(found: Extra | None) -> str:
    if found is None or not found.more:
        return _("It takes offers, orders after them and a control group to compare with.")
    return plural(
        "About %(count)s more customer has to be followed for 60 days.",
        "About %(count)s more customers have to be followed for 60 days.",
        found.more,
    )


def _interval(seen: Figures, found: Extra) -> str:
    return _(
        "likely %(low)s to %(high)s, since offers began, against the control group",
        low=_money(seen, int(found.low or 0)), high=_money(seen, int(found.high or 0)),
    )  # fmt: skip


def _claimed(seen: Figures, found: Extra) -> str:
    """The number that others would show, beside the one that holds."""
    return _("%(amount)s came with a code", amount=_money(seen, found.claimed))


def _money(seen: Figures, minor: int) -> str:
    return formats.money(minor, seen.shop.currency, whole=True)

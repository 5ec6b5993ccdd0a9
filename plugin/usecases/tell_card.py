"""The report card of a store's predictions as one document: what is in use and why, and how it did on the store's past.

Told about once in eight weeks, when the night learns anew, and kept under ``NAME``. Shares and chances are 0 to 1, errors are days,
None stands for what cannot be said. The form is described in ``plugin/usecases/README.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from plugin.signals import cuts
from plugin.signals.history import PurchaseHistory, thin
from plugin.signals.late_mark import LateMark
from plugin.signals.model import StoreModel
from plugin.signals.report_card import RULE, SILENCE, TRIALS, WITHIN, DateMark, Mark, report_card
from plugin.usecases.figures_plain import number
from storage.figures import Kept

#: of the document
VERSION = 1
NAME = "report_card"
#: customers that the card is drawn from: a night has seconds for it, and fewer to learn from flatter nobody
MOST = 1_500
NAMES = {"Regulars": "regulars", "MBG/NBD": "mbg", RULE: "ordered_in_90_days", SILENCE: "days_since_last_order"}


def tell(history: PurchaseHistory, model: StoreModel, *, as_of: datetime) -> dict[str, Any]:
    """The document of a shop as of an instant (aware); plain JSON."""
    card = report_card(thin(history, MOST), as_of)
    return {
        "version": VERSION,
        "as_of": as_of.astimezone(UTC).isoformat(timespec="seconds"),
        "learnt_at": datetime.fromtimestamp(model.learnt_at, UTC).isoformat(timespec="seconds"),
        "customers": model.buyers,
        "in_use": in_use(model),
        "trusted": next((mark.verdict == "good" for mark in card.marks if mark.name == "Regulars"), None),
        "within_days": WITHIN,
        "cut_offs": card.cut_offs,
        "most_cut_offs": TRIALS,
        "marks": [_mark(mark) for mark in card.marks],
        "dates": _dates(card.dates),
        "late": _late(card.late),
    }


def in_use(model: StoreModel) -> dict[str, Any]:
    """What chances rest on, why, and what was tried with its mean squared error, the one in use first."""
    return {
        "chance": model.in_use,
        "why": model.why,
        "share": model.mixtures[0].share if model.mixtures else 0.0,
        "tried": [{"name": name, "brier": number(error)} for name, error in model.tried],
        "rhythm": model.gaps is not None,
        "regular": model.regular is not None,
        "season": bool(model.season),
        "spend": model.spend is not None,
        "fixed_cuts": cuts.are_fixed(model.buyers),
    }


def stale(kept: Kept | None, model: StoreModel) -> bool:
    """Whether the card is of earlier lessons than the model, or of another form."""
    if kept is None or kept.body.get("version") != VERSION:
        return True
    told: str = kept.body["learnt_at"]
    return datetime.fromisoformat(told).timestamp() != model.learnt_at


def _mark(mark: Mark) -> Mapping[str, Any]:
    return {
        "name": NAMES.get(mark.name, mark.name), "verdict": mark.verdict, "auc": number(mark.auc),
        "brier": number(mark.brier), "calibration_error": number(mark.calibration_error),
        "tenths": [
            {"customers": one.customers, "told": number(one.told), "came": number(one.came)} for one in mark.tenths
        ],
    }  # fmt: skip


def _dates(found: DateMark | None) -> Mapping[str, Any] | None:
    return None if found is None else _plain(asdict(found))


def _late(found: LateMark | None) -> Mapping[str, Any] | None:
    return None if found is None else _plain(asdict(found))


def _plain(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: number(value) if isinstance(value, float) else value for name, value in values.items()}

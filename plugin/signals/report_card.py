"""Tries predictions on a store's own past and says which of them deserve to be used.

Each predictor is asked, for earlier cut-offs, for the chance of an order within 90 days, and is marked by what then
happened. It is refused if it peeks (its answer changes when what came later is taken away from it) or if it is no
better than the two rules that every shopkeeper knows: ordered in the last 90 days, and the days since the last order.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from plugin.signals import gapfit, late_mark, logistic, mbg, measure, model, outlook, past
from plugin.signals.accuracy import Tenth, auc, brier, calibration, calibration_error
from plugin.signals.arrays import Bools, Floats
from plugin.signals.days import to_seconds
from plugin.signals.history import PurchaseHistory, seen
from plugin.signals.late_mark import LateMark
from plugin.signals.visits import boil_down, log_days

WITHIN, DATED = 90, 180
#: cut-offs, and days between them
TRIALS, APART = 3, 30
#: days of history a cut-off needs before it, and customers
OLDEST, FEWEST = 60, 30
RULE, SILENCE = "ordered in the last 90 days", "days since the last order"

#: history and cut-off to the chance of an order within ``WITHIN`` days, one per customer with an order by then
Predictor = Callable[[PurchaseHistory, datetime], Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a predictor got. ``verdict``: good | peeks | no_better | yardstick (a rule that others are held to)."""

    name: str
    verdict: str
    auc: float
    brier: float
    calibration_error: float
    tenths: tuple[Tenth, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DateMark:
    """Dates of next orders, of those who came within ``DATED`` days: days of error, share within the 80 % interval."""

    customers: int
    mean_error: float
    #: of "last order + median gap", the rule of the apps
    rule_error: float
    covered: float
    #: days from one end of the interval to the other, on average
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCard:
    """Marks, the best first, the rules of others at the end.

    ``best`` is "" and ``marks`` empty where the history is too short to try anything; a rule's name where nothing beats both.
    """

    cut_offs: int
    marks: tuple[Mark, ...]
    best: str
    dates: DateMark | None
    late: LateMark | None


def report_card(history: PurchaseHistory, as_of: datetime, others: Mapping[str, Predictor] | None = None) -> ReportCard:
    """Marks of our own predictions, the plain model's and ``others``, on what was known by ``as_of`` (aware)."""
    known = seen(history, to_seconds(as_of))
    cuts = _cut_offs(known, as_of, WITHIN)
    if not cuts:
        return ReportCard(cut_offs=0, marks=(), best="", dates=None, late=None)
    came = np.concatenate([past.snapshot(known, to_seconds(cut), to_seconds(as_of)).came(WITHIN) for cut in cuts])
    # ours see nothing later by construction, which a test holds; asking them once more takes a quarter of the time
    told = {name: (_answers(one, known, cuts), False) for name, one in PREDICTORS.items()}
    told |= {name: _ask(one, known, cuts) for name, one in (others or {}).items()}
    rules = {name: np.concatenate([by(known, cut) for cut in cuts]) for name, by in RULES.items()}
    marks = [_mark(name, came, answer, peeks=peeks, rules=rules.values()) for name, (answer, peeks) in told.items()]
    marks.sort(key=lambda mark: (mark.verdict != "good", mark.brier))
    yardsticks = [_mark(name, came, answer, peeks=False, rules=()) for name, answer in rules.items()]
    best = marks[0].name if marks[0].verdict == "good" else min(yardsticks, key=lambda mark: mark.brier).name
    marks += yardsticks
    dates, late = _timing(known, as_of)
    return ReportCard(cut_offs=len(cuts), marks=tuple(marks), best=best, dates=dates, late=late)


def by_regulars(history: PurchaseHistory, cut: datetime) -> Floats:
    """Our chance, everything fitted at the cut-off."""
    return measure.measure(history, model.fit(history, cut), cut).p_order_90d


def by_mbg(history: PurchaseHistory, cut: datetime) -> Floats:
    """MBG/NBD alone."""
    visits = boil_down(history, to_seconds(cut))
    gap_model = gapfit.fit(visits)
    usual = None if gap_model is None else float(np.exp(gap_model.means[0]))
    fitted = mbg.fit(visits.gap_count, visits.last, visits.age, usual_gap=usual)
    return mbg.p_buy(fitted, visits.gap_count, visits.last, visits.age, float(WITHIN))


PREDICTORS: Mapping[str, Predictor] = {"Regulars": by_regulars, "MBG/NBD": by_mbg}


def _cut_offs(history: PurchaseHistory, as_of: datetime, within: int) -> list[datetime]:
    """The newest cut-offs whose outcome is known, with enough history and customers before each."""
    if history.at.size == 0:
        return []
    oldest = int(history.at.min()) + OLDEST * 86_400
    cuts = [as_of - timedelta(days=within + APART * back) for back in range(TRIALS)]
    return [
        cut for cut in cuts if to_seconds(cut) >= oldest and boil_down(history, to_seconds(cut)).customer.size >= FEWEST
    ]


def _answers(predictor: Predictor, history: PurchaseHistory, cuts: list[datetime]) -> Floats:
    return np.concatenate([predictor(history, cut) for cut in cuts])


def _ask(predictor: Predictor, history: PurchaseHistory, cuts: list[datetime]) -> tuple[Floats, bool]:
    """Its chances at all cut-offs, and whether the newest change when later orders are taken away."""
    answers = _answers(predictor, history, cuts)
    blind = predictor(seen(history, to_seconds(cuts[-1])), cuts[-1])
    last = answers[answers.size - blind.size :]
    peeks = last.size != blind.size or not np.allclose(blind, last, rtol=1e-6, atol=1e-9)
    return answers, peeks


def _by_rule(history: PurchaseHistory, cut: datetime) -> Floats:
    """The 90-day rule as a chance: the share of either side that came, ``WITHIN`` days earlier."""
    before = past.snapshot(history, to_seconds(cut - timedelta(days=WITHIN)), to_seconds(cut))
    came, fresh = before.came(WITHIN), before.visits.silence <= WITHIN
    rates = [(came[side].sum() + 1) / (side.sum() + 2) for side in (fresh, ~fresh)]
    now = boil_down(history, to_seconds(cut)).silence <= WITHIN
    chance: Floats = np.where(now, rates[0], rates[1]).astype(np.float64)
    return chance


def _by_silence(history: PurchaseHistory, cut: datetime) -> Floats:
    """The days since the last order as a chance: a logistic curve through what came of them ``WITHIN`` days earlier."""
    before = past.snapshot(history, to_seconds(cut - timedelta(days=WITHIN)), to_seconds(cut))
    now = boil_down(history, to_seconds(cut))
    if before.visits.customer.size == 0:
        # nobody had bought by then: the evens that the rule begins with, too
        return np.full(now.customer.size, 0.5)
    curve = logistic.fit([log_days(before.visits.silence + 1)[:, None]], [before.came(WITHIN)])
    return logistic.chance(logistic.log_odds(curve, [log_days(now.silence + 1)]))


RULES: Mapping[str, Predictor] = {SILENCE: _by_silence, RULE: _by_rule}


def _mark(name: str, came: Bools, told: Floats, *, peeks: bool, rules: Collection[Floats]) -> Mark:
    """``rules`` are the answers of the yardsticks; none for a yardstick."""
    tenths = calibration(came, told)
    error = brier(came, told)
    good = all(_better(came, told, rule) for rule in rules)
    verdict = "yardstick" if not rules else "peeks" if peeks else "good" if good else "no_better"
    return Mark(
        name=name, verdict=verdict, auc=auc(came, told), brier=error,
        calibration_error=calibration_error(tenths), tenths=tenths,
    )  # fmt: skip


def _better(came: Bools, told: Floats, rule: Floats) -> bool:
    """Squared errors smaller by more than their own standard error, customer by customer, and ranking no worse."""
    gain = (rule - came) ** 2 - (told - came) ** 2
    noise = float(gain.std()) / np.sqrt(max(gain.size, 1))
    return bool(gain.mean() > noise) and auc(came, told) > 0.5


def _timing(history: PurchaseHistory, as_of: datetime) -> tuple[DateMark | None, LateMark | None]:
    """Dates and lateness by a model of ``DATED`` and ``late_mark.DAYS`` days ago."""
    cuts = _cut_offs(history, as_of - timedelta(days=late_mark.DAYS), DATED)[:1]
    if not cuts:
        return None, None
    fitted, cut = model.fit(seen(history, to_seconds(cuts[0])), cuts[0]), to_seconds(cuts[0])
    then = past.snapshot(history, cut, to_seconds(as_of))
    return _dates(then, fitted), late_mark.late_mark(history, fitted, cut)


def _dates(then: past.Snapshot, fitted: model.StoreModel) -> DateMark | None:
    """Dates told at a cut-off, against what came and against the apps' rule."""
    came, visits = then.came(DATED), then.visits
    if not came.any() or fitted.base is None:
        return None
    table = outlook.chance_table(visits, fitted)
    low, middle, high = (outlook.wait(visits, fitted, table, share)[came] for share in (0.1, 0.5, 0.9))
    usual = float(np.median(visits.gaps)) if visits.gaps.size else float(DATED)
    own = np.where(np.isnan(visits.median_gap), usual, visits.median_gap)
    rule, actual = np.maximum(own - visits.silence, 1)[came], then.next_visit[came]
    return DateMark(
        customers=int(came.sum()), mean_error=float(np.abs(middle - actual).mean()),
        rule_error=float(np.abs(rule - actual).mean()), covered=float(((low <= actual) & (actual <= high)).mean()),
        width=float((high - low).mean()),
    )  # fmt: skip

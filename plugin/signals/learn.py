"""Learns from a store's own past how to reckon the chance of an order: what is trained, tried and then used.

A store too small or too young keeps the models of visits, and so does one whose regression does not win its trial.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from plugin.signals import logistic, mbg, trial
from plugin.signals.arrays import Bools
from plugin.signals.chance import HORIZONS, Mixture, Models, bent, mixed, plain_odds
from plugin.signals.features import features, more
from plugin.signals.history import PurchaseHistory
from plugin.signals.mbg import Mbg
from plugin.signals.past import Snapshot, snapshots
from plugin.signals.season import season
from plugin.signals.training import LESSONS, Lesson, closed, enough, grow, pooled, regressions
from plugin.signals.trees import Trees, scaled
from plugin.signals.trial import TRIED, Choice
from plugin.signals.visits import Visits

#: customers at a cut-off below which nothing is learnt
FEWEST = 200
#: closed cut-offs of a horizon below which nothing is learnt for it
FEWEST_LESSONS = 2
LOST_WITHIN, LOST_CHANCE = 180, 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """What a store's past taught."""

    mixtures: tuple[Mixture, ...]
    trees: Trees | None
    #: of MBG/CNBD-k in the models of visits
    regular_share: float
    #: see ``season.season``
    season: tuple[float, ...]
    #: MBG/NBD's chance within ``LOST_WITHIN`` days at which ``LOST_CHANCE`` of such customers really came
    lost_below: float
    #: won | lost | untried | few_customers | short_past: what the trial said of the regression, or why there was none
    why: str
    #: what was tried with its mean squared error, the one in use first
    tried: tuple[tuple[str, float], ...]


def nothing(why: str, models: Models | None) -> Lessons:
    """The lessons of a store that is too small or too young."""
    share = 0.5 if models is not None and models.regular is not None else 0.0
    return Lessons(mixtures=(), trees=None, regular_share=share, season=(), lost_below=LOST_CHANCE, why=why, tried=())


def learn(history: PurchaseHistory, visits: Visits, models: Models) -> Lessons:
    """Mixtures for every horizon that the past is long enough for. ``visits`` is the same history as of today."""
    if models.gaps is None or visits.customer.size < FEWEST:
        return nothing("few_customers", models)
    past = snapshots(history, visits.as_of, most=LESSONS + HORIZONS[-1] // 30)
    lessons = [lesson(one, models) for one in past if one.visits.customer.size >= FEWEST]
    plain = nothing("short_past", models)
    plain = replace(
        plain,
        season=season(history, models, visits.as_of),
        lost_below=_lost_below([one.snapshot for one in lessons], models.base),
    )
    if len(closed(lessons, TRIED)) < FEWEST_LESSONS:
        return plain
    choice = trial.choose(lessons, models)
    models = replace(models, regular_share=choice.regular_share)
    plain = replace(plain, regular_share=choice.regular_share, why=choice.why, tried=choice.tried)
    if not choice.share:
        return plain
    return _mixtures(lessons, models, visits, choice, plain)


def lesson(one: Snapshot, models: Models) -> Lesson:
    """A cut-off with what the models of today say of its customers."""
    if models.gaps is None:
        raise ValueError("nothing is learnt before the first gap")
    own = features(one.visits, models.gaps, models.regular)
    other = more(one.visits, models.gaps, models.base, models.regular)
    return Lesson(snapshot=one, table=np.stack(own, axis=1), more=np.stack(other, axis=1))


def _mixtures(lessons: list[Lesson], models: Models, visits: Visits, choice: Choice, plain: Lessons) -> Lessons:
    columns, found = features(visits, models.gaps, models.regular) if models.gaps else [], []
    own = regressions(lessons, HORIZONS, fewest=FEWEST_LESSONS)
    tried = pooled(own, TRIED, columns)
    grown = scaled(grow(lessons, own, TRIED), choice.bend) if choice.bend else None
    bend = bent(models, grown, visits, columns)
    for days in own:
        slopes = tried if days == TRIED else pooled(own, days, columns)
        odds = mixed(logistic.log_odds(slopes, columns) + bend, plain_odds(models, visits, days), choice.share)
        found.append(Mixture(days=days, slopes=slopes, share=choice.share, shift=_shift(odds, models, visits, days)))
    return replace(plain, mixtures=tuple(found), trees=grown)


def _shift(odds: np.ndarray, models: Models, visits: Visits, days: int) -> float:
    """Half of the way to MBG/NBD's mean chance among today's customers."""
    mean = float(mbg.p_buy(models.base, visits.gap_count, visits.last, visits.age, float(days)).mean())
    return logistic.shift_to(odds, mean) / 2


def _lost_below(past: Sequence[Snapshot], base: Mbg) -> float:
    """Where the chance within ``LOST_WITHIN`` is to be cut so that one in ten beyond it comes back; .03 to .3."""
    closed = [one for one in past if one.known >= LOST_WITHIN][:LESSONS]
    came: list[Bools] = [one.came(LOST_WITHIN) for one in closed]
    if not enough(came):
        return LOST_CHANCE
    plain = [
        logistic.odds(mbg.p_buy(base, one.visits.gap_count, one.visits.last, one.visits.age, float(LOST_WITHIN)))
        for one in closed
    ]
    slopes = logistic.fit([column[:, None] for column in plain], came)
    if slopes.weights[0] <= 0:
        return LOST_CHANCE
    wanted = (np.log(LOST_CHANCE / (1 - LOST_CHANCE)) - slopes.level) / slopes.weights[0]
    return float(np.clip(logistic.chance(np.array([wanted]))[0], 0.03, 0.3))

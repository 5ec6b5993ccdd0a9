"""Learns from a store's own past how to mix the two ways of reckoning a chance, and tries the mixture on that past.

A mixture is tried on cut-offs that its training did not reach: trained on what was known by then, scored on what came
after. A store too small or too young, or one whose mixture does not win, keeps MBG/NBD alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from plugin.signals import gapfit, logistic, mbg
from plugin.signals.arrays import Bools, Floats
from plugin.signals.chance import HORIZONS, Mixture, mixed_odds
from plugin.signals.features import features
from plugin.signals.gaps import GapModel
from plugin.signals.history import PurchaseHistory
from plugin.signals.mbg import Mbg
from plugin.signals.past import Snapshot, snapshots
from plugin.signals.visits import Visits

#: customers at a cut-off, and customers who came and who did not, below which nothing is learnt
FEWEST, FEWEST_EACH = 200, 50
#: cut-offs learnt from, and cut-offs tried on
LESSONS, TRIALS = 10, 3
#: shares of the regression that are tried; the larger must win
SHARES = (0.0, 0.35, 0.7)
#: the trial is about chances within so many days
TRIED = 90
LOST_WITHIN, LOST_CHANCE = 180, 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """What a store's past taught."""

    mixtures: tuple[Mixture, ...]
    #: MBG/NBD's chance within ``LOST_WITHIN`` days at which ``LOST_CHANCE`` of such customers really came
    lost_below: float
    #: mean squared error of each of ``SHARES`` in the trial; empty where there was none
    trial: tuple[float, ...]


def learn(history: PurchaseHistory, visits: Visits, gap_model: GapModel | None, base: Mbg) -> Lessons:
    """Mixtures for every horizon that the past is long enough for. ``visits`` is the same history as of today."""
    if gap_model is None or visits.customer.size < FEWEST:
        return Lessons(mixtures=(), lost_below=LOST_CHANCE, trial=())
    past = snapshots(history, visits.as_of, most=LESSONS + HORIZONS[-1] // 30)
    past = [one for one in past if one.visits.customer.size >= FEWEST]
    tables = [np.stack(features(one.visits, gap_model), axis=1) for one in past]
    trial = try_shares(past, tables)
    share = SHARES[int(np.argmin(trial))] if trial else SHARES[1]
    mixtures = tuple(
        mixture for days in HORIZONS
        if share > 0 and (mixture := _mixture(past, tables, days=days, share=share, now=(visits, gap_model, base)))
    )  # fmt: skip
    return Lessons(mixtures=mixtures, lost_below=_lost_below(past, base), trial=trial)


def try_shares(past: Sequence[Snapshot], tables: Sequence[Floats]) -> tuple[float, ...]:
    """The mean squared error of each share on cut-offs that the training did not reach; () where there are none."""
    errors = []
    for place, one in enumerate(past):
        earlier = [n for n in range(place + 1, len(past)) if past[n].known - one.known >= TRIED][:LESSONS]
        if one.known < TRIED or not _enough([past[n].came(TRIED) for n in earlier]):
            continue
        slopes = logistic.fit([tables[n] for n in earlier], [past[n].came(TRIED) for n in earlier])
        plain, came = _plain(one.visits), one.came(TRIED)
        columns = [np.ascontiguousarray(column) for column in tables[place].T]
        errors.append([_error(slopes, share, columns, plain, came) for share in SHARES])
        if len(errors) == TRIALS:
            break
    return tuple(np.mean(errors, axis=0).tolist()) if errors else ()


def _error(slopes: logistic.Slopes, share: float, columns: list[Floats], plain: Floats, came: Bools) -> float:
    odds = mixed_odds(slopes, share, columns, plain)
    shifted = logistic.chance(odds + logistic.shift_to(odds, float(plain.mean())) / 2)
    return float(np.mean((shifted - came) ** 2))


def _plain(visits: Visits) -> Floats:
    """MBG/NBD's chance by a fit that saw nothing later than the cut-off."""
    gap_model = gapfit.fit(visits)
    usual = None if gap_model is None else float(np.exp(gap_model.means[0]))
    fitted = mbg.fit(visits.gap_count, visits.last, visits.age, usual_gap=usual)
    return mbg.p_buy(fitted, visits.gap_count, visits.last, visits.age, float(TRIED))


def _mixture(
    past: Sequence[Snapshot], tables: Sequence[Floats], *, days: int, share: float, now: tuple[Visits, GapModel, Mbg]
) -> Mixture | None:
    """The mixture for one horizon, its level set among today's customers; None where the past is too short."""
    closed = [n for n, one in enumerate(past) if one.known >= days][:LESSONS]
    came = [past[n].came(days) for n in closed]
    if len(closed) < 2 or not _enough(came):
        return None
    slopes = logistic.fit([tables[n] for n in closed], came)
    visits, gap_model, base = now
    plain = mbg.p_buy(base, visits.gap_count, visits.last, visits.age, float(days))
    odds = mixed_odds(slopes, share, features(visits, gap_model), plain)
    return Mixture(days=days, slopes=slopes, share=share, shift=logistic.shift_to(odds, float(plain.mean())) / 2)


def _lost_below(past: Sequence[Snapshot], base: Mbg) -> float:
    """Where the chance within ``LOST_WITHIN`` is to be cut so that one in ten beyond it comes back; .03 to .3."""
    closed = [one for one in past if one.known >= LOST_WITHIN][:LESSONS]
    came = [one.came(LOST_WITHIN) for one in closed]
    if not _enough(came):
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


def _enough(came: Sequence[Bools]) -> bool:
    """Enough of either outcome to learn from."""
    good = sum(int(np.count_nonzero(one)) for one in came)
    return good >= FEWEST_EACH and sum(one.size for one in came) - good >= FEWEST_EACH

"""Learns a store's gap distribution from completed gaps, as if every gap had had the time to end.

A gap is seen only if it ended before today: among recent visits the short ones alone. Each is therefore weighted by
the inverse share of visits that have been watched for at least as long (Horvitz & Thompson 1952).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from plugin.signals.arrays import Bools, Floats, Ints
from plugin.signals.gaps import LATE, PLACES, SHARES, GapModel, Rhythm, posterior, predict
from plugin.signals.visits import Visits, log_days

#: what a store without enough gaps of its own is taken to be like (published stores lie between .5 and 1.3, .3 and .6)
TYPICAL_WITHIN = 0.8
TYPICAL_BETWEEN = 0.4
#: the typical store counts like this many gaps for a spread or level, like half as many for a mean
PRIOR_GAPS = 10.0
#: ... and like this many customers
PRIOR_CUSTOMERS = 10.0
#: horizons tried, in days: the first that at least this share of gaps ends within
HORIZONS = (180, 365, 730, 1_460, 3_650)
ENOUGH = 2 / 3
#: a gap is used while at least one in so many visits was watched for that long
THINNEST = 20
#: fifths of gaps by how long they were expected to be: gaps that each needs, gaps that speak for no difference, the most
SPEEDS, FEWEST_OF_A_SPEED, PRIOR_OF_A_SPEED, MOST_SHIFT = 5, 30, 200, 0.06
#: where too few had the horizon's time: thirds of those watched for so much of the store's age, and what is added to the
#: level of ``LATE``, since the longest gaps of such a store are not over yet
YOUNG_SPEEDS, YOUNG_WATCHED, YOUNG_LATER = 3, 0.4, 0.02
_ROUNDS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gaps:
    """One position per visit; days. ``gap`` is 0 for the newest, which nothing has followed yet."""

    owner: Ints
    place: Ints
    gap: Ints
    watched: Ints
    #: what was known before the gap, per place
    counts: Floats
    sums: Floats


def fit(visits: Visits) -> GapModel | None:
    """The store's gap distribution by expectation-maximisation; None while there is no gap at all.

    With few gaps the answer leans on a typical store's spread and on the mean of all gaps together.
    """
    if visits.gaps.size == 0:
        return None
    steps = _unroll(visits)
    horizon = next((h for h in HORIZONS if _ended_within(steps, h) >= ENOUGH), HORIZONS[-1])
    weight, reach = _weights(steps, horizon)
    if not weight.any():
        horizon, weight, reach = HORIZONS[-1], (steps.gap > 0).astype(np.float64), np.full(PLACES, HORIZONS[-1])
    used = weight > 0
    means, within, between = _climb(steps, used, weight)
    plain = GapModel(
        means=tuple(means.tolist()), within=tuple(within.tolist()), between=between,
        horizon=horizon, levels=SHARES, gaps=int(visits.gaps.size),
    )  # fmt: skip
    own = predict(plain, steps.counts[used], steps.sums[used], place=steps.place[used])
    reached = _reached(steps, used, own=own, reach=reach)
    told = _tellers(steps.watched[used], horizon)
    levels = _levels(reached, weight[used])
    speeds, shifts = _by_speed(own.mean[told], reached[told], SPEEDS)
    if not speeds:
        levels, (speeds, shifts) = _later(levels), _young_speeds(steps, plain)
    return replace(plain, levels=levels, speeds=speeds, late_shifts=shifts)


def _unroll(visits: Visits) -> _Gaps:
    """Every visit with the gap after it, how long it has been watched, and the gaps before it."""
    count = visits.gap_count + 1
    starts = np.cumsum(count) - count
    owner = np.repeat(np.arange(count.size), count)
    number = np.arange(owner.size) - starts[owner]
    gap = np.zeros(owner.size, np.int64)
    gap[number < visits.gap_count[owner]] = visits.gaps
    since_first = np.cumsum(gap) - gap
    since_first -= since_first[starts][owner]
    logs = np.where(gap > 0, log_days(gap), 0.0)
    later = np.cumsum(np.where(number >= 2, logs, 0.0)) - np.where(number >= 2, logs, 0.0)
    later -= later[starts][owner]
    first = np.where(number >= 1, visits.first_gap[owner], 0.0)
    second = np.where(number >= 2, visits.second_gap[owner], 0.0)
    return _Gaps(
        owner=owner, place=np.minimum(number, PLACES - 1), gap=gap,
        watched=visits.tenure[owner] - since_first,
        counts=np.stack([number >= 1, number >= 2, np.maximum(number - 2, 0)], axis=1).astype(np.float64),
        sums=np.stack([first, second, np.where(number >= 3, later, 0.0)], axis=1),
    )  # fmt: skip


def _ended_within(steps: _Gaps, horizon: int) -> float:
    """The weighted share of gaps up to twice the horizon that end within it."""
    weight, _ = _weights(steps, 2 * horizon)
    return float(weight[steps.gap <= horizon].sum() / max(weight.sum(), 1e-9))


def _weights(steps: _Gaps, horizon: int) -> tuple[Floats, Ints]:
    """The weight of each gap, 0 where it is not used, and per place the longest gap that can be."""
    weight = np.zeros(steps.gap.size)
    reach = np.ones(PLACES, np.int64)
    for place in range(PLACES):
        here = steps.place == place
        if here.any():
            lengths = np.bincount(np.clip(steps.watched[here], 0, horizon), minlength=horizon + 1)
            watched = np.cumsum(lengths[::-1])[::-1]
            reach[place] = max(1, int(np.flatnonzero(watched * THINNEST >= watched[0])[-1]))
            ended = here & (steps.gap > 0) & (steps.gap <= reach[place])
            weight[ended] = watched[0] / watched[steps.gap[ended]]
    return weight, reach


def _climb(steps: _Gaps, used: Bools, weight: Floats) -> tuple[Floats, Floats, float]:
    """Means and variances by place, and the variance between customers, by expectation-maximisation."""
    logs, kept = log_days(steps.gap[used]), weight[used]
    counts, sums, squares = _tables(steps.owner[used], steps.place[used], logs, kept)
    totals = counts.sum(axis=0)
    overall = float(sums.sum() / totals.sum())
    pseudo = PRIOR_GAPS / 2
    means = (sums.sum(axis=0) + pseudo * overall) / (totals + pseudo)
    within, between = np.full(PLACES, TYPICAL_WITHIN), TYPICAL_BETWEEN
    for _ in range(_ROUNDS):
        own, spread = posterior(counts, sums, means=means, within=within, between=between)
        means = ((sums - counts * own[:, None]).sum(axis=0) + pseudo * overall) / (totals + pseudo)
        centre = means + own[:, None]
        errors = squares - (2 * sums * centre - counts * (centre**2 + spread[:, None])).sum(axis=0)
        within = (np.maximum(errors, 0) + PRIOR_GAPS * TYPICAL_WITHIN) / (totals + PRIOR_GAPS)
        between = (float((own**2 + spread).sum()) + PRIOR_CUSTOMERS * TYPICAL_BETWEEN) / (own.size + PRIOR_CUSTOMERS)
    return means, within, between


def _tables(owner: Ints, place: Ints, logs: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Weighted numbers and sums per customer and place, and sums of squares per place."""
    cell = owner * PLACES + place
    size = (int(owner.max()) + 1) * PLACES
    counts = np.bincount(cell, weights=weight, minlength=size).reshape(-1, PLACES)
    sums = np.bincount(cell, weights=weight * logs, minlength=size).reshape(-1, PLACES)
    there = counts.sum(axis=1) > 0
    squares = np.bincount(place, weights=weight * logs**2, minlength=PLACES).astype(np.float64)
    return counts[there], sums[there], squares


def _reached(steps: _Gaps, used: Bools, *, own: Rhythm, reach: Ints) -> Floats:
    """The model's probability of a gap up to each one used, among those that can have been seen."""
    limit = np.log(reach[steps.place[used]])
    possible = ndtr(np.maximum((limit - own.mean) / own.sd, -3.0))
    reached: Floats = ndtr((log_days(steps.gap[used]) - own.mean) / own.sd) / possible
    return reached


def _levels(reached: Floats, weight: Floats) -> tuple[float, ...]:
    """The model's probabilities below which the shares of the store's own gaps stayed; few gaps: the shares."""
    order = np.argsort(reached, kind="stable")
    ranked, mass = reached[order], np.cumsum(weight[order])
    places = np.minimum(np.searchsorted(mass / mass[-1], SHARES), ranked.size - 1)
    own_levels = ranked[places]
    blended = (own_levels * ranked.size + np.array(SHARES) * 3 * PRIOR_GAPS) / (ranked.size + 3 * PRIOR_GAPS)
    return tuple(np.maximum.accumulate(np.minimum(blended, 1.0)).tolist())


def _tellers(watched: Ints, horizon: int) -> Bools:
    """Gaps of visits that have been watched for the whole horizon: among the others the slow look fast.

    The newest half of them, for a store knows its customers better as it grows older.
    """
    whole = watched >= horizon
    return whole & (watched <= np.median(watched[whole])) if whole.any() else whole


def _later(levels: tuple[float, ...]) -> tuple[float, ...]:
    """The levels of a young store, that of ``LATE`` moved outwards, never beyond the next."""
    late = SHARES.index(LATE)
    return (*levels[:late], min(levels[late] + YOUNG_LATER, levels[late + 1]), *levels[late + 1 :])


def _young_speeds(steps: _Gaps, plain: GapModel) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The same as ``_by_speed`` from gaps that ended within a part of the store's age, of visits watched for that long."""
    reach = max(1, int(steps.watched.max() * YOUNG_WATCHED))
    told = (steps.watched >= reach) & (steps.gap > 0) & (steps.gap <= reach)
    own = predict(plain, steps.counts[told], steps.sums[told], place=steps.place[told])
    possible = ndtr(np.maximum((np.log(reach) - own.mean) / own.sd, -3.0))
    return _by_speed(own.mean, ndtr((log_days(steps.gap[told]) - own.mean) / own.sd) / possible, YOUNG_SPEEDS)


def _by_speed(expected: Floats, reached: Floats, speeds_told: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """How far the level of ``LATE`` lies beside that of all, by the gap expected: parts of equal size, shrunk by how few they hold.

    Conformal prediction by groups (Vovk 2012, "Mondrian"), with the groups pulled together.
    """
    size = expected.size // speeds_told
    if size < FEWEST_OF_A_SPEED:
        return (), ()
    groups = np.array_split(np.argsort(expected, kind="stable"), speeds_told)
    speeds = [float(expected[group].mean()) for group in groups]
    beside = np.array([np.quantile(reached[group], LATE) for group in groups]) - np.quantile(reached, LATE)
    shifts = np.clip(beside * size / (size + PRIOR_OF_A_SPEED), -MOST_SHIFT, MOST_SHIFT)
    return tuple(speeds), tuple(shifts.tolist())

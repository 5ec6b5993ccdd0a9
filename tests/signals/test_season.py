"""Last year's season counts where it has proved right, and nowhere else."""

import numpy as np
import pytest

from plugin.signals import learn, mbg, past
from plugin.signals.accuracy import brier
from plugin.signals.chance import HORIZONS, Models, plain_odds
from plugin.signals.days import DAY, to_seconds
from plugin.signals.gapfit import fit as fit_gaps
from plugin.signals.history import PurchaseHistory, seen
from plugin.signals.logistic import chance
from plugin.signals.season import season
from plugin.signals.visits import boil_down
from tests.signals.made import START, after, built

NOW = 3 * 365 + 290


def store(*, height: float, days: int = 4 * 365) -> PurchaseHistory:
    """Customers of all years; from day 300 to 350 of each they come ``height`` times as often."""
    rng = np.random.default_rng(3)
    ids: list[str] = []
    at: list[int] = []
    for number in range(500):
        day, gap = rng.uniform(0, days), 25 * float(np.exp(0.3 * rng.normal()))
        while day < days:
            ids.append(f"c{number:05d}")
            at.append(START + int(day * DAY))
            if rng.random() < 0.03:
                break
            day += rng.exponential(gap)
            while day < days and not 300 <= day % 365 < 350 and rng.random() > 1 / height:
                day += rng.exponential(gap)
    return built(ids, at, rng.integers(500, 9_000, len(ids)))


def models_of(known: PurchaseHistory, as_of: int) -> Models:
    visits = boil_down(known, as_of)
    base = mbg.fit(visits.gap_count, visits.last, visits.age, usual_gap=30.0)
    return Models(gaps=fit_gaps(visits), base=base, regular=None, regular_share=0.0)


@pytest.mark.parametrize("height", [6.0])
def test_a_season_that_returns_is_expected(height: float) -> None:
    """Before the third season chances rise, and they fit better than without it."""
    whole, as_of = store(height=height), to_seconds(after(NOW))
    known = seen(whole, as_of)
    models = models_of(known, as_of)
    shifts = season(known, models, as_of)
    then = past.snapshot(whole, as_of, 2**40)
    odds, came = plain_odds(models, then.visits, 60), then.came(60)

    assert len(shifts) == len(HORIZONS)
    assert shifts[HORIZONS.index(60)] > 0
    assert brier(came, chance(odds + shifts[HORIZONS.index(60)])) < brier(came, chance(odds))


def test_a_young_store_has_no_season() -> None:
    """Without a year and a half behind it nothing is corrected, and none of it looks ahead."""
    whole = store(height=6.0)
    as_of = to_seconds(after(500))
    known = seen(whole, as_of)
    assert season(known, models_of(known, as_of), as_of) == ()
    late = to_seconds(after(NOW))
    models = models_of(seen(whole, late), late)
    assert season(whole, models, late) == season(seen(whole, late), models, late)
    assert learn.LOST_WITHIN in HORIZONS

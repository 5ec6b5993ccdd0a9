"""What the regression and the trees are told of a customer's past."""

from __future__ import annotations

import numpy as np
import pytest

from plugin.signals import features, model
from plugin.signals.arrays import Floats
from plugin.signals.days import to_seconds
from plugin.signals.visits import boil_down
from tests.signals.made import START, after, built, lognormal_store

DAY = 86_400
EVEN = (30, 31, 29, 30, 30, 31, 29, 30)
UNEVEN = (9, 100, 11, 82, 12, 75, 40, 22)


@pytest.fixture(scope="module")
def regular() -> model.StoreModel:
    return model.fit(lognormal_store(seed=4, customers=900, days=600, chance=0.4), after(500))


def test_the_own_beat_speaks_where_gaps_are_regular(regular: model.StoreModel) -> None:
    """The regression has one feature more in a store of regular gaps, and ten in one without."""
    irregular = model.fit(lognormal_store(seed=4, customers=900, days=400, chance=1.1), after(400))
    assert regular.regular is not None
    assert regular.regular.k >= features.BEAT
    assert irregular.regular is None or irregular.regular.k < features.BEAT
    assert len(_columns(regular, 20)) == len(features.NAMES) + 1
    assert {len(one.slopes.weights) for one in regular.mixtures} == {len(features.NAMES) + 1}
    assert len(_columns(irregular, 20)) == len(features.NAMES)


def test_silence_says_more_of_a_customer_with_a_steady_beat(regular: model.StoreModel) -> None:
    """Within the beat a steady customer is the surer one to come; far beyond it the surer one to have left."""
    early, late = (_columns(regular, silence)[-1] for silence in (20, 150))
    assert early[0] > early[1]
    assert late[0] < late[1]


def test_the_own_beat_is_finite_for_everyone(regular: model.StoreModel) -> None:
    """One visit or many, today or ten years ago: a number."""
    for silence in (0, 1, 400, 4_000):
        assert np.isfinite(_columns(regular, silence)).all()


def _columns(of: model.StoreModel, silence: int) -> list[Floats]:
    """The features of a steady customer, of one without a beat and of one who came once."""
    ids, at = [], []
    for name, gaps in (("even", EVEN), ("none", UNEVEN), ("once", ())):
        for days in np.cumsum((0, *gaps)):
            ids.append(name)
            at.append(START + int(days - sum(gaps)) * DAY)
    visits = boil_down(built(ids, at, np.full(len(ids), 1_000)), to_seconds(after(silence)))
    assert of.gaps is not None
    return features.features(visits, of.gaps, of.regular)

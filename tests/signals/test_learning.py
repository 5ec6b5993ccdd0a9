"""What is learnt from a store's past, and the card that refuses what does not deserve trust."""

from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import numpy as np
import pytest

from plugin.signals import learn, logistic, measure, model, past, training, trial
from plugin.signals.chance import Models
from plugin.signals.days import to_seconds
from plugin.signals.history import PurchaseHistory, only, seen, thin
from plugin.signals.report_card import _by_silence, report_card
from tests.signals.made import after, lognormal_store
from tests.signals.test_laws import rows_of

DAYS = 500


@pytest.fixture(scope="module")
def store() -> PurchaseHistory:
    return lognormal_store(seed=4, customers=900, days=DAYS + 100, chance=0.4)


@pytest.fixture(scope="module")
def fitted(store: PurchaseHistory) -> model.StoreModel:
    return model.fit(store, after(DAYS))


def test_a_store_with_a_past_uses_it(fitted: model.StoreModel) -> None:
    """Enough history gives a mixture for every horizon, and its trial found it better than what stands beside it."""
    assert [mixture.days for mixture in fitted.mixtures] == [14, 30, 60, 90, 120, 180]
    assert (fitted.in_use, fitted.why) == ("mixture", "won")
    errors = dict(fitted.tried)
    assert next(iter(errors)) == "mixture"
    assert errors["mixture"] < min(errors["mbg"], errors["silence"])


def test_one_alone_measures_like_among_all_with_lessons_too(store: PurchaseHistory, fitted: model.StoreModel) -> None:
    """The law of one and all holds to the last bit where mixtures and regular gaps are in use."""
    rows = rows_of(measure.measure(store, fitted, after(DAYS + 9)))
    for customer_id in list(rows)[::23]:
        assert rows_of(measure.measure(only(store, customer_id), fitted, after(DAYS + 9))) == {
            customer_id: rows[customer_id]
        }


def test_the_expected_date_moves_with_every_day_of_silence(store: PurchaseHistory, fitted: model.StoreModel) -> None:
    """Nobody is expected in the past, and a day more of silence changes the date of everyone, mostly to a later one."""
    days = [measure.measure(seen(store, to_seconds(after(DAYS))), fitted, after(DAYS + ahead)) for ahead in range(4)]
    for today, tomorrow in pairwise(days):
        assert np.all(tomorrow.expected_next_order_at > tomorrow.as_of)
        assert np.all(tomorrow.expected_next_order_at != today.expected_next_order_at)
        assert np.mean(tomorrow.expected_next_order_at > today.expected_next_order_at) > 0.8


def test_lessons_do_not_look_ahead(store: PurchaseHistory, fitted: model.StoreModel) -> None:
    """The model of a day is the same whether or not later orders are in the history."""
    assert model.fit(seen(store, to_seconds(after(DAYS))), after(DAYS)) == fitted


def test_a_young_model_is_taken_over(store: PurchaseHistory, fitted: model.StoreModel) -> None:
    """Within a week only the cuts are new, within eight the lessons stay, later everything is learnt again."""
    soon = model.fit(store, after(DAYS + 3), earlier=fitted)
    assert (soon.base, soon.gaps, soon.mixtures) == (fitted.base, fitted.gaps, fitted.mixtures)
    assert soon.cuts == model.fit(store, after(DAYS + 3)).cuts
    later = model.fit(store, after(DAYS + 10), earlier=fitted)
    assert later.base != fitted.base
    assert later.mixtures == fitted.mixtures
    assert model.fit(store, after(DAYS + 57), earlier=fitted) == model.fit(store, after(DAYS + 57))


def test_a_store_that_has_grown_learns_at_once(store: PurchaseHistory) -> None:
    """A model from before an import is not taken over, however young it is."""
    before = model.fit(thin(store, 300), after(DAYS - 1))
    assert model.fit(store, after(DAYS), earlier=before) == model.fit(store, after(DAYS))


def test_snapshots_hold_nothing_from_after_their_cut(store: PurchaseHistory) -> None:
    """What a snapshot knows equals what the same store knew then."""
    for one in past.snapshots(store, to_seconds(after(DAYS)), most=3):
        then = past.snapshot(seen(store, one.visits.as_of), one.visits.as_of, one.visits.as_of)
        assert then.visits.order_count.tolist() == one.visits.order_count.tolist()
        assert not then.came(10_000).any()


def test_shuffled_outcomes_teach_nothing(store: PurchaseHistory, fitted: model.StoreModel) -> None:
    """A regression trained on shuffled labels loses its trial and is switched off: the models of visits stand alone."""
    assert fitted.models is not None
    rng = np.random.default_rng(0)
    shuffled = [
        replace(one, table=rng.permutation(one.table, axis=0), more=rng.permutation(one.more, axis=0))
        for one in lessons_of(store, fitted.models)
    ]
    choice = trial.choose(shuffled, fitted.models)
    assert (choice.share, choice.why) == (0.0, "lost")
    assert choice.tried[0][0] in {"mbg", "regular"}


def lessons_of(store: PurchaseHistory, models: Models) -> list[training.Lesson]:
    shots = past.snapshots(store, to_seconds(after(DAYS)), most=14)
    return [learn.lesson(one, models) for one in shots if one.visits.customer.size >= learn.FEWEST]


def test_the_card_marks_ours_best_or_equal(store: PurchaseHistory) -> None:
    """On a store with a rhythm ours is good, ranks well, and its dates beat last order plus median gap."""
    card = report_card(store, after(DAYS))
    marks = {mark.name: mark for mark in card.marks}
    assert card.cut_offs == 3
    assert marks["Regulars"].verdict == "good"
    assert marks["Regulars"].brier <= marks["MBG/NBD"].brier + 0.002
    assert sum(tenth.customers for tenth in marks["Regulars"].tenths) > 1_000
    assert card.dates is not None
    assert card.dates.mean_error < card.dates.rule_error
    assert card.dates.covered == pytest.approx(0.8, abs=0.1)


def test_the_card_refuses_noise_and_catches_a_leak(store: PurchaseHistory) -> None:
    """Chances by shuffled labels, or by a mere rule, are no better than the rules; chances that know what comes next peek."""

    def by_shuffle(history: PurchaseHistory, cut: datetime) -> np.ndarray:
        told = measure.measure(history, model.fit(history, cut), cut).p_order_90d
        return np.random.default_rng(1).permutation(told)

    def by_leak(history: PurchaseHistory, cut: datetime) -> np.ndarray:
        came = past.snapshot(history, to_seconds(cut), 2**40).came(90)
        return np.where(came, 0.9, 0.1)

    def by_silence(history: PurchaseHistory, cut: datetime) -> np.ndarray:
        # all but the yardstick itself, which beats the other one here
        return _by_silence(history, cut) * 0.999

    others = {"shuffled": by_shuffle, "leaky": by_leak, "silent": by_silence}
    card = report_card(store, after(DAYS), others)
    verdicts = {mark.name: mark.verdict for mark in card.marks}
    assert {name: verdicts[name] for name in others} == {
        "shuffled": "no_better",
        "leaky": "peeks",
        "silent": "no_better",
    }
    assert card.best in {"Regulars", "MBG/NBD"}


def test_a_young_store_has_no_card() -> None:
    """With nothing to try there are no marks and nothing is claimed."""
    card = report_card(lognormal_store(seed=1, customers=20, days=50), after(50))
    assert (card.cut_offs, card.marks, card.best, card.dates) == (0, (), "", None)


def test_a_card_is_written_where_nobody_had_bought_ninety_days_before_a_cut_off() -> None:
    """A store of 160 days has a cut-off at day 70, and nobody on day -20 to learn from: its marks are numbers still."""
    card = report_card(lognormal_store(seed=1, customers=200, days=160), after(160))
    assert card.cut_offs == 1
    assert [mark.name for mark in card.marks[-2:]] == ["days since the last order", "ordered in the last 90 days"]
    assert np.isfinite([mark.brier for mark in card.marks]).all()


def test_what_came_soon_after_newer_cut_offs_teaches_too(store: PurchaseHistory, fitted: model.StoreModel) -> None:
    """A regression leans on those of shorter horizons, at the level that its own gives, and not on longer ones."""
    assert fitted.models is not None
    lessons = lessons_of(store, fitted.models)
    own = training.regressions(lessons, [30, 60, 90, 180])
    columns = training.columns_of(lessons[0].table)
    lent = training.pooled(own, 90, columns)
    weights = np.array([own[days].weights for days in (30, 60, 90)])
    assert np.allclose(lent.weights, np.average(weights, axis=0, weights=(30, 60, 90)))
    told, alone = (logistic.chance(logistic.log_odds(one, columns)).mean() for one in (lent, own[90]))
    assert told == pytest.approx(alone, abs=1e-6)
    alone_too = training.pooled({90: own[90], 180: own[180]}, 90, columns)
    assert np.allclose(alone_too.weights, own[90].weights)


def test_nothing_is_learnt_before_its_outcome_was_known(store: PurchaseHistory, fitted: model.StoreModel) -> None:
    """Asked as of earlier days, a training takes only the cut-offs whose outcome was known then."""
    assert fitted.models is not None
    lessons = lessons_of(store, fitted.models)
    for ago in (0, 90, 150):
        assert all(one.snapshot.known >= ago + 60 for one in training.closed(lessons, 60, ago=ago))

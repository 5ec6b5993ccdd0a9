"""Measures customers with a store's model: the same code for one customer and for all of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from plugin.signals import gaps, mbg, rfm, spend
from plugin.signals.arrays import Floats, Ints, Strings
from plugin.signals.columns import NO_TIME, Signals
from plugin.signals.days import to_seconds
from plugin.signals.gaps import Rhythm
from plugin.signals.groups import group
from plugin.signals.history import PurchaseHistory
from plugin.signals.mbg import Mbg
from plugin.signals.model import StoreModel
from plugin.signals.visits import YEAR, Visits, boil_down, instants_after

#: standard normal quantiles of 80, 90 and 95 %
Z_LATE, Z_LENGTHENING, Z_LAPSING = 0.8416212335729143, 1.2815515655446004, 1.6448536269514722
#: lost: the chance to come back within so many days is below this
LOST_WITHIN, LOST_CHANCE = 180.0, 0.10
#: days within which a next order is dated
HORIZON = 180.0
#: days after the last order when even the most faithful is lost
LONGEST = 3_650.0
CHANCE_DAYS = 90.0


def measure(history: PurchaseHistory, model: StoreModel, as_of: datetime) -> Signals:
    """The signals of every customer with an order by ``as_of`` (aware, inclusive), by the store's ``model``.

    Raises ValueError for a naive datetime.
    """
    visits = boil_down(history, to_seconds(as_of))
    scores: dict[str, Any] = {
        "r": rfm.score(visits.last_day, model.cuts.recency),
        "f": rfm.score(visits.order_count, model.cuts.frequency),
        "m": rfm.score(visits.spend_total, model.cuts.monetary),
    }
    return Signals(
        customer_ids=tuple(history.customer_ids[code] for code in visits.customer.tolist()), as_of=visits.as_of,
        order_count=visits.order_count, first_order_at=visits.first_at, last_order_at=visits.last_at,
        spend_total=visits.spend_total, spend_365d=visits.spend_365d,
        recency_days=visits.silence, tenure_days=visits.tenure,
        group=group(order_count=visits.order_count, **scores),
        median_gap_days=visits.median_gap, **scores, **_rhythm(visits, model), **_outlook(visits, model),
    )  # fmt: skip


def _rhythm(visits: Visits, model: StoreModel) -> dict[str, Any]:
    """The customer's own beat, and the instants at which silence becomes late, lapsing, lost."""
    size = visits.customer.size
    never = np.full(size, NO_TIME)
    if model.gaps is None or model.chance is None:
        return {
            "usual_gap_days": np.full(size, np.nan), "gap_trend": np.full(size, "", "<U11"),
            "lateness": np.full(size, "", "<U7"), "late_at": never, "lapsing_at": never, "lost_at": never,
        }  # fmt: skip
    own = gaps.rhythm(model.gaps, visits)
    late = np.clip(gaps.days(own, Z_LATE), 1, LONGEST)
    lapsing = np.clip(gaps.days(own, Z_LAPSING), late, LONGEST)
    lost = np.maximum(_lost_after(visits, model.chance), lapsing)
    moments = [instants_after(visits.last_at, days) for days in (late, lapsing, lost)]
    return {
        "usual_gap_days": gaps.days(own, 0.0),
        "gap_trend": _trend(visits, own, gaps.rhythm_before_last(model.gaps, visits)),
        "lateness": lateness(visits.as_of, *moments),
        "late_at": moments[0], "lapsing_at": moments[1], "lost_at": moments[2],
    }  # fmt: skip


def lateness(as_of: int, late_at: Ints, lapsing_at: Ints, lost_at: Ints) -> Strings:
    """The name of the state at an instant, from the instants at which the states begin."""
    passed = (as_of >= late_at).astype(np.int64) + (as_of >= lapsing_at) + (as_of >= lost_at)
    names: Strings = np.array(["on_time", "late", "lapsing", "lost"])[passed]
    return names


def _lost_after(visits: Visits, chance: Mbg) -> Floats:
    x, last = visits.gap_count, _last(visits)
    return mbg.silence_until(chance, x, last, within=LOST_WITHIN, chance=LOST_CHANCE, longest=LONGEST)


def _trend(visits: Visits, own: Rhythm, before: Rhythm) -> Strings:
    """Longer or shorter than nine in ten gaps of this customer: the newest gap, or the silence since."""
    newest = (visits.last_gap - before.mean) / before.sd
    silence = (np.log(np.maximum(visits.silence, 1)) - own.mean) / own.sd
    names = np.full(visits.customer.size, "steady", "<U11")
    names[(newest < -Z_LENGTHENING) & (silence < 0)] = "shortening"
    names[np.maximum(newest, silence) > Z_LENGTHENING] = "lengthening"
    names[visits.gap_count < 2] = ""
    return names


def _outlook(visits: Visits, model: StoreModel) -> dict[str, Any]:
    """What is to be expected of the time ahead."""
    if model.chance is None:
        nothing = np.full(visits.customer.size, np.nan)
        return {
            "expected_next_order_at": np.full(visits.customer.size, NO_TIME),
            "p_order_90d": nothing, "predicted_spend_365d": nothing,
        }  # fmt: skip
    x, last, tenure = visits.gap_count, _last(visits), visits.tenure.astype(np.float64)
    wait = np.maximum(mbg.wait_quantile(model.chance, x, tenure, HORIZON, 0.5), 1 / 24)
    if model.gaps is None:
        expected = np.full(visits.customer.size, NO_TIME)
    else:
        expected = instants_after(np.full(visits.customer.size, visits.as_of), wait)
    return {
        "expected_next_order_at": expected,
        "p_order_90d": mbg.p_buy(model.chance, x, last, tenure, CHANCE_DAYS),
        "predicted_spend_365d": _predicted_spend(visits, model),
    }  # fmt: skip


def _predicted_spend(visits: Visits, model: StoreModel) -> Floats:
    if model.spend is None or model.chance is None:
        return np.full(visits.customer.size, np.nan)
    tenure = visits.tenure.astype(np.float64)
    orders = mbg.expected_visits(model.chance, visits.gap_count, _last(visits), tenure, float(YEAR))
    return orders * spend.expected_spend(model.spend, visits.gap_count + 1, visits.spend_total.astype(np.float64))


def _last(visits: Visits) -> Floats:
    """Days from the first visit to the last."""
    return (visits.last_day - visits.first_day).astype(np.float64)

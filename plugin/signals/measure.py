"""Measures customers with a store's model: the same code for one customer and for all of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from plugin.signals import chance, gaps, mbg, outlook, rfm
from plugin.signals.arrays import Floats, Ints, Strings
from plugin.signals.columns import NO_TIME, Signals
from plugin.signals.days import to_seconds
from plugin.signals.gaps import GapModel, Rhythm
from plugin.signals.groups import group
from plugin.signals.history import PurchaseHistory
from plugin.signals.learn import LOST_WITHIN
from plugin.signals.mbg import Mbg
from plugin.signals.model import StoreModel
from plugin.signals.rfm import RfmCuts
from plugin.signals.visits import Visits, boil_down, instants_after

#: days after the last order when even the most faithful is lost
LONGEST = 3_650.0


def measure(history: PurchaseHistory, model: StoreModel, as_of: datetime) -> Signals:
    """The signals of every customer with an order by ``as_of`` (aware, inclusive), by the store's ``model``.

    Raises ValueError for a naive datetime.
    """
    visits = boil_down(history, to_seconds(as_of))
    scores = _scores(visits, model.cuts)
    return Signals(
        customer_ids=tuple(history.customer_ids[code] for code in visits.customer.tolist()), as_of=visits.as_of,
        order_count=visits.order_count, first_order_at=visits.first_at, last_order_at=visits.last_at,
        spend_total=visits.spend_total, spend_365d=visits.spend_365d,
        recency_days=visits.silence, tenure_days=visits.tenure,
        group=group(order_count=visits.order_count, **_scores(visits, model.group_cuts)),
        median_gap_days=visits.median_gap, **scores, **rhythm(visits, model), **_outlook(visits, model),
    )  # fmt: skip


def _scores(visits: Visits, by: RfmCuts) -> dict[str, Any]:
    return {
        "r": rfm.score(visits.last_day, by.recency),
        "f": rfm.score(visits.order_count, by.frequency),
        "m": rfm.score(visits.spend_total, by.monetary),
    }


def rhythm(visits: Visits, model: StoreModel) -> dict[str, Any]:
    """The customer's own beat, and the instants at which silence becomes late, lapsing, lost."""
    size = visits.customer.size
    never = np.full(size, NO_TIME)
    if model.gaps is None or model.base is None:
        return {
            "usual_gap_days": np.full(size, np.nan), "gap_trend": np.full(size, "", "<U11"),
            "lateness": np.full(size, "", "<U7"), "late_at": never, "lapsing_at": never, "lost_at": never,
        }  # fmt: skip
    own = gaps.rhythm(model.gaps, visits)
    late = np.clip(gaps.days(model.gaps, own, 0.8), 1, LONGEST)
    lapsing = np.clip(gaps.days(model.gaps, own, 0.95), late, LONGEST)
    lost = np.maximum(_lost_after(visits, model.base, model.lost_below), lapsing)
    moments = [instants_after(visits.last_at, days) for days in (late, lapsing, lost)]
    return {
        "usual_gap_days": gaps.days(model.gaps, own, 0.5),
        "gap_trend": _trend(visits, model.gaps, own),
        "lateness": lateness(visits.as_of, *moments),
        "late_at": moments[0], "lapsing_at": moments[1], "lost_at": moments[2],
    }  # fmt: skip


def lateness(as_of: int, late_at: Ints, lapsing_at: Ints, lost_at: Ints) -> Strings:
    """The name of the state at an instant, from the instants at which the states begin."""
    passed = (as_of >= late_at).astype(np.int64) + (as_of >= lapsing_at) + (as_of >= lost_at)
    names: Strings = np.array(["on_time", "late", "lapsing", "lost"])[passed]
    return names


def _lost_after(visits: Visits, base: Mbg, below: float) -> Floats:
    return mbg.silence_until(
        base, visits.gap_count, visits.last, within=float(LOST_WITHIN), chance=below, longest=LONGEST
    )


def _trend(visits: Visits, model: GapModel, own: Rhythm) -> Strings:
    """Longer or shorter than nine in ten gaps of such a customer: the newest gap, or the silence since."""
    shortest, longest = model.levels[0], model.levels[gaps.SHARES.index(0.9)]
    newest = gaps.level_of(
        model, gaps.rhythm_before_last(model, visits), np.rint(np.exp(visits.last_gap)).astype(np.int64)
    )
    silence = gaps.level_of(model, own, visits.silence)
    names = np.full(visits.customer.size, "steady", "<U11")
    names[(newest < shortest) & (silence < 0.5)] = "shortening"
    names[np.maximum(newest, silence) > longest] = "lengthening"
    names[visits.gap_count < 2] = ""
    return names


def _outlook(visits: Visits, model: StoreModel) -> dict[str, Any]:
    """What is to be expected of the time ahead."""
    table = outlook.chance_table(visits, model)
    expected = np.full(visits.customer.size, NO_TIME)
    if model.gaps is not None:
        now = np.full(visits.customer.size, visits.as_of)
        expected = instants_after(now, outlook.wait(visits, model, table, 0.5))
    return {
        "expected_next_order_at": expected, "p_order_90d": chance.at(table, 90),
        "predicted_spend_365d": outlook.expected_spend(visits, model),
    }  # fmt: skip

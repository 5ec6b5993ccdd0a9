"""Accuracy of the signals on public histories, beside the rules and models that others use.

``python -m tests.benchmarks.bench_accuracy``. Every model of a cut-off is fitted on what was known at its end.
``--development`` uses the cut-offs and made-up stores that choices were made on; ``histories.py`` lists both, and the
README of the signals says how often the evaluation was looked at. ``--public`` leaves the made-up stores out.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

import numpy as np

from plugin.signals import bgnbd, mbg, measure, model, outlook, past, regular
from plugin.signals.accuracy import auc, brier, calibration, calibration_error
from plugin.signals.arrays import Bools, Floats
from plugin.signals.columns import Signals
from plugin.signals.days import DAY, to_seconds
from plugin.signals.history import PurchaseHistory
from plugin.signals.model import StoreModel
from plugin.signals.past import Snapshot
from plugin.signals.visits import Visits, boil_down
from tests.benchmarks import tables
from tests.benchmarks.histories import Store, made_stores, stores
from tests.benchmarks.options import Options

FAR = 2**40
YEAR_AHEAD = 364.0


def run(given: Options) -> None:
    """Prints the tables; ``given`` does not matter here, there is nothing to repeat."""
    del given
    _run(development=False, public=False)


def _run(*, development: bool, public: bool) -> None:
    found = stores(development=development)
    if not found:
        tables.show("The public histories are not beside the repository (../shared/data): nothing to try.")
        return
    for store in found + ([] if public else made_stores(development=development)):
        tables.show(f"\n{store.name}: {len(store.history.customer_ids):,} customers, {store.history.at.size:,} visits")
        tables.show(_chances(store))
        tables.show(_dates(store))
        tables.show(_lates(store))
    if not development:
        tables.show(_totals(next(store for store in found if store.name == "grocer")))


def _chances(store: Store) -> str:
    """An order within 90 days."""
    scores: dict[str, list[tuple[float, float, float]]] = {}
    mixed = 0
    for cut in store.chances:
        seconds = to_seconds(cut)
        now = past.snapshot(store.history, seconds, FAR)
        came, fitted = now.came(90), model.fit(store.history, cut)
        mixed += bool(fitted.mixtures)
        for name, chance in _chance_rules(store.history, now, fitted, measure.measure(store.history, fitted, cut)):
            proper = bool(chance.min() >= 0 and chance.max() <= 1)
            errors = (brier(came, chance), calibration_error(calibration(came, chance))) if proper else (np.nan, np.nan)
            scores.setdefault(name, []).append((auc(came, chance), *errors))
    rows = [
        [name, *("–" if np.isnan(v) else f"{v:.5f}" for v in np.mean(each, axis=0))] for name, each in scores.items()
    ]
    table = tables.table(["order within 90 days", "AUC", "Brier", "calibration error"], rows)
    return f"{table}\n(the mixture was in use at {mixed} of {len(store.chances)} cut-offs, the models of visits alone at the others)\n"


def _chance_rules(
    history: PurchaseHistory, now: Snapshot, fitted: StoreModel, signals: Signals
) -> list[tuple[str, Floats]]:
    v = now.visits
    bg = bgnbd.fit(v.gap_count, v.last, v.age)
    plain = mbg.fit(v.gap_count, v.last, v.age)
    return [
        ("rule: ordered in the last 90 days", (v.silence <= 90).astype(np.float64)),
        ("days since last order, as a rank", -v.silence.astype(np.float64)),
        ("RFM sum, as a rank", -15.0 + signals.r + signals.f + signals.m - 1),
        ("BG/NBD P(alive)", bgnbd.p_alive(bg, v.gap_count, v.last, v.age)),
        ("BG/NBD P(buy)", bgnbd.p_buy(bg, v.gap_count, v.last, v.age, 90.0)),
        ("MBG/NBD P(buy)", mbg.p_buy(plain, v.gap_count, v.last, v.age, 90.0)),
        ("Regulars", signals.p_order_90d),
    ]


def _dates(store: Store) -> str:
    """The date of the next order of those who came within 180 days."""
    scores: dict[str, list[tuple[float, float, float]]] = {}
    for cut in store.dates:
        now = past.snapshot(store.history, to_seconds(cut), FAR)
        came = now.came(180)
        for name, low, middle, high in _date_rules(now.visits, model.fit(store.history, cut)):
            wait = now.next_visit[came]
            error = np.abs(middle[came] - wait)
            covered = float(np.mean((low[came] <= wait) & (wait <= high[came]))) if low is not middle else np.nan
            scores.setdefault(name, []).append((float(error.mean()), float(np.median(error)), covered))
    rows = [
        [name, *("–" if np.isnan(v) else f"{v:.{digits}f}" for v, digits in zip(np.mean(e, axis=0), (2, 1, 3), strict=True))]
        for name, e in scores.items()
    ]  # fmt: skip
    return tables.table(["date of the next order", "mean error, days", "median", "80 % interval holds"], rows)


def _date_rules(v: Visits, fitted: StoreModel) -> list[tuple[str, Floats, Floats, Floats]]:
    all_gaps = float(np.median(v.gaps))
    usual = np.where(np.isnan(v.median_gap), np.where(v.gap_count == 1, np.exp(v.last_gap), all_gaps), v.median_gap)
    app = np.maximum(usual - v.silence, 1.0)
    plain = mbg.fit(v.gap_count, v.last, v.age)
    spread = [mbg.wait_quantile(plain, v.gap_count, v.age, 180.0, share) for share in (0.1, 0.5, 0.9)]
    table = outlook.chance_table(v, fitted)
    ours = [outlook.wait(v, fitted, table, share) for share in (0.1, 0.5, 0.9)]
    return [
        ("last order + median gap (apps)", app, app, app),
        ("MBG/NBD, within 180 days", spread[0], spread[1], spread[2]),
        ("Regulars", ours[0], ours[1], ours[2]),
    ]


def _lates(store: Store) -> str:
    """Orders of the 90 days after a cut-off: of those followed by another within 180 days, how many before ``late_at``."""
    followed = [_followed(store.history, model.fit(store.history, cut), to_seconds(cut)) for cut in store.lates]
    whole = tuple(np.concatenate([one[part] for one in followed]) for part in range(3))
    rows = []
    for name, (held, deep, speed) in zip(
        [*(str(cut.date()) for cut in store.lates), "all"], [*followed, whole], strict=True
    ):
        fast, middle, slow = _by_third(speed, ~held)
        thirds = f"{fast:.3f} / {middle:.3f} / {slow:.3f}"
        rows.append([name, f"{held.size:,}", f"{held.mean():.3f}", f"{deep.mean():.3f}", thirds])
    told = ["came back by himself", "orders", "before late", "before lapsing", "called late: fast / middle / slow"]
    return tables.table(told, rows)


def _followed(history: PurchaseHistory, fitted: StoreModel, cut: int) -> tuple[Bools, Bools, Floats]:
    """Day by day: everyone who ordered that day, measured at its end, and when they came next."""
    columns: list[tuple[Bools, Bools, Floats]] = []
    end = int(history.at.max())
    for day in range(1, 91):
        now = cut + day * DAY
        if now + 180 * DAY > end:
            break
        today = past.snapshot(_those_of(history, now), now, FAR)
        signals = measure.measure(_those_of(history, now), fitted, datetime.fromtimestamp(now, UTC))
        back = today.came(180) & (today.visits.silence == 0)
        wait = today.next_visit[back]
        late, lapsing = ((at - signals.last_order_at)[back] / DAY for at in (signals.late_at, signals.lapsing_at))
        columns.append((wait <= late, wait <= lapsing, signals.usual_gap_days[back]))
    held, deep, speed = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    return held, deep, speed


def _by_third(speed: Floats, missed: Bools) -> list[float]:
    """The share missed among the fast, the middle and the slow third."""
    third = np.empty(speed.size, int)
    third[np.argsort(speed, kind="stable")] = np.arange(speed.size) * 3 // max(speed.size, 1)
    return [float(missed[third == n].mean()) for n in range(3)]


def _totals(grocer: Store) -> str:
    """The published task on the grocer: 52 weeks seen, the orders of the next 52 foretold, error over mean."""
    cut = grocer.chances[1]
    v = boil_down(grocer.history, to_seconds(cut))
    after = (grocer.history.day > v.today) & (grocer.history.day <= v.today + YEAR_AHEAD)
    actual = np.bincount(grocer.history.customer[after], minlength=len(grocer.history.customer_ids))[v.customer]
    fitted = model.fit(grocer.history, cut)
    plain = mbg.fit(v.gap_count, v.last, v.age)
    told = [("MBG/NBD", mbg.expected_visits(plain, v.gap_count, v.last, v.age, YEAR_AHEAD))]
    if fitted.regular is not None:
        k = f"Regulars (MBG/CNBD-k, k = {fitted.regular.k:.2f})"
        told.append((k, regular.expected_visits(fitted.regular, v.gap_count, v.last, v.age, YEAR_AHEAD)))
    rows = [
        [name, f"{np.abs(e - actual).mean() / actual.mean():.3f}", f"{e.sum():,.0f}", f"{actual.sum():,}"]
        for name, e in told
    ]
    return "\n" + tables.table(["grocer, orders in 52 weeks", "relative error", "told", "actual"], rows)


def _those_of(history: PurchaseHistory, now: int) -> PurchaseHistory:
    """The customers who ordered on the day that ends now, with all their orders."""
    today = np.unique(history.customer[(history.at <= now) & (history.at > now - DAY)])
    kept = np.isin(history.customer, today)
    return PurchaseHistory(
        customer_ids=tuple(history.customer_ids[code] for code in today.tolist()),
        customer=np.searchsorted(today, history.customer[kept]), at=history.at[kept], day=history.day[kept],
        value=history.value[kept], timezone=history.timezone,
    )  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Accuracy of the signals beside the rules of others.")
    parser.add_argument("--development", action="store_true", help="the cut-offs that choices were made on")
    parser.add_argument("--public", action="store_true", help="without the made-up stores")
    asked = parser.parse_args()
    _run(development=asked.development, public=asked.public)

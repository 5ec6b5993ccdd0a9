"""Speed of the signals beside pandas and lifetimes doing the same work, from columns in memory.

Seconds of the clock and of the processor; the ratios are of the processor's, which other work on the machine moves less.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from plugin.signals import gapfit, gaps, mbg, measure, model, rfm
from plugin.signals.days import DAY
from plugin.signals.history import PurchaseHistory, thin
from plugin.signals.visits import boil_down
from tests.benchmarks import tables
from tests.benchmarks.options import Options, cache

#: three years end here
END = 1_095 * DAY
SIZES = ((1_000_000, 100_000), (10_000_000, 1_000_000))
LIFETIMES = ("lifetimes==0.11.3", "numpy<3", "pandas<4", "scipy<2")
PEER = Path(__file__).with_name("peers") / "lifetimes" / "peer.py"
FETCH_SECONDS = 900
T = TypeVar("T")
#: by name, of each round: the clock's, the processor's
Seconds = dict[str, list[tuple[float, float]]]


def run(given: Options) -> None:
    """Prints, for both sizes, the parts of ours in seconds and the same work elsewhere; the best of each in all rounds."""
    peer = _fetch() if given.peers else None
    for orders, customers in SIZES:
        store = made(orders, customers)
        seconds: Seconds = {}
        for _ in range(given.rounds):
            _ours(store, seconds)
            _pandas(store, seconds)
            if peer is not None:
                _lifetimes(store, peer, seconds)
        rows = [[name, *(f"{min(part):.3f}" for part in zip(*each, strict=True))] for name, each in seconds.items()]
        tables.show(f"\n{orders:,} orders, {customers:,} customers, {given.rounds} rounds")
        tables.show(tables.table(["best of the rounds, seconds", "clock", "processor"], rows))
        _compare(seconds)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        tables.show(f"peak memory of this process: {peak:,.0f} MB")
    if peer is None:
        tables.show("lifetimes was left out, or could not be installed beside: pip install lifetimes==0.11.3")


def made(orders: int, customers: int) -> PurchaseHistory:
    """Orders over three years: customers join and leave, some have hundreds; sorted as the store's table gives them."""
    rng = np.random.default_rng(7)
    often = rng.gamma(0.8, 1, customers)
    customer = np.sort(rng.choice(customers, orders, p=often / often.sum()).astype(np.int64))
    joined = rng.uniform(0, 0.9 * END, customers)
    leaving = np.maximum(rng.gamma(1.0, 1.0, customers), 1e-3)
    stayed = np.minimum(rng.exponential(150 * DAY, customers) / leaving, END - joined)
    when = (joined[customer] + stayed[customer] * rng.random(orders)).astype(np.int64)
    at = np.sort((customer << 32) | when) & (2**32 - 1)
    ids = tuple(f"{number:07d}" for number in range(customers))
    return PurchaseHistory(
        customer_ids=ids, customer=customer, at=at, day=at // DAY, value=rng.integers(500, 9_000, orders)
    )


def _timed(name: str, seconds: Seconds, work: Callable[[], T]) -> T:
    clock, own = time.perf_counter(), time.process_time()
    result = work()
    seconds.setdefault(name, []).append((time.perf_counter() - clock, time.process_time() - own))
    return result


def _ours(store: PurchaseHistory, seconds: Seconds) -> None:
    v = _timed("ours: boil down (visits, gaps, medians)", seconds, lambda: boil_down(store, END))

    def score() -> None:
        for values in (v.last_day, v.order_count, v.spend_total):
            rfm.score(values, rfm.cuts(values))

    _timed("ours: RFM", seconds, score)
    gap_model = _timed("ours: gap model", seconds, lambda: gapfit.fit(boil_down(thin(store, model.MOST), END)))
    assert gap_model is not None

    def rhythm() -> None:
        own = gaps.rhythm(gap_model, v)
        for share in (0.5, 0.8, 0.95):
            gaps.days(gap_model, own, share)

    _timed("ours: rhythm of everyone", seconds, rhythm)
    base = _timed(
        "ours: MBG/NBD fit (on at most 50,000 customers)",
        seconds,
        lambda: mbg.fit(v.gap_count, v.last, v.age, usual_gap=30.0),
    )
    _timed("ours: MBG/NBD score", seconds, lambda: mbg.p_buy(base, v.gap_count, v.last, v.age, 90.0))
    if store.at.size <= SIZES[0][0]:
        end = datetime.fromtimestamp(END, UTC)
        full = _timed("ours: all a night learns, lessons of the past included", seconds, lambda: model.fit(store, end))
        _timed("ours: all signals of everyone by that model", seconds, lambda: measure.measure(store, full, end))


def _pandas(store: PurchaseHistory, seconds: Seconds) -> None:
    orders = pd.DataFrame({"customer": store.customer, "day": store.day, "value": store.value})

    def work() -> None:
        table = orders.groupby("customer").agg(last=("day", "max"), n=("day", "size"), spent=("value", "sum"))
        for column in ("last", "n", "spent"):
            (1 + 5 * (table[column].rank(method="min") - 1) // len(table)).clip(upper=5)
        visits = orders.drop_duplicates(["customer", "day"])
        steps = visits.groupby("customer")["day"].diff().dropna()
        steps.groupby(visits.loc[steps.index, "customer"]).median()

    _timed("pandas: RFM and median gaps", seconds, work)


def _lifetimes(store: PurchaseHistory, installed: Path, seconds: Seconds) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.npz"
        np.savez(path, customer=store.customer, day=store.day, value=store.value, today=np.int64(END // DAY))
        environment = {**os.environ, "PYTHONPATH": str(installed)}
        done = subprocess.run(
            [sys.executable, str(PEER), str(path)], env=environment, capture_output=True, text=True, check=True
        )
    for name, (clock, own) in json.loads(done.stdout).items():
        seconds.setdefault(f"lifetimes: {name}", []).append((clock, own))


def _compare(seconds: Seconds) -> None:
    """Ratios inside this run."""
    spent = {name: [own for _, own in each] for name, each in seconds.items()}
    parts = [each for name, each in spent.items() if name.startswith("ours") and "all " not in name]
    tables.show(
        f"ours, RFM + rhythm + MBG/NBD fit and score: {sum(min(each) for each in parts):.2f} s of the processor"
    )
    rivals = {
        "pandas against our RFM and gaps": ("pandas: RFM and median gaps", parts[:2]),
        "lifetimes' MBG/NBD fit against ours": ("lifetimes: MBG/NBD fit", parts[4:5]),
        "lifetimes' summary + fit + score against ours": ("lifetimes: summary", [parts[0], *parts[4:6]]),
    }
    for name, (theirs, ours) in rivals.items():
        if theirs in spent:
            above = spent[theirs]
            if theirs.endswith("summary"):
                also = (spent["lifetimes: MBG/NBD fit"], spent["lifetimes: MBG/NBD score"])
                above = [sum(each) for each in zip(above, *also, strict=True)]
            below = [sum(each) for each in zip(*ours, strict=True)]
            tables.show(f"{name}: {tables.ratio(above, below)} times")


def _fetch() -> Path | None:
    """Lifetimes in a folder outside of the repository; None where it cannot be had."""
    folder = cache() / LIFETIMES[0]
    if not folder.exists():
        part = cache() / f"{LIFETIMES[0]}.part"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(part), *LIFETIMES]
        if subprocess.run(command, capture_output=True, check=False, timeout=FETCH_SECONDS).returncode:
            return None
        part.rename(folder)
    return folder

"""Fits that are in print come out of our code to three decimals."""

import numpy as np
import pytest

from plugin.signals import bgnbd, mbg, spend
from tests.signals.stores import rows

Columns = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
END = np.datetime64("1997-09-30")


@pytest.fixture(scope="module")
def calibration() -> Columns:
    """CDNOW's 1/10 sample up to week 39: repeats, weeks to the last, weeks in all, mean spend of the repeats."""
    spent: dict[str, dict[np.datetime64, float]] = {}
    for row in rows("cdnow_sample.csv.gz"):
        when = np.datetime64(row["date"])
        if when <= END:
            days = spent.setdefault(row["customer_id"], {})
            days[when] = days.get(when, 0.0) + float(row["value"])
    table = []
    for days in spent.values():
        first, *repeats = sorted(days)
        last = repeats[-1] if repeats else first
        mean = sum(days[when] for when in repeats) / len(repeats) if repeats else 0.0
        table.append((len(repeats), (last - first).astype(int) / 7, (END - first).astype(int) / 7, mean))
    x, last, tenure, mean = (np.array(column) for column in zip(*table, strict=True))
    return x.astype(np.int64), last, tenure, mean


def test_bg_nbd_on_cdnow(calibration: Columns) -> None:
    """BG/NBD: r .243, alpha 4.414, a .793, b 2.426, log-likelihood -9582.43 (Fader, Hardie & Lee 2005)."""
    x, last, tenure, _ = calibration
    fitted = bgnbd.fit(x, last, tenure)
    assert (fitted.r, fitted.alpha, fitted.a, fitted.b) == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=6e-4)
    assert bgnbd.log_likelihood(fitted, x, last, tenure) == pytest.approx(-9582.43, abs=0.01)


def test_bg_nbd_holdout(calibration: Columns) -> None:
    """The 39 weeks after: correlation .626 between expected and actual repeats, total under by 4 % at week 78."""
    x, last, tenure, _ = calibration
    fitted = bgnbd.fit(x, last, tenure)
    later: dict[str, set[str]] = {}
    for row in rows("cdnow_sample.csv.gz"):
        later.setdefault(row["customer_id"], set())
        if np.datetime64(row["date"]) > END:
            later[row["customer_id"]].add(row["date"])
    actual = np.array([len(days) for days in later.values()])
    expected = bgnbd.expected_visits(fitted, x, last, tenure, 39.0)
    assert np.corrcoef(expected, actual)[0, 1] == pytest.approx(0.626, abs=6e-4)


def test_hit_rates(calibration: Columns) -> None:
    """Who is still active: MBG/NBD is right for 77.5 %, BG/NBD's P(alive) for 34 %, which is why nobody is shown it."""
    x, last, tenure, _ = calibration
    later = {row["customer_id"] for row in rows("cdnow_sample.csv.gz") if np.datetime64(row["date"]) > END}
    everyone = dict.fromkeys(row["customer_id"] for row in rows("cdnow_sample.csv.gz"))
    active = np.array([customer_id in later for customer_id in everyone])
    by_mbg = mbg.p_alive(mbg.fit(x, last, tenure), x, last, tenure) > 0.5
    by_bg = bgnbd.p_alive(bgnbd.fit(x, last, tenure), x, last, tenure) > 0.5
    assert np.mean(by_mbg == active) == pytest.approx(0.775, abs=1e-3)
    assert np.mean(by_bg == active) == pytest.approx(0.339, abs=1e-3)


def test_mbg_on_cdnow(calibration: Columns) -> None:
    """MBG/NBD: r .525, alpha 6.183, a .891, b 1.614 (lifetimes' published test values), log-likelihood -9582.13."""
    x, last, tenure, _ = calibration
    fitted = mbg.fit(x, last, tenure)
    found = (fitted.r, fitted.alpha, fitted.a, fitted.b)
    assert found == pytest.approx((0.525, 6.183, 0.891, 1.614), abs=6e-4)
    assert mbg.log_likelihood(fitted, x, last, tenure) == pytest.approx(-9582.13, abs=0.01)


def test_gamma_gamma_on_cdnow(calibration: Columns) -> None:
    """Gamma-Gamma on 946 repeaters: p 6.25, q 3.74, v 15.44, log-likelihood -4055.92 (Fader & Hardie 2013)."""
    x, _, _, mean = calibration
    back = (x > 0) & (mean > 0)
    assert np.count_nonzero(back) == 946
    fitted = spend.fit(x[back], mean[back], leaning=False)
    assert (fitted.p, fitted.q, fitted.v) == pytest.approx((6.250, 3.744, 15.447), abs=5e-3)
    assert spend.log_likelihood(fitted, x[back], mean[back]) == pytest.approx(-4055.92, abs=0.01)

"""Made-up stores that predictions are tried on beside the public ones: kinds of business that those are not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np

from plugin.signals import history
from plugin.signals.days import DAY
from plugin.signals.history import MICROS, PurchaseHistory

START = int(datetime(2022, 1, 1, 12, tzinfo=UTC).timestamp())
CUSTOMERS, DAYS = 2_500, 800
KINDS = ("seasonal", "subscription-like", "mixed", "growing", "mostly once")
#: of the year on which the season peaks
PEAK, HIGHEST = 340, 2.6


def made(kind: str, seed: int) -> PurchaseHistory:
    """A store of one of ``KINDS``; another seed is another store of that kind."""
    rng = np.random.default_rng(seed)
    ids: list[str] = []
    at: list[int] = []
    net: list[int] = []
    for number in range(CUSTOMERS):
        day = DAYS * np.sqrt(rng.uniform()) if kind == "growing" else rng.uniform(0, DAYS)
        often = kind == "subscription-like" or (kind == "mixed" and rng.random() < 0.35)
        leave = rng.beta(3, 1.5) if kind == "mostly once" else rng.beta(1.0, 9.0 if often else 4.0)
        step = _often(rng) if often else _by_mood(rng, seasonal=kind in {"seasonal", "mixed"})
        worth = float(np.exp(8 + 0.6 * rng.normal()))
        while day < DAYS:
            ids.append(f"c{number:05d}")
            at.append(START + int(day * DAY))
            net.append(max(1, int(worth * np.exp(0.4 * rng.normal()))))
            if rng.random() < leave:
                break
            day = step(day)
    micros = [moment * MICROS for moment in at]
    return history.build(customer_ids=ids, at_micros=micros, net_minor=net, timezone="UTC")


def _often(rng: np.random.Generator) -> Callable[[float], float]:
    """Every two, four or eight weeks to the day or two, now and then one time left out."""
    period = int(rng.choice([14, 30, 30, 60]))
    return lambda day: day + period + int(rng.integers(-1, 3)) + (period if rng.random() < 0.06 else 0)


def _by_mood(rng: np.random.Generator, *, seasonal: bool) -> Callable[[float], float]:
    """Lognormal gaps; in a seasonal store put off until the time of the year is right."""
    mean = np.log(35) + 0.6 * rng.normal()

    def step(day: float) -> float:
        gap = float(np.exp(mean + 0.7 * rng.normal()))
        day += gap
        while seasonal and day < DAYS and rng.random() > _season(day) / HIGHEST:
            day += gap * rng.uniform(0.2, 0.6)
        return day

    return step


def _season(day: float) -> float:
    of_year = day % 365
    return (
        1
        + 1.5 * float(np.exp(-(((of_year - PEAK) / 18) ** 2)))
        + 0.25 * float(np.cos(2 * np.pi * (of_year - PEAK) / 365))
    )

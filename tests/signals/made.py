"""Made-up stores whose truth is known."""

from datetime import UTC, datetime

import numpy as np

from plugin.signals import history
from plugin.signals.days import DAY
from plugin.signals.history import PurchaseHistory

START = int(datetime(2022, 1, 1, 12, tzinfo=UTC).timestamp())


def lognormal_store(
    *,
    seed: int,
    customers: int,
    days: int,
    usual: float = 25.0,
    own: float = 0.5,
    chance: float = 0.6,
    leave: float = 0.1,
) -> PurchaseHistory:
    """Customers who join over the whole time, come at lognormal gaps and leave after a visit with chance ``leave``."""
    rng = np.random.default_rng(seed)
    ids: list[str] = []
    at: list[int] = []
    for number in range(customers):
        day, mean = rng.uniform(0, days), np.log(usual) + own * rng.normal()
        while day < days:
            ids.append(f"c{number:05d}")
            at.append(START + int(day * DAY))
            if rng.random() < leave:
                break
            day += float(np.exp(mean + chance * rng.normal()))
    return built(ids, at, rng.integers(500, 9_000, len(ids)))


def gamma_store(*, seed: int, customers: int, days: int, k: float, leave: float = 0.1) -> PurchaseHistory:
    """The same with gamma gaps of shape ``k``, a gap of thirty days on average; all join within a month."""
    rng = np.random.default_rng(seed)
    ids: list[str] = []
    at: list[int] = []
    for number in range(customers):
        day, rate = rng.uniform(0, 30), rng.gamma(3.0, k / 90)
        while day < days:
            ids.append(f"c{number:05d}")
            at.append(START + int(day * DAY))
            if rng.random() < leave:
                break
            day += float(rng.gamma(k) / rate)
    return built(ids, at, rng.integers(500, 9_000, len(ids)))


def built(ids: list[str], at: list[int], net: np.ndarray) -> PurchaseHistory:
    return history.build(
        customer_ids=ids, at_micros=[moment * 1_000_000 for moment in at], net_minor=net.tolist(), timezone="UTC"
    )


def after(days: float) -> datetime:
    """So many days after the store opened."""
    return datetime.fromtimestamp(START + days * DAY, UTC)

"""Where scores and groups are cut in one store, set anew every night.

Scores are fifths by definition, whatever the store's size. Fifths of few buyers are noise, so that below ``FEWEST`` buyers
groups are drawn by fixed cuts instead: silence against the store's usual gaps, the number of orders, and spend in average
orders. From then on by the scores.
"""

from __future__ import annotations

from plugin.signals import quantiles, rfm
from plugin.signals.gaps import GapModel
from plugin.signals.rfm import RfmCuts
from plugin.signals.visits import Visits

#: buyers
FEWEST = 100
#: shares of gaps that end within the cuts of silence, and the cuts in days of a store without a gap
SHARES, TYPICAL = (0.5, 0.8, 0.9, 0.95), (60, 120, 180, 365)
#: orders beyond which frequency, and average orders beyond which spend, scores more
ORDERS = (1, 2, 3, 5)


def of_scores(visits: Visits) -> RfmCuts:
    """The fifths of the store's customers."""
    return RfmCuts(
        recency=rfm.cuts(visits.last_day), frequency=rfm.cuts(visits.order_count), monetary=rfm.cuts(visits.spend_total)
    )


def of_groups(visits: Visits, model: GapModel | None) -> RfmCuts:
    """The same, or fixed cuts while there are few buyers."""
    if not are_fixed(visits.customer.size):
        return of_scores(visits)
    days = TYPICAL if model is None else tuple(_within(model, share) for share in SHARES)
    average = int(visits.spend_total.sum()) / max(int(visits.order_count.sum()), 1)
    return RfmCuts(
        recency=tuple(visits.today - day - 1 for day in reversed(days)), frequency=ORDERS,
        monetary=tuple(round(average * orders) for orders in ORDERS),
    )  # fmt: skip


def are_fixed(buyers: int) -> bool:
    """Whether groups are drawn by fixed cuts."""
    return buyers < FEWEST


def _within(model: GapModel, share: float) -> int:
    """Days within which the share of gaps ends, the mean over first, second and later ones."""
    of_each = quantiles.by_order_number(model, share)
    return max(1, round(sum(of_each) / len(of_each)))

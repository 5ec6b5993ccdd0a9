"""All numbers that belong to a store and not to a customer, learnt from its history as of one instant.

The night fits them; in between, single customers are measured with them. They travel as plain JSON.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np

from plugin.signals import gaps, mbg, rfm, spend
from plugin.signals.days import to_seconds
from plugin.signals.gaps import GapModel
from plugin.signals.history import PurchaseHistory
from plugin.signals.mbg import Mbg
from plugin.signals.rfm import RfmCuts
from plugin.signals.spend import GammaGamma
from plugin.signals.visits import Visits, boil_down

#: of the JSON form
VERSION = 1
#: days, for a store without a single gap
TYPICAL_GAP = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreModel:
    """What measuring a customer needs to know about the store."""

    #: seconds since 1970-01-01 UTC
    as_of: int
    #: customers with at least one valid order
    buyers: int
    cuts: RfmCuts
    #: None while nobody has come back
    gaps: GapModel | None
    #: None without customers
    chance: Mbg | None
    #: None while fewer than ``spend.FEWEST`` customers have come back
    spend: GammaGamma | None

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, lists and None, with the version of the form."""
        return {
            "version": VERSION, "as_of": self.as_of, "buyers": self.buyers,
            "cuts": {measure: list(cuts) for measure, cuts in asdict(self.cuts).items()},
            "gaps": self.gaps and self.gaps.to_json(),
            "chance": self.chance and asdict(self.chance),
            "spend": self.spend and asdict(self.spend),
        }  # fmt: skip

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> StoreModel:
        """The model that gave these numbers; ValueError for a form of another version."""
        if plain.get("version") != VERSION:
            raise ValueError(f"store model of version {plain.get('version')}, this program reads {VERSION}: recompute")
        return cls(
            as_of=plain["as_of"], buyers=plain["buyers"],
            cuts=RfmCuts(**{measure: tuple(cuts) for measure, cuts in plain["cuts"].items()}),
            gaps=GapModel.from_json(plain["gaps"]) if plain["gaps"] else None,
            chance=Mbg(**plain["chance"]) if plain["chance"] else None,
            spend=GammaGamma(**plain["spend"]) if plain["spend"] else None,
        )  # fmt: skip


def fit(history: PurchaseHistory, as_of: datetime) -> StoreModel:
    """Learns a store's numbers from what had happened by ``as_of`` (aware, inclusive).

    Raises ValueError for a naive datetime.
    """
    visits = boil_down(history, to_seconds(as_of))
    gap_model = gaps.fit(visits)
    return StoreModel(
        as_of=visits.as_of, buyers=visits.customer.size,
        cuts=RfmCuts(
            recency=rfm.cuts(visits.last_day), frequency=rfm.cuts(visits.order_count),
            monetary=rfm.cuts(visits.spend_total),
        ),
        gaps=gap_model, chance=_chance(visits, gap_model), spend=_spend(visits),
    )  # fmt: skip


def _chance(visits: Visits, gap_model: GapModel | None) -> Mbg | None:
    if visits.customer.size == 0:
        return None
    usual = TYPICAL_GAP if gap_model is None else float(np.exp(gap_model.means[0]))
    last = (visits.last_day - visits.first_day).astype(np.float64)
    return mbg.fit(visits.gap_count, last, visits.tenure.astype(np.float64), usual_gap=usual)


def _spend(visits: Visits) -> GammaGamma | None:
    back = visits.gap_count >= 1
    if np.count_nonzero(back) < spend.FEWEST:
        return None
    count = visits.gap_count[back] + 1
    return spend.fit(count, visits.spend_total[back] / count)

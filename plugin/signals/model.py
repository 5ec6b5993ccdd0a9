"""All numbers that belong to a store and not to a customer, learnt from its history as of one instant.

The night fits them; in between, single customers are measured with them. They travel as plain JSON.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from plugin.signals import cuts, gapfit, mbg, regular, spend
from plugin.signals.chance import Mixture, Models
from plugin.signals.days import DAY, to_seconds
from plugin.signals.gaps import GapModel
from plugin.signals.history import PurchaseHistory, seen, thin
from plugin.signals.learn import Lessons, learn, nothing
from plugin.signals.mbg import Mbg
from plugin.signals.regular import Regular
from plugin.signals.rfm import RfmCuts
from plugin.signals.spend import GammaGamma
from plugin.signals.trees import Trees
from plugin.signals.visits import Visits, boil_down

#: of the JSON form
VERSION = 9
#: days, for a store without a single gap
TYPICAL_GAP = 60.0
#: customers that gaps and mixtures are learnt from; more change nothing that matters
MOST = 25_000
#: below this regularity chance explains the gaps as well
REGULAR = 1.2
#: days that fits, and that lessons, stay good for
KEEP_FITS, KEEP_LESSONS = 7, 56
#: ... unless the store has so many times the customers now, as after an import
GROWN = 1.2
#: plain values among the lessons
LEARNT = ("regular_share", "lost_below", "why")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreModel:
    """What measuring a customer needs to know about the store."""

    #: seconds since 1970-01-01 UTC
    as_of: int
    #: when ``gaps``, ``base`` and ``spend`` were fitted
    fitted_at: int
    #: when ``regular`` and all below ``spend`` were learnt
    learnt_at: int
    #: customers with at least one valid order, now and at those two times
    buyers: int
    fitted_buyers: int
    learnt_buyers: int
    cuts: RfmCuts
    #: the same from ``cuts.FEWEST`` buyers on
    group_cuts: RfmCuts
    #: None while nobody has come back
    gaps: GapModel | None
    #: None without customers
    base: Mbg | None
    #: None where gaps are no more regular than chance
    regular: Regular | None
    #: None while fewer than ``spend.FEWEST`` customers have come back
    spend: GammaGamma | None
    #: by days ahead; empty where the models of visits stand alone
    mixtures: tuple[Mixture, ...]
    trees: Trees | None
    regular_share: float
    season: tuple[float, ...]
    #: lost: MBG/NBD's chance within 180 days is below this, and one in ten of such customers comes back
    lost_below: float
    #: what the mixtures' trial said, and of what, see ``learn.Lessons``
    why: str
    tried: tuple[tuple[str, float], ...]

    @property
    def models(self) -> Models | None:
        """The models of visits; None without customers."""
        if self.base is None:
            return None
        return Models(
            gaps=self.gaps, base=self.base, regular=self.regular, regular_share=self.regular_share, season=self.season
        )

    @property
    def in_use(self) -> str:
        """What chances rest on: mixture | mbg | regular (MBG/CNBD-k, or both models of visits) | none."""
        if self.mixtures:
            return "mixture"
        return "none" if self.base is None else "regular" if self.regular and self.regular_share else "mbg"

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, lists and None, with the version of the form."""
        plain = {"version": VERSION} | {
            name: getattr(self, name)
            for name in ("as_of", "fitted_at", "learnt_at", "buyers", "fitted_buyers", "learnt_buyers", *LEARNT)
        }
        parts = {name: getattr(self, name) for name in ("base", "regular", "spend")}
        return plain | {name: part and asdict(part) for name, part in parts.items()} | {
            "cuts": self.cuts.to_json(), "group_cuts": self.group_cuts.to_json(),
            "gaps": self.gaps and self.gaps.to_json(),
            "mixtures": [mixture.to_json() for mixture in self.mixtures],
            "trees": self.trees and self.trees.to_json(), "season": list(self.season), "tried": [list(one) for one in self.tried],
        }  # fmt: skip

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> StoreModel:
        """The model that gave these numbers; ValueError for a form of another version."""
        if plain.get("version") != VERSION:
            raise ValueError(f"store model of version {plain.get('version')}, this program reads {VERSION}: recompute")
        return cls(
            as_of=plain["as_of"], fitted_at=plain["fitted_at"], learnt_at=plain["learnt_at"], buyers=plain["buyers"], fitted_buyers=plain["fitted_buyers"], learnt_buyers=plain["learnt_buyers"],
            cuts=RfmCuts.from_json(plain["cuts"]), group_cuts=RfmCuts.from_json(plain["group_cuts"]),
            gaps=GapModel.from_json(plain["gaps"]) if plain["gaps"] else None,
            base=Mbg(**plain["base"]) if plain["base"] else None,
            regular=Regular(**plain["regular"]) if plain["regular"] else None,
            spend=GammaGamma(**plain["spend"]) if plain["spend"] else None,
            mixtures=tuple(Mixture.from_json(mixture) for mixture in plain["mixtures"]),
            season=tuple(plain["season"]), trees=Trees.from_json(plain["trees"]) if plain["trees"] else None,
            tried=tuple((name, error) for name, error in plain["tried"]), **{name: plain[name] for name in LEARNT},
        )  # fmt: skip


def fit(history: PurchaseHistory, as_of: datetime, *, earlier: StoreModel | None = None) -> StoreModel:
    """Learns a store's numbers from what had happened by ``as_of`` (aware, inclusive).

    The cuts are always new. From an ``earlier`` model of the same store fits are taken over for a week and lessons for
    eight, since they take longest and change least. Raises ValueError for a naive datetime.
    """
    past = seen(history, to_seconds(as_of))
    visits = boil_down(past, to_seconds(as_of))
    if earlier is not None and _fits_hold(earlier, visits):
        return replace(
            earlier, as_of=visits.as_of, buyers=visits.customer.size,
            cuts=cuts.of_scores(visits), group_cuts=cuts.of_groups(visits, earlier.gaps),
        )  # fmt: skip
    few = thin(past, MOST)
    some = visits if few is past else boil_down(few, visits.as_of)
    gap_model, base = gapfit.fit(some), None
    if visits.customer.size:
        usual = TYPICAL_GAP if gap_model is None else float(np.exp(gap_model.means[0]))
        base = mbg.fit(visits.gap_count, visits.last, visits.age, usual_gap=usual)
    if earlier is not None and _lessons_hold(earlier, visits):
        learnt_at, learnt_buyers, shape = earlier.learnt_at, earlier.learnt_buyers, earlier.regular
        lessons = Lessons(
            mixtures=earlier.mixtures, trees=earlier.trees, regular_share=earlier.regular_share, season=earlier.season,
            lost_below=earlier.lost_below, why=earlier.why, tried=earlier.tried,
        )  # fmt: skip
    else:
        learnt_at, learnt_buyers = visits.as_of, visits.customer.size
        shape = _regular(some, gap_model, base)
        lessons = _lessons(few, some, gap_model, base, shape)
    return StoreModel(
        as_of=visits.as_of, fitted_at=visits.as_of, learnt_at=learnt_at, buyers=visits.customer.size,
        fitted_buyers=visits.customer.size, learnt_buyers=learnt_buyers,
        cuts=cuts.of_scores(visits), group_cuts=cuts.of_groups(visits, gap_model),
        gaps=gap_model, base=base, regular=shape, spend=_spend(visits),
        mixtures=lessons.mixtures, trees=lessons.trees, regular_share=lessons.regular_share, season=lessons.season,
        lost_below=lessons.lost_below, why=lessons.why, tried=lessons.tried,
    )  # fmt: skip


def _fits_hold(earlier: StoreModel, visits: Visits) -> bool:
    young = 0 <= visits.as_of - earlier.fitted_at < KEEP_FITS * DAY
    return young and earlier.gaps is not None and visits.customer.size <= GROWN * earlier.fitted_buyers


def _lessons_hold(earlier: StoreModel, visits: Visits) -> bool:
    young = 0 <= visits.as_of - earlier.learnt_at < KEEP_LESSONS * DAY
    return young and visits.customer.size <= GROWN * earlier.learnt_buyers


def _regular(visits: Visits, gap_model: GapModel | None, base: Mbg | None) -> Regular | None:
    if gap_model is None or base is None or gap_model.gaps < 30:
        return None
    fitted = regular.fit(
        visits.gap_count, visits.last, visits.age, visits.log_gaps, near=base, within=gap_model.within[-1]
    )
    return fitted if fitted.k >= REGULAR else None


def _lessons(
    history: PurchaseHistory, visits: Visits, gap_model: GapModel | None, base: Mbg | None, shape: Regular | None
) -> Lessons:
    if base is None:
        return nothing("few_customers", None)
    return learn(history, visits, Models(gaps=gap_model, base=base, regular=shape, regular_share=0.0))


def _spend(visits: Visits) -> GammaGamma | None:
    back = visits.gap_count >= 1
    if np.count_nonzero(back) < spend.FEWEST:
        return None
    count = visits.gap_count[back] + 1
    return spend.fit(count, visits.spend_total[back] / count)

"""What the offers added: customers who could have them, followed for a fixed time, against those held out by lot.

A customer counts from the first decision that found them eligible, to issue or to hold out, in the arm of that decision
and whatever happened afterwards (intention to treat), over all their orders with or without a code. Who has not been
followed to the end of the time yet does not count yet. The night keeps the result; pages read it in one row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection

from plugin.signals import effect, sequence
from plugin.signals.arrays import Bools, Floats, Ints
from plugin.signals.days import to_seconds
from plugin.signals.follow import Followed, follow
from plugin.signals.history import PurchaseHistory
from storage import figures, programs, reports
from storage.reports import Eligible, Use
from storage.shops import Shop

NAME = "effect"
#: of the document; another one waits for the next night
VERSION = 1
ALL = "all"
WINDOW_DAYS = 60
#: who becomes eligible in so many days from the first belongs to the plan, whose end is when they all were followed
PLAN_DAYS = 90
#: an effect that is worth finding, as a share of what the control group does, while none can be seen
WORTH_FINDING = 0.2
#: what a store's control group does, before there is one to look at: one in five returns
PRESUMED_RATE = 0.2
#: standard deviations that the size of the control group may be off
ODD = 3.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One measure per eligible customer: a share for ``return_rate``, minor units for ``revenue`` and ``contribution``."""

    treated: float
    held_out: float
    #: treated less held out, adjusted for what was known before; None while nothing can be said
    effect: float | None
    low: float | None
    high: float | None
    #: the interval leaves "no effect" out
    shows: bool
    #: customers that are still to be followed until it can show; None where it shows, or nobody is held out
    more: int | None
    #: share of the variance that what was known before took away
    explained: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What offers of a kind, or of all kinds, added. Only customers followed to the end are in ``treated``, ``held_out``."""

    treated: int
    held_out: int
    #: eligible, not yet followed to the end
    waiting: int
    #: whether the planned end is past, and its one reading counts
    ended: bool
    #: whether the control group is about as large as its share says
    balanced: bool
    outcomes: Mapping[str, Outcome]
    #: effect on revenue times treated customers, minor units, with its interval; None while it cannot be said
    extra: tuple[int, int, int] | None
    #: what the discounts used took off, minor units
    cost: int
    #: net value of all orders that used a code: what is claimed where the last touch gets the credit; not causal
    claimed: int
    claimed_orders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """The one number of the overview. Money in minor units."""

    as_of: datetime
    #: what all offers added to revenue, and between what and what; only where ``shows``
    amount: int | None
    low: int | None
    high: int | None
    shows: bool
    #: about so many more customers until it can show; None where it shows, or nobody is held out
    more: int | None
    #: what a last-touch attribution would claim; not causal
    claimed: int


def extra(db: Connection, shop_id: int) -> Extra | None:
    """What the last night found of all offers together; None before the first. Reads one row."""
    kept = figures.get(db, shop_id, NAME)
    if kept is None or kept.body.get("version") != VERSION or ALL not in kept.body["kinds"]:
        return None
    told = kept.body["kinds"][ALL]
    revenue = told["outcomes"]["revenue"]
    amount, low, high = told["extra"] or (None, None, None)
    return Extra(
        as_of=kept.as_of, amount=amount, low=low, high=high, shows=revenue["shows"], more=revenue["more"],
        claimed=told["claimed"],
    )  # fmt: skip


def keep(db: Connection, shop: Shop, found: Mapping[str, Effect], *, as_of: datetime) -> None:
    """Keeps the effects by kind for the pages."""
    body = {"version": VERSION, "window_days": WINDOW_DAYS, "kinds": {kind: asdict(one) for kind, one in found.items()}}
    figures.keep(db, shop.shop_id, NAME, body, as_of)


def measure(
    db: Connection,
    shop: Shop,
    history: PurchaseHistory,
    *,
    as_of: datetime,
    begun: tuple[datetime, datetime] | None = None,
    margin_percent: int | None = None,
) -> dict[str, Effect]:
    """The effect by kind, and of all kinds together under ``all``; empty where nobody was ever eligible.

    ``history`` holds the valid orders up to ``as_of``. With ``begun`` only customers who became eligible in
    (first, second] count, and the plan is to follow them all. Contribution is told where a margin is known (None: that
    of the rules in force): the margin of what the goods would have cost without our discount, less the discount.
    """
    margin_percent = _margin(db, shop.shop_id) if margin_percent is None else margin_percent
    offered = reports.eligible(db, shop.shop_id, as_of)
    used = reports.uses(db, shop.shop_id, as_of)
    shares = _Shares(db, shop.shop_id)
    asked = _Asked(history, shares, used, as_of=as_of, begun=begun, margin_percent=margin_percent)
    kinds = sorted({one.kind for one in offered})
    found = {ALL: asked.of(offered, lambda _: True)} if kinds else {}
    return found | {kind: asked.of(offered, lambda have, kind=kind: have == kind) for kind in kinds}  # type: ignore[misc]


def _margin(db: Connection, shop_id: int) -> int | None:
    current = programs.current(db, shop_id)
    return (current.body["limits"].get("margin_percent") or None) if current else None


class _Shares:
    """The share of customers held out under each version of the rules, and which versions dealt alike."""

    def __init__(self, db: Connection, shop_id: int) -> None:
        dealt = {one.version: (one.body["key"], one.body["holdout_percent"]) for one in programs.history(db, shop_id)}
        alike = {lot: number for number, lot in enumerate(dict.fromkeys(dealt.values()))}
        self.stratum = {version: alike[lot] for version, lot in dealt.items()}
        self.share = np.array([percent / 100 for _, percent in alike] or [0.0])


class _Asked:
    """One question to one store's books, put to one kind of offers after the other."""

    def __init__(
        self,
        history: PurchaseHistory,
        shares: _Shares,
        used: Sequence[Use],
        *,
        as_of: datetime,
        begun: tuple[datetime, datetime] | None,
        margin_percent: int | None,
    ) -> None:
        self.history, self.shares, self.used = history, shares, used
        self.as_of, self.begun, self.margin_percent = as_of, begun, margin_percent

    def of(self, offered: Iterable[Eligible], wanted: Callable[[str], bool]) -> Effect:
        first: dict[str, Eligible] = {}
        for one in offered:
            if wanted(one.kind):
                first.setdefault(one.customer_id, one)
        counted = [one for one in first.values() if self._in_time(one.created_at)]
        window = timedelta(days=WINDOW_DAYS)
        group = _Group(counted, self.shares, followed_to=to_seconds(self.as_of - window))
        after = follow(self.history, group.ids, group.at, days=WINDOW_DAYS)
        ended, planned = self._plan(counted, group)
        values = self._outcomes(group, after)
        outcomes = {name: _outcome(y, after.before, group, planned if ended else None) for name, y in values.items()}
        uses = [use for use in self.used if wanted(use.kind) and self._in_time(use.ordered_at)]
        claimed = {use.order_id: use.net_minor for use in uses}
        treated = int(np.count_nonzero(group.complete & group.treated))
        return Effect(
            treated=treated, held_out=int(np.count_nonzero(group.complete & ~group.treated)),
            waiting=int(np.count_nonzero(~group.complete)), ended=ended, balanced=group.balanced(),
            outcomes=outcomes, extra=_extra(outcomes["revenue"], treated),
            cost=sum(use.discount_minor for use in uses), claimed=sum(claimed.values()), claimed_orders=len(claimed),
        )  # fmt: skip

    def _in_time(self, moment: datetime) -> bool:
        return self.begun is None or self.begun[0] < moment <= self.begun[1]

    def _plan(self, counted: Sequence[Eligible], group: _Group) -> tuple[bool, Bools]:
        """Whether the planned end is past, and who belonged to the plan."""
        if not counted:
            return False, np.zeros(0, np.bool_)
        last = self.begun[1] if self.begun else min(one.created_at for one in counted) + timedelta(days=PLAN_DAYS)
        return self.as_of >= last + timedelta(days=WINDOW_DAYS), group.at <= to_seconds(last)

    def _outcomes(self, group: _Group, after: Followed) -> dict[str, Floats]:
        revenue = after.revenue.astype(np.float64)
        found = {"return_rate": (after.orders > 0).astype(np.float64), "revenue": revenue}
        if self.margin_percent is not None:
            discounts = _discounts(group, self.used)
            found["contribution"] = (revenue + discounts) * (self.margin_percent / 100) - discounts
        return found


class _Group:
    """Customers by the first decision that found them eligible, as columns."""

    def __init__(self, counted: Sequence[Eligible], shares: _Shares, *, followed_to: int) -> None:
        self.ids = [one.customer_id for one in counted]
        self.at: Ints = np.array([to_seconds(one.created_at) for one in counted], np.int64)
        self.treated: Bools = np.array([not one.held_out for one in counted], np.bool_)
        self.stratum: Ints = np.array([shares.stratum[one.program_version] for one in counted], np.int64)
        self.complete: Bools = self.at <= followed_to
        self.share: Floats = shares.share[self.stratum]

    def balanced(self) -> bool:
        held_out = int(np.count_nonzero(~self.treated))
        spread = float((self.share * (1 - self.share)).sum())
        return abs(effect.surprise(held_out, float(self.share.sum()), spread)) <= ODD

    def told(self, y: Floats, x: Floats, chosen: Bools) -> effect.Difference:
        sums = effect.sums(y[chosen], x[chosen], treated=self.treated[chosen], stratum=self.stratum[chosen])
        return effect.difference(sums)


def _discounts(group: _Group, used: Sequence[Use]) -> Floats:
    """What our discounts took off each customer's orders within their time."""
    places = {one: place for place, one in enumerate(group.ids)}
    found = np.zeros(len(group.ids))
    for use in used:
        place = places.get(use.customer_id or "")
        if place is not None and 0 < to_seconds(use.ordered_at) - group.at[place] <= WINDOW_DAYS * 86_400:
            found[place] += use.discount_minor
    return found


def _outcome(y: Floats, x: Floats, group: _Group, planned: Bools | None) -> Outcome:
    running = group.told(y, x, group.complete)
    at_the_end = None if planned is None else group.told(y, x, planned)
    told = sequence.read(running, at_the_end)
    known, shows = bool(np.isfinite(told.low)), bool(told.shows)
    return Outcome(
        treated=_plain(running.treated_mean), held_out=_plain(running.held_out_mean),
        effect=float(told.effect) if known else None, low=float(told.low) if known else None,
        high=float(told.high) if known else None, shows=shows,
        more=None if shows else _more(y, group, running), explained=_plain(running.explained),
    )  # fmt: skip


def _more(y: Floats, group: _Group, running: effect.Difference) -> int | None:
    """About how many more customers must be followed until an effect like the one seen, or worth finding, can show."""
    share = float(group.share.mean()) if group.share.size else 0.0
    if not 0 < share < 1:
        return None
    have = int(np.count_nonzero(group.complete))
    error, seen = float(running.error), abs(float(running.effect))
    if error > 0 and np.count_nonzero(y[group.complete]) >= sequence.FEWEST_ACTIVE:
        usual = float(running.held_out_mean)
        size = seen if seen > error else WORTH_FINDING * usual
        total = sequence.needed(float(running.variance), size)
    else:
        variance = PRESUMED_RATE * (1 - PRESUMED_RATE) / (share * (1 - share))
        total = sequence.needed(variance, WORTH_FINDING * PRESUMED_RATE)
    least = round(sequence.FEWEST / min(share, 1 - share))
    return _about(max(total, least) - have)


def _about(number: int) -> int:
    """Two digits are more than is known."""
    digits = max(len(str(max(number, 1))) - 2, 0)
    unit = int(10**digits)
    return max(round(number / unit), 1) * unit


def _extra(revenue: Outcome, treated: int) -> tuple[int, int, int] | None:
    if revenue.effect is None or revenue.low is None or revenue.high is None:
        return None
    return (round(revenue.effect * treated), round(revenue.low * treated), round(revenue.high * treated))


def _plain(value: Any) -> float:
    return float(value) if np.isfinite(value) else 0.0

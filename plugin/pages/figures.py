"""The numbers that the overview speaks of, read in one look at the database, without a word.

What takes long to reckon was kept by the night. The customers of a shop that is not large are counted now, so that the
first orders show at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from plugin.pages import formats
from plugin.rewards.problem import InvalidProgram
from plugin.rewards.program import Program
from plugin.rewards.stored import from_stored
from plugin.usecases import import_progress, keep_notices, polled, purses, put_away, tell_figures
from plugin.usecases.disclose import DATA_REQUEST
from plugin.usecases.import_progress import Progress
from plugin.usecases.polled import Polled
from storage import budgets, connections, disclosure, figures, glance, imports, inbox, offers, programs
from storage.budgets import Budget
from storage.glance import Given, People
from storage.imports import Import
from storage.inbox import Aside
from storage.offers import Offer
from storage.programs import StoredProgram
from storage.shops import Shop

NEWEST = 6
ASIDE_SHOWN = 5
#: author of a program that no merchant has touched
PROPOSAL = "Regulars"
PERIODS = ("30", "90", "365")
WEEK, LONGEST_BY_WEEK = 7, 90
#: orders that are counted one by one before the first night
COUNTED_AT_MOST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One shop at one moment. Money is minor units."""

    now: datetime
    shop: Shop
    program: Program | None
    #: False while the rules in force are the proposal
    chosen: bool
    #: whether win-back is on, or was at some time
    won_back: bool
    #: whether the merchant has put the set-up card away
    put_away: bool
    #: of PERIODS
    period: str
    #: the document of the last night, see ``tell_figures``; empty before the first
    told: Mapping[str, Any]
    #: of an import that is under way
    progress: Progress | None
    #: reading the orders from before the installation: under way, or how it ended
    past: Import | None
    #: up to COUNTED_AT_MOST before the first night
    orders: int
    people: People
    #: (recency, value) from 1 to 5 to customers
    cells: Mapping[tuple[int, int], int]
    #: (kind, state) to offers
    offers: Mapping[tuple[str, str], int]
    #: offers decided in the period, and in the one of the same length before it
    given: Given
    given_before: Given
    #: the begin of each week or month of the period, and the end of the last
    edges: Sequence[datetime]
    #: offers given and redeemed between them
    spans: Sequence[tuple[int, int]]
    month: str
    budget: Budget
    newest: Sequence[Offer]
    aside: Sequence[Aside]
    aside_count: int
    #: customers who ask what is kept about them, and since when the first does
    asking: Sequence[str]
    asking_since: datetime | None
    #: when the oldest delivery that waits came in
    waiting_since: datetime | None
    #: how asking the store what is new stands; None for a platform that tells everything itself
    polled: Polled | None = None
    #: the store takes no more discounts
    is_full: bool = False

    @property
    def days(self) -> int:
        """The length of the period."""
        return int(self.period)

    @property
    def of_period(self) -> Mapping[str, Any]:
        """What the night has told of the period; empty before the first."""
        found: Mapping[str, Any] = self.told.get("periods", {}).get(self.period, {})
        return found

    def in_states(self, *states: str) -> int:
        """Offers of all kinds in these states."""
        return sum(count for (_, state), count in self.offers.items() if state in states)


def gather(db: Any, shop: Shop, *, now: datetime, period: str = PERIODS[-1]) -> Figures:
    """Reads everything."""
    shop_id = shop.shop_id
    stored = programs.current(db, shop_id)
    month = f"{now.astimezone(formats.zone(shop.timezone)):%Y-%m}"
    program = _program(stored.body) if stored else None
    night = told(db, shop_id)
    people = _people(db, shop_id, night, now)
    length = timedelta(days=int(period))
    edges = _edges(now.astimezone(formats.zone(shop.timezone)), int(period))
    return Figures(
        now=now,
        shop=shop,
        program=program,
        chosen=stored is not None and stored.author != PROPOSAL,
        won_back=_won_back(db, shop_id, stored),
        put_away=put_away.is_away(db, shop_id),
        polled=_polled(db, shop_id),
        is_full=keep_notices.is_full(db, shop_id, now=now),
        period=period,
        told=night,
        progress=import_progress.progress(db, shop_id, now=now),
        past=imports.get(db, shop_id),
        asking=[str(asked["customer_id"]) for asked in disclosure.waiting(db, shop_id, DATA_REQUEST)],
        asking_since=disclosure.waiting_since(db, shop_id, DATA_REQUEST),
        orders=int(night["orders"]) if "orders" in night else glance.orders_seen(db, shop_id, COUNTED_AT_MOST),
        people=people,
        cells=_cells(people.scores),
        offers=glance.offers_by_state(db, shop_id),
        given=glance.given(db, shop_id, after=now - length, until=now),
        given_before=glance.given(db, shop_id, after=now - 2 * length, until=now - length),
        edges=edges,
        spans=glance.offers_over_time(db, shop_id, edges),
        month=month,
        budget=_budget(db, shop, program, month, now),
        newest=offers.newest(db, shop_id, NEWEST),
        aside=inbox.aside(db, shop_id, ASIDE_SHOWN),
        aside_count=inbox.count_aside(db, shop_id),
        waiting_since=glance.waiting_since(db, shop_id),
    )


def _budget(db: Any, shop: Shop, program: Program | None, month: str, now: datetime) -> Budget:
    """The money of the month in the currency of the rules."""
    account = month if program is None else purses.month_of(db, shop, now, currency=program.currency)
    return budgets.state(db, shop.shop_id, account)


def gaps(db: Any, shop_id: int) -> Mapping[str, Any]:
    """All days between orders as the night has counted them; empty before the first."""
    found: Mapping[str, Any] = told(db, shop_id).get("gaps", {}).get("all", {})
    return found


def told(db: Any, shop_id: int) -> Mapping[str, Any]:
    """The document of the last night; empty before the first, and while it is in the form of another version."""
    kept = figures.get(db, shop_id, tell_figures.NAME)
    return kept.body if kept is not None and kept.body.get("version") == tell_figures.VERSION else {}


def _people(db: Any, shop_id: int, night: Mapping[str, Any], now: datetime) -> People:
    counted = tell_figures.people(night)
    return glance.people(db, shop_id, now) if counted is None else counted


def _program(body: dict[str, Any]) -> Program | None:
    try:
        return from_stored(body)
    except InvalidProgram:
        return None


def _won_back(db: Any, shop_id: int, stored: StoredProgram | None) -> bool:
    """Asks the newest version first, which mostly is the answer."""
    if stored is None or stored.author == PROPOSAL:
        return False
    newest = _program(stored.body)
    if newest is not None and newest.win_back.enabled:
        return True
    earlier = (_program(version.body) for version in programs.history(db, shop_id))
    return any(program is not None and program.win_back.enabled for program in earlier)


def _cells(scores: Mapping[tuple[int, int, int], int]) -> dict[tuple[int, int], int]:
    """Value is the mean of frequency and money, halves up."""
    cells: dict[tuple[int, int], int] = {}
    for (r, f, m), count in scores.items():
        cell = (r, (f + m + 1) // 2)
        cells[cell] = cells.get(cell, 0) + count
    return cells


def _edges(local: datetime, days: int) -> list[datetime]:
    """Begins of weeks of which the last ends today, or of calendar months; whole days on the shop's clock."""
    today = local.replace(hour=0, minute=0, second=0, microsecond=0)
    found = [today + timedelta(days=1)]
    if days <= LONGEST_BY_WEEK:
        return [found[0] - timedelta(days=WEEK * back) for back in range(-(-days // WEEK), -1, -1)]
    first = today.replace(day=1)
    for _ in range(round(days / 30.4)):
        found.append(first)
        first = (first - timedelta(days=1)).replace(day=1)
    return found[::-1]


def _polled(db: Any, shop_id: int) -> Polled | None:
    way = connections.get(db, shop_id)
    return None if way is None else polled.from_document(way.polled)

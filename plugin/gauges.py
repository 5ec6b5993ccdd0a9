"""How the whole program stands, for Prometheus: asked of the database when someone looks, the same from every process.

Labels are states and currencies: no shop, no person. Money of all shops is added up by currency.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from plugin.runtime import Runtime
from plugin.usecases import compare, redeem
from storage import budgets, gauges
from storage.gauges import Gauges, Money, Rules

#: what was read is told again for so long, as each reading costs the database something and anybody may ask
REMEMBERED_SECONDS = 1.0


class Standing(Collector):
    """The gauges of one database. A database that does not answer raises, as a scrape without figures must fail.

    ``monotonic`` is a clock that only runs forward, in seconds.
    """

    def __init__(self, runtime: Runtime, *, monotonic: Callable[[], float]) -> None:
        self._runtime = runtime
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._read: list[GaugeMetricFamily] = []
        self._until: float | None = None

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Reads the database at most once a second, whoever asks."""
        with self._lock:
            if self._until is None or self._monotonic() >= self._until:
                self._read = list(self._look())
                self._until = self._monotonic() + REMEMBERED_SECONDS
            return self._read

    def _look(self) -> Iterator[GaugeMetricFamily]:
        now = self._runtime.now()
        with self._runtime.database.reading() as db:
            read = gauges.read(db)
            rules = gauges.rules(db)
            # the shops' months are those around ours
            months = {f"{now + timedelta(days=day):%Y-%m}" for day in (-1, 0, 1)}
            money = gauges.money(db, months)
            ways = gauges.ways(db)
            over = gauges.calls(db, begins=redeem.OVER)
            drift = gauges.drift(db, changed=compare.DRIFT, unknown=compare.DISOWN)
        yield from _queues(read, now)
        yield _one("over_redeemed", "Offers whose code a store let through more often than it is good for", over)
        yield _each("breaker_state", "Connected stores: calls go out (closed) or are held back (open)", "state", ways)
        yield _each("reconcile_drift", "Discounts that were found other than they are kept here", "kind", drift)
        yield from _budgets(money, rules, now)


def _queues(read: Gauges, now: datetime) -> Iterator[GaugeMetricFamily]:
    yield _one("inbox_waiting", "Deliveries that are not taken in yet", read.inbox_waiting)
    yield _one("inbox_oldest_age_seconds", "How long the oldest of them has waited", _age(read.inbox_since, now))
    yield _one("outbox_waiting", "Calls to stores that are not made or not settled yet", read.outbox_waiting)
    yield _one("outbox_oldest_age_seconds", "How long the first of them has been due", _age(read.outbox_since, now))
    dead = {"inbox": read.inbox_dead, "outbox": read.outbox_dead}
    yield _each("dead_letters", "Deliveries set aside, calls given up", "queue", dead)
    yield _each("intents", "Offers in the states that they leave again", "state", read.offers)
    doubt = _age(read.in_doubt_since, now)
    yield _one("in_doubt_oldest_age_seconds", "How long an offer's fate in the store has been unknown", doubt)
    forget = _age(read.forget_since, now)
    yield _one("redact_pending_oldest_age_seconds", "How long a request to forget has not been honoured", forget)


def _budgets(money: list[Money], rules: list[Rules], now: datetime) -> Iterator[GaugeMetricFamily]:
    """This month of each shop, in its own time zone."""
    reserved: defaultdict[str, float] = defaultdict(float)
    committed: defaultdict[str, float] = defaultdict(float)
    cap: defaultdict[str, float] = defaultdict(float)
    for one in _present(money, now):
        reserved[one.currency] += one.reserved_minor
        committed[one.currency] += one.booked_minor
    for rule in rules:
        cap[rule.currency] += rule.body.get("limits", {}).get("monthly_budget_minor", 0)
    for name, told, by_currency in (
        ("budget_reserved_minor", "This month's money set aside for offers, minor units", reserved),
        ("budget_committed_minor", "This month's money that offers have cost, minor units", committed),
        ("budget_cap_minor", "This month's money that may be promised, minor units", cap),
    ):
        yield _each(name, told, "currency", by_currency)


def _present(money: list[Money], now: datetime) -> Iterable[Money]:
    """This month of each shop; after a change of its currency the account in the present one, not that from before."""
    found: dict[int, Money] = {}
    for one in money:
        month = f"{now.astimezone(ZoneInfo(one.timezone)):%Y-%m}"
        beside = one.month == budgets.beside(month, one.currency)
        if beside or (one.month == month and one.shop_id not in found):
            found[one.shop_id] = one
    return found.values()


def _one(name: str, told: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"regulars_{name}", told, value=value)


def _each(name: str, told: str, label: str, found: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"regulars_{name}", told, labels=[label])
    for value in sorted(found):
        family.add_metric([value], found[value])
    return family


def _age(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0) if since else 0.0

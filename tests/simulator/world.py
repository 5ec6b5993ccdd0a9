"""The simulated world: the product's own code in phases, with clock, chance and the store given, and who dies when."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from plugin.config import Config
from plugin.manifest import load
from plugin.platforms.protocol import Platform, PlatformError
from plugin.rewards.stored import from_stored
from plugin.runtime import Runtime
from plugin.usecases import change_program, install, measure
from plugin.vault import Vault
from plugin.worker.calls import Call
from storage import erasure, inbox, programs, shops, snapshots
from storage.engine import Database
from storage.inbox import Delivery
from storage.outbox import OutboxRow
from tests.simulator import rules
from tests.simulator.aims import FIRM, Aim
from tests.simulator.parts import LEASE_SECONDS, Job, Parts
from tests.simulator.store import FakeStore
from tests.simulator.town import DOMAIN, SECRET, Letter, Town
from webhooks import intake
from webhooks.shopify import signature

BEGIN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
KEY = "0123456789abcdef" * 4
MANIFEST = load()
#: a trouble with commits → when the commit is lost
LOST = {"commit fails": "before", "commit untold": "after"}
VAULT = Vault([KEY])
CONFIG = Config(database_url="sqlite:///unused.db", secret_keys=(KEY,), environment="simulated")


class CommitLost(Exception):
    """A transaction did not end well for who waited for it: it took effect, or it did not."""


class World:
    """A store, a town, the product on a database, and the workers' hands."""

    def __init__(self, database: Database, seed: int, parts: Parts | None = None) -> None:
        self.rng = random.Random(seed)
        self.time = BEGIN
        #: how far this machine's clock is behind the store's
        self.behind = timedelta(0)
        self.database = database
        self.parts = parts or Parts()
        self.runtime = Runtime(
            config=CONFIG, database=database, vault=VAULT, manifest=MANIFEST, now=self.now, lines=defaultdict(_no_line)
        )  # fmt: skip
        self.store = FakeStore(now=self.stores_now, rng=self.rng)
        self.town = Town(store=self.store, now=self.stores_now, rng=self.rng)
        self.jobs: list[Job] = []
        #: (fault, phase) → how often they met
        self.hits: Counter[tuple[str, str]] = Counter()
        #: "before" or "after" its effect the next commit is lost
        self.commit_fails = ""
        #: what the schedule aims at
        self.aim = Aim()
        #: what was written since somebody looked
        self.written = True
        self.install()
        with database.transaction() as db:
            measure.known_model(db, self.shop, as_of=self.time)
        #: what has been in force, the newest last
        self.versions: list[rules.Program] = []
        self.change(rules.draw(self.rng))

    def now(self) -> datetime:
        return self.time

    def stores_now(self) -> datetime:
        return self.time + self.behind

    def set_clock_back(self, behind: timedelta) -> None:
        """This machine's clock, and no other, is behind by that much."""
        self.time, self.behind = self.stores_now() - behind, behind

    @property
    def program(self) -> rules.Program:
        """The rules in force."""
        return self.versions[-1]

    def in_force(self) -> list[rules.Program]:
        """The rules that hold for somebody: the newest, and before a trial on a share those that held for all."""
        full = [place for place, one in enumerate(self.versions) if one.rollout_percent == 100]
        return self.versions[full[-1] :] if full else self.versions

    def install(self) -> None:
        """The merchant installs the app, or does it again."""
        with self.database.transaction() as db:
            self.shop = install.begin(
                db, platform="shopify", domain=DOMAIN, info=self.store.store_info(), sealed=b"", now=self.time
            )
        self.store.away = False

    def change(self, program: rules.Program) -> None:
        """The merchant's rules change."""
        with self.database.transaction() as db:
            change_program.save(
                db, shop_id=self.shop.shop_id, program=program, author="a merchant", note="", now=self.time,
                base_version=self._version(db),
            )  # fmt: skip
        self._in_force(program)

    def undo(self, *, cancel_codes: bool) -> bool:
        """The merchant takes the last change back, with its unused codes or without; False at the first version."""
        if len(self.versions) < 2:
            return False
        with self.database.transaction() as db:
            change_program.undo(
                db, shop_id=self.shop.shop_id, author="a merchant", now=self.time, base_version=self._version(db),
                cancel_codes=cancel_codes,
            )  # fmt: skip
            current = programs.current(db, self.shop.shop_id)
            assert current is not None
        self._in_force(from_stored(current.body))
        return True

    def post(self, letter: Letter) -> None:
        """The door: proved, kept, answered. Raises CommitLost where the answer is a 503."""
        assert signature.verify(letter.body, letter.signed.decode(), [SECRET])
        delivery = Delivery(
            shop_id=self.shop.shop_id, delivery_id=letter.delivery_id, topic=letter.topic,
            triggered_at=letter.triggered_at, received_at=self.time, body=letter.body,
        )  # fmt: skip
        with self.commit("door") as db:
            self.parts.keep(db, delivery)

    def take_letters(self, limit: int) -> bool:
        """A worker claims deliveries."""
        with self.commit("claim") as db:
            rows = inbox.claim(db, now=self.time, limit=limit, lease_seconds=LEASE_SECONDS)
        if rows:
            self.jobs.append(Job(rows=rows, until=self._lease()))
        return bool(rows)

    def take_calls(self, limit: int) -> bool:
        """A worker claims calls and prepares them, in one transaction."""
        with self.commit("prepare") as db:
            rows = self.parts.claim(db, now=self.time, limit=limit)
            asked = [one for kind in sorted({row.kind for row in rows}) for one in self._prepare(db, kind, rows)]
            self.written |= bool(rows)
        if asked:
            self.jobs.append(Job(calls=asked, until=self._lease()))
        return bool(rows)

    def work(self, job: Job) -> str:
        """The next phase of what a worker has in hand."""
        self._late(job)
        if job.rows:
            return self._absorb(job)
        if job.phase != "conclude":
            return self._ask(job)
        self.written = True
        self.jobs.remove(job)
        with self.commit("conclude") as db:
            told = list(zip(job.calls, job.answers, strict=True))
            for kind in sorted({row.kind for row, _ in job.calls}):
                alike = [(row, prepared, answer) for (row, prepared), answer in told if row.kind == kind]
                self.parts.kinds[kind].conclude(self.runtime, db, alike)
        return f"concludes {len(job.calls)}"

    def tick(self) -> int:
        """What time alone brings about; how much there was."""
        with self.database.reading() as db:
            shop = shops.get(db, self.shop.shop_id)
            due = snapshots.due(db, shop.shop_id, self.time, 50) if shop.state == "active" else []
        if shop.state != "active":
            return 0
        # of two transactions either may be the one that is lost
        later, self.commit_fails = (
            self.rng.choice((("", self.commit_fails), (self.commit_fails, ""))) if due else ("", self.commit_fails)
        )
        with self.commit("close") as db:
            closed = self.parts.close(db, shop.shop_id, now=self.time)
            self.written |= bool(closed)
        if due:
            self.written, self.commit_fails = True, later
            with self.commit("decide") as db:
                self.parts.decide(db, shop, due, now=self.time, runtime=self.runtime)
        return closed + len(due)

    def leave(self) -> None:
        """Makes room for the next world on this database."""
        with self.database.transaction() as db:
            erasure.erase_shop(db, self.shop.shop_id)

    def strikes(self, fault: str) -> None:
        """Something happens while workers have this and that in hand."""
        for job in self.jobs:
            self.hits[fault, job.phase] += 1

    @contextmanager
    def commit(self, phase: str) -> Iterator[Connection]:
        """A transaction whose end may be lost. Raises CommitLost."""
        fails, self.commit_fails = self.commit_fails or self._aimed(phase), ""
        with self.database.transaction() as db:
            yield db
            if fails == "before":
                self.hits["commit fails", phase] += 1
                raise CommitLost(phase)
        if fails == "after":
            self.hits["commit untold", phase] += 1
            raise CommitLost(phase)

    def aims_at(self, phase: str, chance: int = FIRM) -> bool:
        """Whether now is a time to meet the schedule's aim in this phase."""
        return self.aim.phase == phase and self.rng.randrange(100) < chance

    def _aimed(self, phase: str) -> str:
        lost = LOST.get(self.aim.trouble, "")
        return lost if lost and self.aims_at(phase) else ""

    def _version(self, db: Connection) -> int:
        current = programs.current(db, self.shop.shop_id)
        return current.version if current else 0

    def _in_force(self, program: rules.Program) -> None:
        self.versions.append(program)
        # an offer that was decided before goes out as it was decided
        rails = self.store.rails
        rails.highest_percent = max(program.limits.highest_percent, rails.highest_percent)

    def _lease(self) -> datetime:
        return self.time + timedelta(seconds=LEASE_SECONDS)

    def _late(self, job: Job) -> None:
        """Notes that a worker goes on with what it may have lost meanwhile."""
        if self.time >= job.until:
            self.hits["lease over", job.phase] += 1
        if any(one is not job and one.until > job.until and one.claims() & job.claims() for one in self.jobs):
            self.hits["taken over", job.phase] += 1

    def _absorb(self, job: Job) -> str:
        self.written = True
        understood = intake.understand(job.rows, {self.shop.shop_id: "USD"})
        # a worker whose commit was lost tries again at once, or dies of it
        stays = self.commit_fails and self.rng.random() < 0.5
        if not stays:
            self.jobs.remove(job)
        with self.commit("absorb") as db:
            self.parts.absorb(db, understood, now=self.time, runtime=self.runtime)
        return f"absorbs {len(job.rows)}"

    def _ask(self, job: Job) -> str:
        row, prepared = job.calls[len(job.answers)]
        phase, before = job.phase, Counter(self.store.struck)
        self.store.aimed = self.aim.trouble if self.aims_at(phase) else ""
        job.answers.append(_answer(self.parts.kinds[row.kind], self.store, prepared))
        for fault in self.store.struck - before:
            self.hits[fault, phase] += 1
        return f"asks {row.key}: {_short(job.answers[-1])}"

    def _prepare(self, db: Connection, kind: str, rows: Sequence[OutboxRow]) -> list[tuple[OutboxRow, Any]]:
        alike = [row for row in rows if row.kind == kind]
        prepared = self.parts.kinds[kind].prepare(self.runtime, db, alike)
        return [(row, said) for row, said in zip(alike, prepared, strict=True) if said is not None]


def _answer(call: Call, store: Platform, prepared: Any) -> Any:
    try:
        return call.ask(store, prepared)
    except PlatformError as error:
        return error


def _short(answer: Any) -> str:
    error = getattr(answer, "error", None) or (answer if isinstance(answer, Exception) else None)
    return f"{type(error).__name__} {error}" if error else str(getattr(answer, "found", answer))[:120]


def _no_line() -> Any:
    raise AssertionError("nothing goes over a wire here")

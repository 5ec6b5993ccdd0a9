"""The scheduler: from a seed, which faults are on, which step comes next, and at last a rest in which all must be well."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import select

from plugin.usecases.switch_off import SWITCH_OFF
from storage import inbox, outbox
from storage.engine import Database
from storage.tables import outbox as outbox_table
from tests.simulator.checks import Violation, Watch
from tests.simulator.store import FAULTS
from tests.simulator.world import Parts, World

STEPS = 50
TROUBLES = ("crash", "duplicate", "old letter", "disorder", "jump", "change", "redact", "careless")
#: jobs that workers have in hand at once
HANDS = 3
JUMPS = (timedelta(seconds=5), timedelta(minutes=2), timedelta(hours=2), timedelta(days=1), timedelta(days=8))
#: rounds of rest; the longest wait of a call is a quarter of an hour
ROUNDS = 60
PATIENCE = timedelta(minutes=16)


@dataclass
class Run:
    """What one schedule saw."""

    seed: int
    trace: list[str] = field(default_factory=list)
    #: (trouble, phase) → how often
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)
    violation: str = ""

    def story(self) -> str:
        """The seed and every step, to read and to play again."""
        lines = "\n".join(f"{number:3} {line}" for number, line in enumerate(self.trace, start=1))
        return f"seed {self.seed}: {self.violation}\n{lines}"


def play(
    database: Database, seed: int, parts: Callable[[], Parts] = Parts, troubles: frozenset[str] | None = None
) -> Run:
    """Plays one schedule on a database that is empty before and afterwards; the same seed plays the same.

    The seed also says which troubles are on, unless they are named.
    """
    world = World(database, seed, parts())
    run = Run(seed)
    director = _Director(world, run, troubles)
    try:
        director.chaos()
        director.rest()
    except Violation as broken:
        run.violation = str(broken)
    except Exception as broken:  # noqa: BLE001 - what the product did not foresee is a finding as well
        where = traceback.extract_tb(broken.__traceback__)[-1]
        run.violation = f"{type(broken).__name__} in {where.filename} {where.name}, line {where.lineno}: {broken}"[:300]
    finally:
        world.leave()
    return run


class _Director:
    def __init__(self, world: World, run: Run, troubles: frozenset[str] | None) -> None:
        self.world, self.run, self.rng = world, run, world.rng
        self.watch = Watch(world)
        share = self.rng.choice((0.2, 0.5, 0.9))
        drawn = frozenset(one for one in (*FAULTS, *TROUBLES) if self.rng.random() < share)
        on = drawn if troubles is None else troubles
        self.troubles = on
        world.store.faults = on & set(FAULTS)
        world.town.careless = "careless" in on
        self.say(f"troubles: {', '.join(sorted(on))}")

    def say(self, line: str) -> None:
        self.run.trace.append(f"{self.world.time:%m-%d %H:%M:%S} {line}")

    def chaos(self) -> None:
        for _ in range(STEPS):
            acts, weights = zip(*self._acts(), strict=True)
            (act,) = self.rng.choices(acts, weights)
            if line := act():
                self.say(line)
                self.watch.always()

    def rest(self) -> None:
        """Faults end, what is under way arrives, work is done; then the quiet invariants."""
        self.say("rest")
        world = self.world
        world.store.faults = frozenset()
        for _ in range(ROUNDS):
            while world.town.letters:
                self.say(self._deliver(0))
            while world.jobs or world.take_letters(50) or world.take_calls(50):
                self.say(self._finish())
            # the latest moment at which a request can land: after all that knew of it have gone home
            self.say(world.store.land())
            world.tick()
            self.watch.always()
            if not world.store.late and self._at_rest():
                break
            world.time += PATIENCE
        self.watch.quiet()

    def _acts(self) -> list[tuple[Callable[[], str], int]]:
        """What can happen now, each with its weight."""
        world, town, on = self.world, self.world.town, self._on
        busy, late = len(world.jobs), world.store.late
        acts = (
            (town.buys, 10), (town.regrets, 4 if town.orders else 0), (self._post, 20 if town.letters else 0),
            (self._take_letters, 12 if busy < HANDS else 0), (self._take_calls, 12 if busy < HANDS else 0),
            (self._work, 30 if busy else 0), (self._tick, 6), (self._wait, 16), (self._land, 4 if late else 0),
            (self._crash, 5 if busy and on("crash") else 0), (self._old, 5 if town.copies and on("old letter") else 0),
            (self._change, 3 if on("change") else 0), (town.asks_to_be_forgotten, 4 if town.orders and on("redact") else 0),
        )  # fmt: skip
        return [(act, weight) for act, weight in acts if weight]

    def _post(self) -> str:
        town = self.world.town
        return self._deliver(self.rng.randrange(len(town.letters)) if town.letters and self._on("disorder") else 0)

    def _deliver(self, place: int) -> str:
        letters = self.world.town.letters
        if not letters:
            return ""
        again = self._on("duplicate") and self.rng.random() < 0.3
        letter = letters[place] if again else letters.pop(place)
        self.world.post(letter)
        return f"post {letter.topic} {letter.delivery_id}{' and keep it to come again' if again else ''}"

    def _old(self) -> str:
        old = self.rng.choice(self.world.town.copies)
        number = self.rng.randrange(1000)
        self.world.post(replace(old, delivery_id=f"{old.delivery_id}-again-{number}"))
        self.run.hits["old letter", "post"] += 1
        return f"post {old.topic} {old.delivery_id} under another id"

    def _take_letters(self) -> str:
        return "take letters" if self.world.take_letters(self.rng.choice((1, 3))) else ""

    def _take_calls(self) -> str:
        return "take calls" if self.world.take_calls(self.rng.choice((1, 2, 5))) else ""

    def _work(self) -> str:
        return self.world.work(self.rng.choice(self.world.jobs))

    def _finish(self) -> str:
        done = []
        while self.world.jobs:
            done.append(self.world.work(self.world.jobs[0]))
        return "; ".join(done)

    def _crash(self) -> str:
        job = self.rng.choice(self.world.jobs)
        phase = "absorb" if job.rows else "ask" if len(job.answers) < len(job.calls) else "conclude"
        self.run.hits["crash", phase] += 1
        self.world.crash(job)
        return f"crash before {phase}"

    def _tick(self) -> str:
        done = self.world.tick()
        return f"time brings {done}" if done else ""

    def _wait(self) -> str:
        jump = self.rng.choice(JUMPS if self._on("jump") else JUMPS[:2])
        self.world.time += jump
        return f"{jump} pass"

    def _land(self) -> str:
        return self.world.store.land()

    def _change(self) -> str:
        world = self.world
        limits = replace(
            world.program.limits, monthly_budget=self.rng.choice((2_500, 6_000, 100_000)), highest_percent=self.rng.choice((8, 20))
        )  # fmt: skip
        loyalty = replace(world.program.loyalty, enabled=self.rng.random() < 0.7)
        world.change(replace(world.program, limits=limits, loyalty=loyalty))
        return f"rules change: {limits.monthly_budget}, {limits.highest_percent} %, loyalty {loyalty.enabled}"

    def _on(self, trouble: str) -> bool:
        return trouble in self.troubles

    def _at_rest(self) -> bool:
        """Nothing waits, but for switch-offs of codes that the store has never heard of."""
        shop_id = self.world.shop.shop_id
        mine = (outbox_table.c.shop_id == shop_id, outbox_table.c.state == "waiting")
        with self.world.database.reading() as db:
            if not outbox.waiting(db) and not inbox.waiting(db):
                return True
            rows = db.execute(select(outbox_table.c.kind, outbox_table.c.payload).where(*mine)).all()
            return not inbox.waiting(db) and all(
                row.kind == SWITCH_OFF and row.payload["code"] not in self.world.store.codes for row in rows
            )

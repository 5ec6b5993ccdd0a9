"""The scheduler: from a seed, which faults are on, which step comes next, and at last a rest in which all must be well."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select

from plugin.usecases.compare import DISOWN
from plugin.usecases.switch_off import SWITCH_OFF
from storage import inbox, outbox
from storage.engine import Database
from storage.tables import outbox as outbox_table
from tests.simulator import aims
from tests.simulator.acts import Acts
from tests.simulator.aims import Aim
from tests.simulator.checks import Violation, Watch
from tests.simulator.parts import Parts
from tests.simulator.store import FAULTS
from tests.simulator.world import World

STEPS = 60
#: what happens in every schedule of ordinary troubles, each with one chance
TROUBLES = (
    "crash", "duplicate", "old letter", "disorder", "jump", "back", "change", "undo", "redact", "careless", "lease",
    "commit fails",
)  # fmt: skip
#: what would hide the rest if it happened in half of the schedules
RARE = ("meddling", "uninstalled", "restore")
#: rounds of rest; the longest wait of a call is a quarter of an hour
ROUNDS = 60
PATIENCE = timedelta(minutes=16)
#: what only the hourly round can find is found by two of them, and a code that nobody knows has two hours' chance
ROUND, FOUND_BY = timedelta(minutes=61), timedelta(hours=5)


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
    run = Run(seed, hits=world.hits)
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
        self.world, self.run = world, run
        self.watch = Watch(world)
        if troubles is None:
            world.aim = aims.draw(world.rng)
        on = self._drawn() if troubles is None else troubles
        self.acts = Acts(world, on)
        world.store.faults = on & set(FAULTS)
        world.town.careless = "careless" in on
        self.slow = bool(on & set(RARE))
        self.say(f"troubles: {', '.join(sorted(on))}")

    def say(self, line: str) -> None:
        if not line:
            return
        self.run.trace.append(f"{self.world.time:%m-%d %H:%M:%S} {line}")

    def chaos(self) -> None:
        for _ in range(STEPS):
            if line := self.acts.step():
                self.say(line)
                self._look()

    def rest(self) -> None:
        """Faults end, what is under way arrives, work is done; then the quiet invariants."""
        self.say("rest")
        world = self.world
        world.store.faults, world.commit_fails, world.aim = frozenset(), "", Aim()
        world.set_clock_back(timedelta(0))
        until = world.time + (FOUND_BY if self.slow else timedelta(0))
        for _ in range(ROUNDS):
            self._drain()
            self.say(self.acts.confirm())
            # an old copy may hold news of a removal that has been undone since: the merchant opens the app once more
            self.say(self.acts.come_back())
            # the latest moment at which a request can land: after all that knew of it have gone home
            self.say(world.store.land())
            # what time brings may be settled at once
            if world.tick():
                self._drain()
            self._look()
            if not world.store.late and world.time >= until and self._at_rest():
                break
            world.time += ROUND if self.slow else PATIENCE
        self.watch.quiet()

    def _drain(self) -> None:
        world = self.world
        while world.town.letters:
            self.say(self.acts.deliver(0))
        while world.jobs or world.take_letters(50) or world.take_calls(50):
            self.say(self.acts.finish())

    def _look(self) -> None:
        if self.acts.forgotten:
            self.acts.forgotten = False
            self.watch.begin_anew()
        self.watch.always()

    def _drawn(self) -> frozenset[str]:
        rng = self.world.rng
        share = rng.choice((0.2, 0.5, 0.9))
        drawn = {one for one in (*FAULTS, *TROUBLES) if rng.random() < share}
        drawn |= {one for one in RARE if rng.random() < share / 5}
        drawn |= self.world.aim.needs()
        # of a store that left and came back it is the clocks that tell which came first
        return frozenset(drawn - {"back"} if "uninstalled" in drawn else drawn)

    def _at_rest(self) -> bool:
        """Nothing waits, but for switch-offs of codes that the store has never heard of."""
        shop_id = self.world.shop.shop_id
        mine = (outbox_table.c.shop_id == shop_id, outbox_table.c.state == "waiting")
        with self.world.database.reading() as db:
            if self.world.town.letters or inbox.waiting(db):
                return False
            if not outbox.waiting(db):
                return True
            rows = db.execute(select(outbox_table.c.kind, outbox_table.c.payload).where(*mine)).all()
        known = self.world.store.codes
        return all(row.kind in {SWITCH_OFF, DISOWN} and row.payload["code"] not in known for row in rows)

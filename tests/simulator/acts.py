"""What can happen next in a schedule, each with its weight: the store's people, the workers, their accidents, the merchant."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from plugin.usecases import cancel_offers, freeze
from storage import shops
from tests.simulator import copies, rules
from tests.simulator.aims import STEADY
from tests.simulator.pairs import WIRE
from tests.simulator.parts import Job
from tests.simulator.world import CommitLost, World

#: jobs that workers have in hand at once
HANDS = 3
LITTLE = (timedelta(seconds=5), timedelta(minutes=2))
JUMPS = (timedelta(hours=2), timedelta(days=1), timedelta(days=8))
BACK = timedelta(hours=1)
#: of a hundred steps with that trouble on, the next commit is lost
UNLUCKY = 12

Act = Callable[[], str]


@dataclass(frozen=True)
class Backup:
    """An old copy, and what was true when it was made."""

    copy: sqlite3.Connection
    delivered: set[str]
    versions: list[rules.Program]


class Acts:
    """The steps of a schedule; each answers what happened, or nothing."""

    def __init__(self, world: World, troubles: frozenset[str]) -> None:
        self.world, self.rng, self.troubles = world, world.rng, troubles
        self.backup: Backup | None = None
        self.restored = False
        #: the database is an older one than a moment ago
        self.forgotten = False
        #: there may be something to claim; a step in which nobody has anything to do shows nothing
        self.heard = self.called = True

    def step(self) -> str:
        """Something happens."""
        act = self._aimed() or self._any()
        if self._on("commit fails") and self.rng.randrange(100) < UNLUCKY:
            self.world.commit_fails = self.rng.choice(("before", "after"))
        return self._tried(act)

    def deliver(self, place: int) -> str:
        """A letter comes to the door; one whose answer was lost comes again."""
        letters = self.world.town.letters
        if not letters:
            return ""
        letter = letters[place]
        self.world.post(letter)
        self.heard = True
        if self._on("duplicate") and self.rng.random() < 0.3:
            self.world.hits["duplicate", "door"] += 1
            return f"post {letter.topic} {letter.delivery_id} and keep it to come again"
        letters.remove(letter)
        return f"post {letter.topic} {letter.delivery_id}"

    def finish(self) -> str:
        """Every worker does what it has in hand to the end."""
        done = []
        while self.world.jobs:
            done.append(self.world.work(self.world.jobs[0]))
        return "; ".join(done)

    def come_back(self) -> str:
        """The merchant installs the app again, once it is known to be gone."""
        world = self.world
        with world.database.reading() as db:
            state = shops.get(db, world.shop.shop_id).state
        if state != "uninstalled":
            return ""
        # not in the very instant in which it was removed
        world.time += LITTLE[0]
        world.install()
        return "the app is installed again"

    def _any(self) -> Act:
        acts, weights = zip(*self._possible(), strict=True)
        return self.rng.choices(acts, weights)[0]

    def _aimed(self) -> Act | None:
        """What meets the schedule's aim, while something is in the phase that it is to strike in."""
        world, trouble = self.world, self.world.aim.trouble
        if not trouble or not world.aims_at(world.aim.phase, STEADY):
            return None
        if not any(job.phase == world.aim.phase for job in world.jobs):
            return self._lead(world.aim.phase)
        if trouble == "restore":
            return self._restore if self.backup else self._back_up if world.database.path else None
        acts: dict[str, tuple[Act, bool]] = {
            "crash": (self._crash, True), "lease over": (self._lease_ends, True), "taken over": (self._lease_ends, True),
            "jump": (self._wait, True), "back": (self._wait, True), "change": (self._change, True), "undo": (self._undo, True),
            "redact": (self._forget, bool(world.town.orders)), "meddling": (self._meddle, bool(world.store.codes)),
            "uninstalled": (self._leave, not world.store.away),
        }  # fmt: skip
        act, possible = acts.get(trouble, (self._wait, False))
        return act if possible else None

    def _lead(self, phase: str) -> Act | None:
        """What leads to a phase, where it is not by chance that something soon is in it."""
        if phase in WIRE and self.called and len(self.world.jobs) < HANDS:
            return self._take_calls
        if phase == "absorb" and self.heard and len(self.world.jobs) < HANDS:
            return self._take_letters
        if phase == "switch off" and self.world.store.usable():
            return self._cancel
        return self.rng.choice((self._wait, self._tick)) if phase in {"sweep", "decide"} else None

    def _one(self) -> Job:
        """What a worker has in hand, rather in the phase that is aimed at."""
        jobs = self.world.jobs
        aimed = [job for job in jobs if self.world.aim.phase == job.phase]
        return self.rng.choice(aimed or jobs)

    def _tried(self, act: Act) -> str:
        try:
            return act()
        except CommitLost as lost:
            return f"a commit is lost: {lost}"

    def _possible(self) -> list[tuple[Act, int]]:
        world, town, on = self.world, self.world.town, self._on
        busy, late, away = len(world.jobs), world.store.late, world.store.away
        acts = (
            (town.buys, 10), (town.regrets, 4 if town.orders else 0), (self._post, 20 if town.letters else 0),
            (self._take_letters, 16 if busy < HANDS and self.heard else 0),
            (self._take_calls, 16 if busy < HANDS and self.called else 0),
            (self._work, 36 if busy else 0), (self._tick, 6), (self._wait, 12), (world.store.land, 4 if late else 0),
            (self._crash, 5 if busy and on("crash") else 0), (self._old, 5 if town.copies and on("old letter") else 0),
            (self._lease_ends, 5 if busy and on("lease") else 0),
            (self._change, 3 if on("change") else 0), (self._undo, 5 if on("undo") else 0),
            (self._cancel, 5 if on("undo") and world.store.made else 0),
            (self._meddle, 8 if world.store.codes and on("meddling") else 0), (self._forget, 4 if town.orders and on("redact") else 0),
            (self._leave, 2 if on("uninstalled") and not away else 0), (self.come_back, 15 if away else 0),
            (self._back_up, 3 if on("restore") and not self.backup and world.database.path else 0),
            (self._restore, 3 if self.backup else 0), (self.confirm, 3 if self.restored else 0),
        )  # fmt: skip
        return [(act, weight) for act, weight in acts if weight]

    def _post(self) -> str:
        letters = self.world.town.letters
        place = self.rng.randrange(len(letters)) if self._on("disorder") else 0
        self.world.hits["disorder", "door"] += place > 0
        return self.deliver(place)

    def _old(self) -> str:
        old = self.rng.choice(self.world.town.copies)
        self.world.post(replace(old, delivery_id=f"{old.delivery_id}-again-{self.rng.randrange(1000)}"))
        self.world.hits["old letter", "door"] += 1
        return f"post {old.topic} {old.delivery_id} under another id"

    def _take_letters(self) -> str:
        self.heard = self.world.take_letters(self.rng.choice((1, 3)))
        return "take letters" if self.heard else ""

    def _take_calls(self) -> str:
        self.called = self.world.take_calls(self.rng.choice((1, 2, 5)))
        return "take calls" if self.called else ""

    def _work(self) -> str:
        self.called = True
        return self.world.work(self.rng.choice(self.world.jobs))

    def _crash(self) -> str:
        job = self._one()
        self.world.jobs.remove(job)
        self.world.hits["crash", job.phase] += 1
        return f"crash before {job.phase}"

    def _lease_ends(self) -> str:
        """Another worker finds what one still has in hand."""
        world = self.world
        job = self._one()
        world.time = max(world.time, job.until)
        taken = world.take_letters(3) if job.rows else world.take_calls(5)
        return f"a lease ends, {'another takes over' if taken else 'nobody takes over'}"

    def _tick(self) -> str:
        done = self.world.tick()
        self.called |= bool(done)
        return f"time brings {done}" if done else ""

    def _wait(self) -> str:
        if self._on("back") and self.rng.random() < 0.2:
            self.world.strikes("back")
            self.world.set_clock_back(timedelta(0) if self.world.behind else BACK)
            return f"the clock is {self.world.behind} behind"
        long = self._on("jump") and self.rng.random() < 0.6
        jump = self.rng.choice(JUMPS if long else LITTLE)
        if long:
            self.world.strikes("jump")
        self.world.time += jump
        self.heard = self.called = True
        return f"{jump} pass"

    def _change(self) -> str:
        world = self.world
        world.strikes("change")
        new = rules.other(world.program, self.rng)
        world.change(new)
        return f"rules change: {new.limits.monthly_budget}, {new.limits.highest_percent} %, loyalty {new.loyalty.enabled}, for {new.rollout_percent} %"

    def _undo(self) -> str:
        cancel = self.rng.random() < 0.7
        if not self.world.undo(cancel_codes=cancel):
            return ""
        self.world.strikes("undo")
        return f"the rules are undone{', their codes too' if cancel else ''}"

    def _cancel(self) -> str:
        """The merchant cancels all that is open."""
        world = self.world
        with world.database.transaction() as db:
            number = cancel_offers.cancel_offers(db, world.shop.shop_id, why="by hand", now=world.time)
        world.written = self.called = True
        return f"{number} offers are cancelled by hand" if number else ""

    def _meddle(self) -> str:
        done = self.world.store.meddle()
        if done:
            self.world.strikes("meddling")
        return done

    def _forget(self) -> str:
        self.world.strikes("redact")
        return self.world.town.asks_to_be_forgotten()

    def _leave(self) -> str:
        self.world.strikes("uninstalled")
        return self.world.town.lets_the_app_go()

    def _back_up(self) -> str:
        world = self.world
        self.backup = Backup(copies.take(world.database), world.town.delivered(), list(world.versions))
        return "a copy is made"

    def _restore(self) -> str:
        """Everything stops, an old copy is put back, and the store is asked for what it told since."""
        old, self.backup, world = self.backup, None, self.world
        assert old is not None
        world.strikes("restore")
        world.jobs.clear()
        self.restored = True
        copies.put_back(world.database, old.copy)
        old.copy.close()
        world.versions = old.versions
        world.town.tells_again(old.delivered)
        world.written = self.forgotten = True
        return "an old copy is put back"

    def confirm(self) -> str:
        """A person has looked at why nothing is given, and lets it go on."""
        world = self.world
        with world.database.reading() as db:
            shop = shops.get(db, world.shop.shop_id)
        if not freeze.held(shop):
            return ""
        with world.database.transaction() as db:
            freeze.confirm(db, shop, now=world.time)
        world.written = self.called = True
        return "what the store knows and we do not is confirmed"

    def _on(self, trouble: str) -> bool:
        return trouble in self.troubles

"""Codes of a pool, under lost requests and answers, jobs that land late and workers that die: the same two promises.

An offer that counts as given has a code that works, and a code whose offer was cancelled does not.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

import pytest
from sqlalchemy import Connection

from plugin.platforms.protocol import MARK, DiscountSpec, InDoubt, Platform, PlatformError, StoredDiscount, Taken
from plugin.rewards.stored import to_stored
from plugin.usecases import cancel_offers, deliver_pooled, put_off
from plugin.usecases.make_offers import ISSUE_POOLED
from plugin.usecases.spec import POOLED, spec_of
from storage import offers, outbox, programs
from storage.engine import Database
from storage.offers import NewOffer
from storage.outbox import OutboxRow
from tests.simulator import rules
from tests.storage.worlds import new_shop

BEGIN = datetime(2026, 3, 2, 12, tzinfo=UTC)
ENDS = BEGIN + timedelta(days=30)
OFFERS, STEPS, LEASE = 6, 40, 60
SCHEDULES = 32


@dataclass
class Pools:
    """A store whose discounts hold many codes; what it was asked for may be lost, land late, or not be answered."""

    rng: random.Random
    #: by reference
    discounts: dict[str, DiscountSpec] = field(default_factory=dict)
    #: code → reference
    codes: dict[str, str] = field(default_factory=dict)
    off: set[str] = field(default_factory=set)
    late: list[Callable[[], None]] = field(default_factory=list)
    trouble: bool = True

    def create_discount(self, spec: DiscountSpec) -> StoredDiscount:
        self._happen(lambda: self._create(spec), taken=spec.code in self.codes)
        return self._shown(spec.code)

    def find_discount(self, code: str) -> StoredDiscount | None:
        self._unanswered()
        return self._shown(code) if code in self.codes else None

    def find_discounts(self, refs: Collection[str]) -> dict[str, StoredDiscount]:
        self._unanswered()
        codes = {ref: code for code, ref in self.codes.items()}
        return {ref: self._shown(codes[ref]) for ref in refs if ref in codes}

    def deactivate_discount(self, ref: str) -> None:
        self._happen(lambda: self.off.add(ref))

    def add_codes(self, ref: str, codes: Collection[str]) -> dict[str, PlatformError | None]:
        refused = {code for code in codes if code in self.codes}
        self._happen(lambda: self._add(ref, codes))
        return {code: Taken(code) if code in refused else None for code in codes if self.rng.random() < 0.7}

    def remove_code(self, code: str) -> None:
        ref = self.codes.get(code)
        self._happen(lambda: self._remove(code, ref))

    def works(self, code: str) -> bool:
        """Whether the checkout would take it."""
        ref = self.codes.get(code)
        return ref is not None and ref not in self.off and self.discounts[ref].ends_at > BEGIN + timedelta(days=1)

    def land(self) -> None:
        """One late request lands."""
        if self.late:
            self.late.pop(self.rng.randrange(len(self.late)))()

    # what a store must have for a platform that offers pools
    def mark_customer(self, mark: object) -> None: ...
    def define_fields(self) -> None: ...
    def start_flow(self, handle: str, payload: Mapping[str, Any]) -> None: ...
    def customer_groups(self, customer_ids: Collection[str]) -> dict[str, str | None]:
        return dict.fromkeys(customer_ids)

    def delete_discounts(self, refs: Collection[str]) -> None: ...

    def _happen(self, effect: Callable[[], None], *, taken: bool = False) -> None:
        chance = self.rng.random() if self.trouble else 1.0
        if chance < 0.15:
            self.late.append(effect)
        elif chance >= 0.25:
            if taken:
                raise Taken("there is one")
            effect()
        if chance < 0.4:
            raise InDoubt("no answer")

    def _unanswered(self) -> None:
        if self.trouble and self.rng.random() < 0.1:
            raise InDoubt("no answer")

    def _create(self, spec: DiscountSpec) -> None:
        if spec.code not in self.codes:
            ref = f"d{len(self.discounts)}"
            self.discounts[ref], self.codes[spec.code] = spec, ref

    def _add(self, ref: str, codes: Collection[str]) -> None:
        for code in codes:
            if ref in self.discounts:
                self.codes.setdefault(code, ref)

    def _remove(self, code: str, ref: str | None) -> None:
        if ref is not None and self.codes.get(code) == ref:
            del self.codes[code]

    def _shown(self, code: str) -> StoredDiscount:
        ref = self.codes[code]
        return StoredDiscount(
            ref=ref, code=code, tags=(self.discounts[ref].tag, MARK), live=self.works(code), usage_count=0
        )


class Schedule:
    """Some offers of one pool, a worker that may die anywhere, and a merchant who cancels."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database, self.rng, self.now = database, random.Random(seed), BEGIN
        self.store = Pools(self.rng)
        with database.transaction() as db:
            self.shop_id = new_shop(db)
            program = rules.draw(self.rng)
            version = programs.append(db, self.shop_id, body=to_stored(program), author="", note="", now=BEGIN)
            self.ids = [f"pooled{seed:04}n{one}" for one in range(OFFERS)]
            offers.open_many(db, self.shop_id, [self._offer(one, version) for one in self.ids])
            calls = {f"issue/{one}": {"offer_id": one} for one in self.ids}
            outbox.put_many(db, self.shop_id, kind=ISSUE_POOLED, payloads=calls, now=BEGIN)

    def play(self) -> None:
        """Trouble first, then rest."""
        for _ in range(STEPS):
            self.rng.choice((self._work, self._work, self._work, self.store.land, self._cancel, self._wait))()
        self.store.trouble = False
        while self.store.late:
            self.store.land()
        for _ in range(60):
            self._wait()
            self._work(dies=False)

    def _offer(self, offer_id: str, version: int) -> NewOffer:
        benefit = {"type": "percent", "value": 10, "cap": 100, "minimum": 0, POOLED: True}
        return NewOffer(
            offer_id=offer_id, customer_id=offer_id, kind="loyalty", step="regular", rule="loyalty", cycle="order:1",
            program_version=version, state="planned", code=offer_id.upper(), benefit=benefit, currency="USD",
            created_at=BEGIN, starts_at=BEGIN, ends_at=ENDS, reasons=[], inputs={},
        )  # fmt: skip

    def _work(self, *, dies: bool = True) -> None:
        with self.database.transaction() as db:
            rows = outbox.claim(db, now=self.now, limit=4, lease_seconds=LEASE)
            mine = [row for row in rows if row.kind == ISSUE_POOLED]
            batches = deliver_pooled.prepare_many(db, mine, now=self.now)
            ending = [(row, cancel_offers.prepare(db, row, now=self.now)) for row in rows if row.kind != ISSUE_POOLED]
        store = cast("Platform", self.store)
        for batch in filter(None, batches):
            said = self._said(partial(deliver_pooled.ask, store, batch), dies)
            self._write(partial(deliver_pooled.conclude, batch=batch, answer=said, now=self.now), said, dies)
        for row, task in ending:
            if task is not None:
                said = self._said(partial(cancel_offers.ask, store, task), dies)
                self._write(partial(self._end, row=row, task=task, said=said), said, dies)

    def _said(self, ask: Callable[[], Any], dies: bool) -> Any:
        """What the store said, or why it did not; None where the worker died before it asked."""
        if dies and self.rng.random() < 0.1:
            return None
        try:
            return ask()
        except PlatformError as error:
            return error

    def _write(self, conclude: Callable[[Connection], None], said: Any, dies: bool) -> None:
        if said is not None and not (dies and self.rng.random() < 0.1):
            with self.database.transaction() as db:
                conclude(db)

    def _end(self, db: Connection, *, row: OutboxRow, task: cancel_offers.Task, said: Any) -> None:
        if isinstance(said, PlatformError):
            put_off.call(db, row, said, now=self.now)
        else:
            cancel_offers.conclude(db, row, task, said, now=self.now)

    def _cancel(self) -> None:
        with self.database.transaction() as db:
            cancel_offers.cancel_offer(db, self.shop_id, self.rng.choice(self.ids), why="a wish", now=self.now)

    def _wait(self) -> None:
        self.now += timedelta(seconds=self.rng.choice((5, LEASE + 1, 1_000)))


@pytest.mark.parametrize("part", range(4))
def test_schedules_of_pooled_codes_hold(sqlite_database: Database, part: int) -> None:
    """At rest every offer is issued with a working code in its pool, or ended with a code that does not work."""
    seen = set()
    for seed in range(part * SCHEDULES // 4, (part + 1) * SCHEDULES // 4):
        one = Schedule(sqlite_database, seed)
        one.play()
        with sqlite_database.transaction() as db:
            made = offers.some(db, one.shop_id, one.ids)
            outbox.give_up_all(db, one.shop_id, "the schedule is over", one.now)
        for offer in made.values():
            code = str(offer.code)
            seen.add(offer.state)
            if offer.state == "issued" and not offer.unwanted:
                assert one.store.works(code), (seed, code)
                assert one.store.discounts[one.store.codes[code]].tag == spec_of(offer).tag
            else:
                assert offer.state in {"cancelled", "rejected"}, (seed, code, offer.state)
                assert not one.store.works(code), (seed, code, offer.state)
    assert seen >= {"issued", "cancelled"}

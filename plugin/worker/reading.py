"""One import under way in this process: its calls and downloads beside the other work, its orders in small transactions.

A step that waits for the store runs in a thread; what it brings is written down when it is there. The file is put aside
on disk in parts, and written part by part, so that a worker that dies leaves at most one part to be written again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, wait
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

from plugin.platforms.download import Gone
from plugin.platforms.protocol import InDoubt, PlatformError
from plugin.platforms.shopify.history import Operation, PastOrders
from plugin.platforms.shopify.past_orders import Past, facts_of, root_of
from plugin.platforms.spool import Spool
from plugin.runtime import Runtime
from plugin.usecases import import_history
from storage import imports, shops
from storage.imports import Import

#: an import that nobody wrote to for so long is anybody's
LEASE_SECONDS = 180.0
RENEW_AFTER = timedelta(seconds=60)
#: orders in one transaction: on SQLite all other writers wait for it
BATCH = 250
#: how long the other work waits for what the store is asked
GLANCE_SECONDS = 0.02

#: what one order can do to a transaction; the database itself being away is none of it
POISON = (DataError, IntegrityError, ValueError, ArithmeticError, LookupError)

log = logging.getLogger("regulars.worker")


class Reading:
    """Carries one claimed import on until it has to wait, has ended or was lost to another worker.

    ``advance`` does a little of it each time and answers whether it is still ours.
    """

    def __init__(self, runtime: Runtime, found: Import, pool: Executor) -> None:
        self.found = found
        self._runtime = runtime
        self._renewed = runtime.now()
        self._stopped = False
        self._spool: Spool | None = None
        self._past: Iterator[Past] = iter(())
        self._batch: list[Past] = []
        self._count = 0
        self._begun = False
        steps: dict[str, Callable[[], Operation | Spool | None]] = {
            "asked": self._run,
            "running": self._look,
            "reading": self._download,
        }
        self._job: Future[Operation | Spool | None] | None = pool.submit(steps[found.state])

    def advance(self) -> bool:
        """A little further. False: this process has nothing more to do with it."""
        if self._job is None:
            return self._write()
        if not wait([self._job], timeout=GLANCE_SECONDS).done:
            return self._renew()
        job, self._job = self._job, None
        return self._settle(job)

    def close(self) -> None:
        """Lets go of it, whatever it was at; what is under way ends by itself."""
        self._stopped = True
        if self._job is not None:
            wait([self._job])
            if self._job.exception() is None and isinstance(brought := self._job.result(), Spool):
                self._spool = brought
            self._job = None
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    def _settle(self, job: Future[Operation | Spool | None]) -> bool:
        now = self._runtime.now()
        error = job.exception()
        if isinstance(error, Gone):
            self._write_down(lambda db: import_history.file_gone(db, self.found, now=now))
        elif error is None:
            return self._conclude(job.result(), now)
        else:
            known = isinstance(error, PlatformError | OSError)
            log.warning("the import of shop %d waits: %s", self.found.shop_id, error, exc_info=None if known else error)
            told = error if isinstance(error, PlatformError | OSError) else InDoubt(type(error).__name__)
            self._write_down(lambda db: import_history.put_off(db, self.found, told, now=now))
        self._runtime.metrics.asked(error if isinstance(error, PlatformError) else None)
        return False

    def _conclude(self, brought: Operation | Spool | None, now: datetime) -> bool:
        if isinstance(brought, Spool):
            self._spool = brought
            return self._write()
        if self.found.state == "asked" and brought is not None:
            self._write_down(lambda db: import_history.running(db, self.found, brought, now=now))
        else:
            self._write_down(lambda db: import_history.looked(db, self.found, brought, now=now))
        self._runtime.metrics.asked(None)
        return False

    def _run(self) -> Operation:
        store, span = self._store(), import_history.span(self.found)
        # whoever asked before may have died before it heard the answer
        if self.found.fence > 1 and (
            begun := store.find(span, since=import_history.adopted_from(self.found), but=self.found.operation)
        ):
            return begun
        return store.run(span)

    def _look(self) -> Operation | None:
        return self._store().look(str(self.found.operation))

    def _download(self) -> Spool:
        """The lines of the parts that are not written yet, put aside."""
        store, found = self._store(), self.found
        operation = store.look(str(found.operation))
        url = None if operation is None else operation.partial_url if found.partial else operation.url
        if operation is None or url is None:
            raise Gone("the operation has no file any more")
        spool = Spool(found.parts, folder=_folder(self._runtime))
        try:
            lines = self._put_aside(spool, store, url)
        except BaseException:
            spool.close()
            raise
        if not found.partial and lines < operation.lines:
            spool.close()
            raise InDoubt(f"the file has {lines} lines, and the store wrote {operation.lines}")
        return spool

    def _put_aside(self, spool: Spool, store: PastOrders, url: str) -> int:
        lines = 0
        for line in store.lines(url):
            if self._stopped:
                raise InDoubt("this process stops")
            lines += 1
            part = (root_of(line) or 0) % self.found.parts
            if part >= self.found.part:
                spool.put(part, line)
        return lines

    def _store(self) -> PastOrders:
        with self._runtime.database.reading() as db:
            shop = shops.get(db, self.found.shop_id)
        return self._runtime.open_past(shop)

    def _write(self) -> bool:
        """The next orders; after the last one the span is read."""
        if self.found.part >= self.found.parts:
            self._write_down(lambda db: import_history.span_read(db, self.found, now=self._runtime.now()))
            return False
        if not self._begun:
            self._past, self._begun, self._count, self._batch = self._part(), True, 0, []
        # what could not be written is still at hand when this is tried again
        self._batch = self._batch or list(islice(self._past, BATCH))
        if not self._batch:
            return self._end_part()
        held = self._keep(self._batch)
        self._count, self._batch = self._count + len(self._batch), []
        return held

    def _part(self) -> Iterator[Past]:
        with self._runtime.database.reading() as db:
            currency = shops.get(db, self.found.shop_id).currency
        lines = self._spool.take(self.found.part) if self._spool is not None else []
        return facts_of(lines, currency=currency)

    def _keep(self, batch: list[Past]) -> bool:
        now = self._runtime.now()

        def write(db: Connection) -> bool:
            shop = shops.get(db, self.found.shop_id)
            return import_history.written(
                db, shop, self.found, batch, now=now, until=self._until(now), vault=self._runtime.vault
            )

        try:
            return self._write_down(write)
        except POISON as error:
            if len(batch) > 1:
                return all(self._keep([one]) for one in batch)
            log.warning(
                "order %s of shop %d cannot be kept: %s", batch[0].order_id, self.found.shop_id, type(error).__name__
            )
            batch = [replace(batch[0], facts=None)]
            return self._write_down(write)

    def _end_part(self) -> bool:
        part, orders_read = self.found.part + 1, self.found.orders_read + self._count
        self._begun = False
        now = self._runtime.now()
        return self._write_down(
            lambda db: import_history.part_read(db, self.found, part=part, orders_read=orders_read, now=now)
        )

    def _renew(self) -> bool:
        now = self._runtime.now()
        if self._renewed <= now < self._renewed + RENEW_AFTER:
            return True
        return self._write_down(lambda db: imports.change(db, self.found, claimed_until=self._until(now)))

    def _until(self, now: datetime) -> datetime:
        return now + timedelta(seconds=LEASE_SECONDS)

    def _write_down(self, step: Callable[[Connection], bool]) -> bool:
        """In one transaction, and only while it is ours; what is known of it afterwards is what was written."""

        def write(db: Connection) -> Import | None:
            return imports.get(db, self.found.shop_id) if step(db) else None

        written = self._runtime.database.carry_out(write)
        self._renewed = self._runtime.now()
        if written is None:
            log.warning("the import of shop %d is somebody else's by now", self.found.shop_id)
            return False
        self.found = written
        return True


def _folder(runtime: Runtime) -> Path | None:
    """Beside the database, where there is room for its data; with a server, where the system keeps such files."""
    path = runtime.config.sqlite_path
    return None if path is None else path.parent

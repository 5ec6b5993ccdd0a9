"""Group commit: many requests wait, one thread makes all that waits durable in one transaction, then all may answer.

Nobody is told "kept" before the commit returned. What could not be told in time, what did not fit, and every commit
whose outcome is not known are ``CannotKeep``: the store sends again, and the inbox knows what it has seen.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from sqlalchemy.exc import DataError, IntegrityError

from storage import inbox
from storage.engine import Database
from storage.inbox import Delivery, Packed
from storage.standing import Unclear

#: with their bodies, so that a few huge ones cannot fill the memory; one delivery always fits
BOUND_BYTES = 64 * 1024 * 1024

log = logging.getLogger(__name__)


#: told which deliveries are settled
Settled = Callable[[Sequence["Ticket"]], None]


class CannotKeep(RuntimeError):
    """The delivery is not known to be durable: do not acknowledge it. Sending it again is safe."""


class Keeper:
    """One writer thread and the queue before it.

    ``bound`` is how many deliveries may wait; ``patience_seconds`` how long one waits (platforms hang up after 5 s).
    ``deliveries`` and ``commits`` count what was committed, and in how many transactions.
    """

    def __init__(self, database: Database, *, bound: int = 1024, patience_seconds: float = 4.0) -> None:
        self.deliveries = 0
        self.commits = 0
        self._database = database
        self._bound = bound
        self.patience_seconds = patience_seconds
        self._waiting: list[Ticket] = []
        self._waiting_bytes = 0
        self._due = False
        self._closed = False
        # guards what stands above; notified when there is something to do
        self._change = threading.Condition()
        self._writer = threading.Thread(target=self._write, name="keeper", daemon=True)
        self._writer.start()

    def keep(self, delivery: Delivery) -> bool:
        """Returns once the delivery is durable: True if it is new, False if it was known. Raises CannotKeep."""
        # a lock that the writer opens: the cheapest way to wake one thread
        closed = threading.Lock()
        closed.acquire()
        ticket = self.enter(delivery, lambda _mine: closed.release())
        self.begin()
        if not closed.acquire(timeout=self.patience_seconds):
            self.withdraw(ticket)
            raise CannotKeep("not durable in time")
        return ticket.answer()

    def enter(self, delivery: Delivery, settled: Settled) -> Ticket:
        """Lets a delivery wait for its commit, which ``begin`` begins. Raises CannotKeep where there is no room to wait.

        ``settled`` is called with all tickets of a commit that were entered with it, by the writer's thread: it must
        neither take long nor raise.
        """
        # packed here, so that the writer holds the database no longer than it must
        ticket = Ticket(inbox.pack(delivery), len(delivery.body), settled)
        self._enqueue(ticket)
        return ticket

    def begin(self) -> None:
        """Has all that was entered committed as soon as the writer is free."""
        with self._change:
            self._due = True
            self._change.notify()

    def withdraw(self, ticket: Ticket) -> None:
        """Makes room again; what is being committed already cannot be called back."""
        with self._change:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
                self._waiting_bytes -= ticket.size

    def close(self) -> None:
        """Takes no more, commits what waits, and returns when the writer has ended."""
        with self._change:
            self._closed = True
            self._change.notify()
        self._writer.join()

    @property
    def waiting(self) -> int:
        """How many deliveries wait for their commit to begin."""
        return len(self._waiting)

    def _enqueue(self, ticket: Ticket) -> None:
        with self._change:
            if self._closed:
                raise CannotKeep("closing")
            full = len(self._waiting) >= self._bound or self._waiting_bytes + ticket.size > BOUND_BYTES
            if self._waiting and full:
                raise CannotKeep("too many wait")
            self._waiting.append(ticket)
            self._waiting_bytes += ticket.size

    def _write(self) -> None:
        while tickets := self._take():
            self._settle(tickets)

    def _take(self) -> list[Ticket]:
        """All that waits, as soon as it is to begin; nothing once closed and empty."""
        with self._change:
            while not (self._due and self._waiting) and not self._closed:
                self._change.wait()
            tickets, self._waiting, self._waiting_bytes, self._due = self._waiting, [], 0, False
            return tickets

    def _settle(self, tickets: Sequence[Ticket]) -> None:
        try:
            news = self._keep_all(tickets)
        except (IntegrityError, DataError) as failure:
            self._settle_apart(tickets, failure)
        except Exception as failure:  # noqa: BLE001 - whatever happened, the callers are told and the writer lives on
            log.warning("inbox commit failed: %s", type(failure).__name__)
            _fail(tickets, failure)
        else:
            for ticket, new in zip(tickets, news, strict=True):
                ticket.new = new
            _tell(tickets)

    def _keep_all(self, tickets: Sequence[Ticket]) -> list[bool]:
        packed = [ticket.packed for ticket in tickets]
        commits = -(-len(packed) // inbox.ROWS_AT_ONCE)
        try:
            news = inbox.keep_at_once(self._database, packed)
        except Unclear:
            # whatever it met, the careful way meets it as well, and says what it is; what was kept after all is known by
            # then. Another process may keep the same deliveries in another order: what the server refuses for that is
            # done again
            news, commits = self._database.carry_out(lambda db: inbox.keep_packed(db, packed)), 1
        self.commits += commits
        self.deliveries += len(tickets)
        return news

    def _settle_apart(self, tickets: Sequence[Ticket], failure: Exception) -> None:
        """The database said no to one row: halves are tried, so that the others do not pay for it."""
        if len(tickets) == 1:
            log.warning("inbox refused a delivery: %s", type(failure).__name__)
            _fail(tickets, failure)
            return
        middle = len(tickets) // 2
        self._settle(tickets[:middle])
        self._settle(tickets[middle:])


class Ticket:
    """One waiting delivery."""

    __slots__ = ("failure", "new", "packed", "settled", "size")

    def __init__(self, packed: Packed, size: int, settled: Settled) -> None:
        self.packed = packed
        #: of the body as it came, which is in memory as long as it waits
        self.size = size
        self.settled = settled
        self.new = False
        self.failure: Exception | None = None

    def answer(self) -> bool:
        """What ``Keeper.keep`` answers, once it is settled. Raises CannotKeep."""
        if self.failure is not None:
            raise CannotKeep("the commit failed, or its outcome is unknown") from self.failure
        return self.new


def _fail(tickets: Sequence[Ticket], failure: Exception) -> None:
    for ticket in tickets:
        ticket.failure = failure
    _tell(tickets)


def _tell(tickets: Sequence[Ticket]) -> None:
    waiting: dict[Settled, list[Ticket]] = {}
    for ticket in tickets:
        waiting.setdefault(ticket.settled, []).append(ticket)
    for settled, theirs in waiting.items():
        settled(theirs)

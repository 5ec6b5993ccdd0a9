"""What one worker has claimed of the inbox, so that it can give back what the database did not let it finish.

Without this such rows would be free only once their lease ends, and that would look as if their worker had ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Self

from sqlalchemy.exc import DBAPIError

from plugin.runtime import Runtime
from storage import inbox
from storage.inbox import InboxRow

#: between two tries of one that failed because of the database
LONGEST_WAIT_SECONDS = 60


class Hands:
    """The claimed deliveries of one worker, for one step at a time."""

    def __init__(self) -> None:
        self._held: list[InboxRow] = []

    def add(self, rows: Sequence[InboxRow]) -> None:
        """Deliveries that were just claimed."""
        self._held.extend(rows)

    @contextmanager
    def at_work(self, runtime: Runtime) -> Iterator[Self]:
        """The time of one step. First gives back what the step before had to leave; as long as that fails, nothing begins.

        Only where the database failed is anything given back: what another fault left may be what ends workers.
        """
        if self._held:
            due = runtime.now() + back_off(max(row.attempts for row in self._held))
            with runtime.database.transaction() as db:
                inbox.give_back(db, self._held, run_at=due)
        self._held = []
        try:
            yield self
        except DBAPIError:
            raise
        except BaseException:
            self._held = []
            raise
        self._held = []


def back_off(attempts: int) -> timedelta:
    """How long what failed so often because of the database is left alone."""
    return timedelta(seconds=min(2.0 ** min(attempts, LONGEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS))

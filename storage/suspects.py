"""Deliveries that workers held when they ended: tried alone, and set aside once it must be they that end them.

One that makes its worker run out of memory, or crashes the interpreter, fails without a word: its lease ends, as do those
of all that were claimed with it. Who of them it was shows when each is in a worker's hands with nothing else.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from storage import claims, inbox
from storage.inbox import InboxRow
from storage.tables import inbox as kept

#: so many leases end by chance: a deploy, a machine that goes down, somebody's kill -9
BY_CHANCE = 2
#: and so many more while nothing else was in the same hands
ALONE = 5
#: where nothing was taken in for this long, it is not one delivery that ends workers
IDLE = timedelta(minutes=10)
REASON = (
    f"the worker ended each time it took this in, {ALONE} times with nothing else in its hands; "
    "regulars inbox rerun has it tried again"
)


def sort_out(
    db: Connection, rows: list[InboxRow], *, now: datetime
) -> tuple[list[InboxRow], list[InboxRow], list[InboxRow]]:
    """Of deliveries that this very transaction has claimed the sound ones, the suspects, and those it set aside.

    Suspects are let go as if they had not been claimed: where they stood in their line, and due at once, for ``claim``.
    So what happens to the sound ones is not put down to them. Without suspects nothing is asked of the database.
    While no worker lives to take in anything at all, after a bad update for instance, nothing is set aside.
    """
    if all(row.ended <= BY_CHANCE for row in rows):
        return rows, [], []
    found = [row for row in rows if row.ended > BY_CHANCE]
    guilty = [row for row in found if row.ended > BY_CHANCE + ALONE]
    if guilty and not _others_go_in(db, now):
        guilty = []
    for row in guilty:
        inbox.set_aside(db, row, REASON, now)
    # those that ended most are tried last: a worker that is slow to start again takes in the others first
    suspects = sorted((row for row in found if row not in guilty), key=lambda row: row.ended)
    if suspects:
        claims.let_go(db, kept, [row.delivery_row for row in suspects])
    return [row for row in rows if row.ended <= BY_CHANCE], suspects, guilty


def claim(db: Connection, row: InboxRow, *, now: datetime, lease_seconds: float) -> InboxRow | None:
    """Takes a suspect, to be taken in with nothing else; None where another has it, or it is settled."""
    taken = claims.claim_one(db, kept, row.delivery_row, now=now, lease_seconds=lease_seconds)
    return None if taken is None else inbox.claimed(taken)


def _others_go_in(db: Connection, now: datetime) -> bool:
    settled = inbox.newest_settled(db)
    return settled is not None and now - settled < IDLE

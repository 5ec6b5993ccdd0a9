"""The queue of webhooks: rows written with the change that they tell of, gone when the app has answered 2xx."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from plugin.sandbox.times import kept

_NAMES = UUID("6b9e3a52-6c0f-4b0e-9d0a-2f4b7f1a3c55")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One webhook to deliver: to the address that was configured when it was triggered, with the body of then."""

    number: int
    topic: str
    path: str
    body: bytes
    event_id: str
    triggered_at: str

    def webhook_id(self, domain: str) -> str:
        """The same for every try of this delivery."""
        return str(uuid5(_NAMES, f"{domain} delivery {self.number}"))


def enqueue(
    connection: sqlite3.Connection,
    *,
    subscriptions: Mapping[str, str],
    happened: Sequence[tuple[str, Mapping[str, Any]]],
    at: datetime,
) -> None:
    """Queues one event's webhooks, for the topics that are subscribed."""
    wanted = [(topic, body) for topic, body in happened if topic in subscriptions]
    if not wanted:
        return
    following = connection.execute(
        "SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'deliveries'"
    ).fetchone()[0]
    event_id = str(uuid5(_NAMES, f"event {following}"))
    connection.executemany(
        "INSERT INTO deliveries (topic, path, event_id, triggered_at, body) VALUES (?, ?, ?, ?, ?)",
        [(topic, subscriptions[topic], event_id, kept(at), encoded(body)) for topic, body in wanted],
    )


def encoded(body: Mapping[str, Any]) -> bytes:
    """A body's bytes."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def waiting(connection: sqlite3.Connection) -> list[int]:
    """The numbers of all deliveries in the queue, oldest first."""
    return [row[0] for row in connection.execute("SELECT id FROM deliveries ORDER BY id")]


def load(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[Outgoing]:
    """These deliveries, in the order asked for; those gone meanwhile are left out."""
    marks = ",".join("?" * len(numbers))
    rows = connection.execute(
        f"SELECT id, topic, path, event_id, triggered_at, body FROM deliveries WHERE id IN ({marks})",  # noqa: S608 (marks only)
        list(numbers),
    )
    found = {
        row["id"]: Outgoing(
            number=row["id"],
            topic=row["topic"],
            path=row["path"],
            body=row["body"],
            event_id=row["event_id"],
            triggered_at=row["triggered_at"],
        )
        for row in rows
    }
    return [found[number] for number in numbers if number in found]


def drop(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Takes deliveries out of the queue."""
    connection.executemany("DELETE FROM deliveries WHERE id = ?", [(number,) for number in numbers])

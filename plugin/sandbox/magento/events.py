"""Asynchronous events of the Mage-OS module: who listens, what waits in the queue, and how it is brought.

The entity is read when the queue is worked off, not when it happened. A delivery that gets an answer other than 2xx is
tried again; one that gets none (nobody there) is lost without a trace, as the module loses it.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import random
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from plugin.sandbox.magento.searching import Source
from plugin.sandbox.magento.values import Body, stamp

SUBSCRIPTIONS = Source(
    table="subscriptions",
    key="subscription_id",
    columns={name: name for name in ("subscription_id", "event_name", "recipient_url", "status", "subscribed_at")},
)
FIELDS = frozenset({"subscription_id", "event_name", "recipient_url", "verification_token", "status", "metadata",
                    "subscribed_at", "store_id"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Brought:
    """How many were taken, how many stay in the queue, how many are lost."""

    sent: int
    failed: int
    lost: int


def subscribe(connection: sqlite3.Connection, given: Body, *, now: datetime, number: int | None = None) -> Body:
    """A new subscription, or an old one changed; the token is never told again."""
    row = connection.execute(
        "INSERT INTO subscriptions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (subscription_id) DO UPDATE SET"
        " event_name = excluded.event_name, recipient_url = excluded.recipient_url,"
        " verification_token = excluded.verification_token, status = excluded.status RETURNING *",
        (
            number, given["event_name"], given["recipient_url"], given.get("verification_token", ""),
            int(given.get("status", True)), stamp(now),
        ),
    ).fetchone()  # fmt: skip
    return body(row) | {"subscribed_at": row["subscribed_at"].replace(" ", "T") + "+00:00"}


def body(row: sqlite3.Row) -> Body:
    """A subscription as the API shows it."""
    return {
        "subscription_id": row["subscription_id"], "event_name": row["event_name"],
        "recipient_url": row["recipient_url"], "status": bool(row["status"]), "subscribed_at": row["subscribed_at"],
        "store_id": 0,
    }  # fmt: skip


def enqueue(connection: sqlite3.Connection, happened: Sequence[tuple[str, str, int]]) -> None:
    """Queues (event, kind of entity, its number) where somebody listens."""
    for event, kind, entity_id in happened:
        connection.execute(
            "INSERT INTO events (event_name, kind, entity_id) SELECT ?, ?, ? WHERE EXISTS"
            " (SELECT 1 FROM subscriptions WHERE event_name = ? AND status = 1)",
            (event, kind, entity_id, event),
        )


def bring(
    transaction: Callable[[], object],
    read: Callable[[sqlite3.Connection, str, int], Body | None],
    *,
    lose_share: float = 0.0,
    duplicate_share: float = 0.0,
    rng: random.Random | None = None,
    timeout: float = 5.0,
) -> Brought:
    """Works the queue off: each event to each listener. ``transaction`` opens the store's file."""
    chance = rng or random.Random(0)  # noqa: S311 (chances of loss, not secrets)
    with transaction() as connection:  # type: ignore[attr-defined]
        queued = connection.execute("SELECT * FROM events ORDER BY number").fetchall()
        listening = connection.execute("SELECT * FROM subscriptions WHERE status = 1").fetchall()
    sent = failed = lost = 0
    for event in queued:
        with transaction() as connection:  # type: ignore[attr-defined]
            entity = read(connection, event["kind"], event["entity_id"])
        letter = json.dumps({"data": entity}, separators=(",", ":")).encode()
        good = True
        for one in listening:
            if one["event_name"] != event["event_name"] or entity is None:
                continue
            if chance.random() < lose_share:
                lost += 1
                continue
            for _ in range(2 if chance.random() < duplicate_share else 1):
                status = _post(one["recipient_url"], one["verification_token"], letter, timeout)
                lost += status is None
                good = good and (status is None or 200 <= status < 300)
                sent += status is not None and 200 <= status < 300
        failed += not good
        if good:
            with transaction() as connection:  # type: ignore[attr-defined]
                connection.execute("DELETE FROM events WHERE number = ?", (event["number"],))
    return Brought(sent=sent, failed=failed, lost=lost)


def signature(letter: bytes, token: str) -> str:
    """The hexadecimal HMAC-SHA256 over the raw bytes."""
    return hmac.digest(token.encode(), letter, hashlib.sha256).hex()


def _post(url: str, token: str, letter: bytes, timeout: float) -> int | None:
    """The status of the answer; None when nobody was there."""
    target = urlsplit(url)
    kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    wire = kind(target.netloc, timeout=timeout)
    headers = {
        "User-Agent": "GuzzleHttp/7", "Content-Type": "application/json", "x-magento-signature": signature(letter, token),
    }  # fmt: skip
    try:
        wire.request("POST", target.path, body=letter, headers=headers)
        return wire.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        wire.close()

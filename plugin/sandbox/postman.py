"""Signs the queued webhooks and brings them to the app: kept connections, several threads, tries again what fails."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import random
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import local
from urllib.parse import urlsplit

from plugin.sandbox import deliveries
from plugin.sandbox.deliveries import Outgoing
from plugin.sandbox.store import API_VERSION, Store

TRIES = 8
FIRST_PAUSE_SECONDS = 0.05
BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Chaos:
    """What may go wrong on the way, in shares of all deliveries."""

    rng: random.Random
    duplicate_share: float = 0.0
    lose_share: float = 0.0
    shuffle: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """How it went: accepted by the app, sent once more though accepted, still queued after all tries, never sent."""

    sent: int
    duplicates: int
    failed: int
    lost: int = 0


class _Round:
    """One pass over a plan; a number stands in it as often as its delivery is sent."""

    def __init__(self, plan: Sequence[int]) -> None:
        self.to_send = Counter(plan)
        self.accepted: Counter[int] = Counter()

    def note(self, number: int, *, good: bool) -> None:
        self.to_send[number] -= 1
        self.accepted[number] += good

    def finished(self, numbers: Iterable[int]) -> list[int]:
        """Those that the app accepted and that need not be sent again."""
        return [number for number in numbers if self.accepted[number] and not self.to_send[number]]

    def failed(self) -> list[int]:
        """Those that the app did not accept once."""
        return [number for number, times in self.accepted.items() if not times]


class Postman:
    """Brings one store's webhooks to its app. ``timeout`` is seconds for one answer; ``sleep`` waits between tries."""

    def __init__(
        self, store: Store, *, threads: int = 4, timeout: float = 5.0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._store = store
        self._timeout = timeout
        self._sleep = sleep
        self._wires = local()
        self._open: list[http.client.HTTPConnection] = []
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="postman")

    def close(self) -> None:
        """Ends the threads and their connections."""
        self._pool.shutdown()
        for wire in self._open:
            wire.close()

    def deliver(self, *, chaos: Chaos | None = None) -> Delivered:
        """Delivers what is queued now. Each delivery is tried up to 8 times; what still fails stays queued."""
        with self._store.transaction() as connection:
            numbers = deliveries.waiting(connection)
        plan, lost = _upset(numbers, chaos)
        self._forget(lost)
        sent = duplicates = 0
        for attempt in range(TRIES):
            if attempt:
                self._sleep(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
            done = self._once(plan)
            accepted = [times for times in done.accepted.values() if times]
            sent += len(accepted)
            duplicates += sum(accepted) - len(accepted)
            plan = done.failed()
            if not plan:
                break
        return Delivered(sent=sent, duplicates=duplicates, failed=len(plan), lost=len(lost))

    def _once(self, plan: Sequence[int]) -> _Round:
        done = _Round(plan)
        for start in range(0, len(plan), BATCH):
            with self._store.transaction() as connection:
                letters = deliveries.load(connection, plan[start : start + BATCH])
            for letter, good in zip(letters, self._pool.map(self._bring, letters), strict=True):
                done.note(letter.number, good=good)
            self._forget(done.finished({letter.number for letter in letters}))
        return done

    def _forget(self, numbers: Sequence[int]) -> None:
        if numbers:
            with self._store.transaction() as connection:
                deliveries.drop(connection, numbers)

    def _bring(self, letter: Outgoing) -> bool:
        """One try: True for an answer of 2xx."""
        target = urlsplit(self._store.app_url)
        wire = self._wire()
        for kept in (wire.sock is not None, False):
            try:
                wire.request("POST", target.path + letter.path, body=letter.body, headers=self._headers(letter))
                answer = wire.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                wire.close()
                if kept and isinstance(error, ConnectionError):
                    continue  # a kept connection may have been closed while it rested
                return False
            return 200 <= answer.status < 300
        return False

    def _wire(self) -> http.client.HTTPConnection:
        """This thread's connection; a closed one opens itself when it is used."""
        wire: http.client.HTTPConnection | None = getattr(self._wires, "wire", None)
        if wire is None:
            wire = self._wires.wire = self._dial()
            self._open.append(wire)
        return wire

    def _dial(self) -> http.client.HTTPConnection:
        target = urlsplit(self._store.app_url)
        if target.scheme == "https":
            return http.client.HTTPSConnection(
                target.netloc, timeout=self._timeout, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(target.netloc, timeout=self._timeout)

    def _headers(self, letter: Outgoing) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-API-Version": API_VERSION,
            "X-Shopify-Event-Id": letter.event_id,
            "X-Shopify-Hmac-Sha256": signature(letter.body, self._store.client_secret),
            "X-Shopify-Shop-Domain": self._store.domain,
            "X-Shopify-Topic": letter.topic,
            "X-Shopify-Triggered-At": letter.triggered_at,
            "X-Shopify-Webhook-Id": letter.webhook_id(self._store.domain),
        }


def signature(body: bytes, client_secret: str) -> str:
    """The base64 HMAC-SHA256 over the raw bytes."""
    return base64.b64encode(hmac.digest(client_secret.encode(), body, hashlib.sha256)).decode()


def _upset(numbers: Sequence[int], chaos: Chaos | None) -> tuple[list[int], list[int]]:
    """The numbers in the order of delivery, some twice; and those that get lost."""
    if chaos is None:
        return list(numbers), []
    plan: list[int] = []
    lost: list[int] = []
    for number in numbers:
        if chaos.rng.random() < chaos.lose_share:
            lost.append(number)
        else:
            plan += [number] * (2 if chaos.rng.random() < chaos.duplicate_share else 1)
    if chaos.shuffle:
        chaos.rng.shuffle(plan)
    return plan, lost

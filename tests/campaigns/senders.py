"""Many stores' postmen at once: they deliver signed, write down what was acknowledged, and begin again when cut off."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

from plugin.sandbox.deliveries import Outgoing
from tests.campaigns.town import DOMAIN, SECRET, Town, name
from webhooks.shopify import signature

PURCHASES_AT_ONCE = 40
PATIENCE_SECONDS = 20
#: between two tries at a server that is not there
PAUSE_SECONDS = 0.02


@dataclass
class Book:
    """What was sent and what came back; the numbers are of deliveries."""

    sent: dict[int, Outgoing] = field(default_factory=dict)
    acknowledged: set[int] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    #: seconds to each answer 200
    seconds: list[float] = field(default_factory=list)
    #: answers of this kind carry Retry-After, or they are listed here
    without_retry_after: int = 0

    def unanswered(self) -> list[Outgoing]:
        """What has not been acknowledged yet."""
        return [one for number, one in self.sent.items() if number not in self.acknowledged]

    def percentile(self, share: float) -> float:
        """The time to an answer 200 that this share of them did not exceed, in seconds."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Source:
    """A town's deliveries without end, safe to be taken by many threads."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._lock = threading.Lock()
        self._ready: deque[Outgoing] = deque()

    def __iter__(self) -> Source:
        return self

    def __next__(self) -> Outgoing:
        with self._lock:
            if not self._ready:
                self._ready.extend(self._town.live(PURCHASES_AT_ONCE))
            return self._ready.popleft()

    def left(self) -> list[Outgoing]:
        """What has happened in the town and was not taken yet."""
        with self._lock:
            return list(self._ready)


class Postman:
    """One kept connection."""

    def __init__(self, port: int, book: Book) -> None:
        self._line = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        self._book = book

    def deliver(self, one: Outgoing) -> int:
        """The answer's status; nought where the connection broke."""
        self._book.sent[one.number] = one
        began = time.perf_counter()
        try:
            self._line.request("POST", one.path, one.body, headers(one))
            answer = self._line.getresponse()
            answer.read()
        except (OSError, HTTPException):
            self._line.close()
            self._book.statuses[0] += 1
            return 0
        self._book.statuses[answer.status] += 1
        if answer.status == 200:
            self._book.seconds.append(time.perf_counter() - began)
            self._book.acknowledged.add(one.number)
        elif answer.status == 503 and not answer.headers["Retry-After"]:
            self._book.without_retry_after += 1
        return answer.status

    def close(self) -> None:
        """Hangs up."""
        self._line.close()


def headers(one: Outgoing) -> dict[str, str]:
    """What Shopify sends beside the body; the id tells which delivery of the campaign it is."""
    return {
        "X-Shopify-Webhook-Id": name(one.number),
        "X-Shopify-Topic": one.topic,
        "X-Shopify-Hmac-Sha256": signature.sign(one.body, SECRET).decode(),
        "X-Shopify-Shop-Domain": DOMAIN,
        "X-Shopify-Event-Id": one.event_id,
        "X-Shopify-Triggered-At": one.triggered_at,
        "X-Shopify-API-Version": "2026-10",
        "Content-Type": "application/json",
    }


def deliver_all(port: int, waiting: Sequence[Outgoing], book: Book, *, clients: int = 6) -> None:
    """Delivers each until it is acknowledged, as stores do."""
    left = deque(waiting)

    def work() -> None:
        postman = Postman(port, book)
        while left:
            try:
                one = left.popleft()
            except IndexError:
                break
            if postman.deliver(one) != 200:
                left.append(one)
                time.sleep(PAUSE_SECONDS)
        postman.close()

    _all(work, clients)


@contextmanager
def under_load(port: int, source: Iterator[Outgoing], book: Book, *, clients: int = 8) -> Iterator[Book]:
    """Deliveries go on coming for as long as the block lasts; what was not acknowledged is not tried again."""
    stop = threading.Event()

    def work() -> None:
        postman = Postman(port, book)
        while not stop.is_set():
            if not postman.deliver(next(source)):
                stop.wait(PAUSE_SECONDS)
        postman.close()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield book
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE_SECONDS + 10)
            assert not thread.is_alive(), "a postman waits for ever"


def _all(work: object, clients: int) -> None:
    threads = [threading.Thread(target=work, daemon=True) for _ in range(clients)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

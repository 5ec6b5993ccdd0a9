"""Failures to order: what the next calls of the store's API suffer, or what share of all calls."""

from __future__ import annotations

import random
from collections.abc import Mapping
from enum import StrEnum
from threading import Event, Lock


class Mishap(StrEnum):
    """What can happen to one call of the API."""

    #: no answer in time, and nothing was done
    TIMEOUT_BEFORE = "timeout_before"
    #: no answer in time, but it was done
    TIMEOUT_AFTER = "timeout_after"
    #: 503 with a page of HTML, nothing done
    SERVER_ERROR = "server_error"
    #: 502 with a page of HTML, but it was done
    BAD_GATEWAY = "bad_gateway"
    #: the connection breaks, nothing done
    RESET = "reset"
    #: the connection breaks after it was done
    LOST_ANSWER = "lost_answer"
    #: a discount looked up by its code is not found yet
    READ_LAG = "read_lag"
    #: HTTP 200 with THROTTLED
    THROTTLED = "throttled"
    #: HTTP 429 with Retry-After
    TOO_MANY = "too_many"


class Weather:
    """Fine until told otherwise. ``hold_seconds`` is how long a call without an answer is kept open."""

    def __init__(self, *, hold_seconds: float = 30.0) -> None:
        self.hold_seconds = hold_seconds
        self._lock = Lock()
        self._next: list[tuple[Mishap, bytes]] = []
        self._shares: tuple[tuple[Mishap, float], ...] = ()
        self._rng = random.Random(0)  # noqa: S311 (chances of failure, not secrets)
        self._released = Event()

    def expect(self, *mishaps: Mishap, only: str = "") -> None:
        """The next calls suffer these, one each, in order; ``only`` leaves calls without this text in their body alone."""
        with self._lock:
            self._next += [(mishap, only.encode()) for mishap in mishaps]

    def chances(self, shares: Mapping[Mishap, float], rng: random.Random) -> None:
        """From now on each call suffers a mishap with its share as probability; shares add up to 1 at most."""
        if sum(shares.values()) > 1 or min(shares.values(), default=0) < 0:
            raise ValueError("Shares of mishaps are between 0 and 1 and add up to 1 at most.")
        with self._lock:
            self._shares, self._rng = tuple(shares.items()), rng

    def clear(self) -> None:
        """Fine again; calls that are held open are let go."""
        with self._lock:
            self._next, self._shares = [], ()
            self._released.set()
            self._released = Event()

    def strike(self, body: bytes) -> Mishap | None:
        """What this call suffers; an expected mishap is used up by it."""
        with self._lock:
            for place, (mishap, only) in enumerate(self._next):
                if only in body:
                    del self._next[place]
                    return mishap
            return self._by_chance()

    def hold(self) -> None:
        """Waits as a store that does not answer would, or until the weather clears."""
        with self._lock:
            released = self._released
        released.wait(self.hold_seconds)

    def _by_chance(self) -> Mishap | None:
        if not self._shares:
            return None
        left = self._rng.random()
        for mishap, share in self._shares:
            left -= share
            if left < 0:
                return mishap
        return None

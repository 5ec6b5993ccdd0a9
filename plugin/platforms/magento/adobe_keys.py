"""The public keys that Adobe signs its events with: fetched from Adobe's own host, kept for a day, never too often."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from plugin.platforms.line import Line
from plugin.platforms.protocol import PlatformError

HOST = "https://static.adobeioevents.com"
KEPT_SECONDS = 86_400.0
#: a key that could not be fetched is asked for again after this
MISSED_SECONDS = 60.0
#: paths come from outside: no more are remembered, or asked for in a minute, than Adobe has any use for
MOST_KEPT = 16
MOST_A_MINUTE = 10
LONGEST_KEY = 8192
OK = 200


@dataclass(slots=True)
class AdobeKeys:
    """``monotonic`` is a clock that only runs forward, in seconds; ``host`` another one in tests."""

    line: Line
    monotonic: Callable[[], float]
    host: str = HOST
    kept: dict[str, tuple[float, bytes | None]] = field(default_factory=dict)
    asked: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, path: str) -> bytes | None:
        """The key (PEM) at a path that looks like one; None where there is none, or it cannot be had now."""
        with self.lock:
            now = self.monotonic()
            until, key = self.kept.get(path, (0.0, None))
            if now < until or not self._may_ask(now):
                return key
            fetched = self._fetch(path)
            if len(self.kept) >= MOST_KEPT:
                self.kept.clear()
            self.kept[path] = (now + (KEPT_SECONDS if fetched else MISSED_SECONDS), fetched)
            return fetched

    def _may_ask(self, now: float) -> bool:
        self.asked = [at for at in self.asked if at > now - 60]
        if len(self.asked) >= MOST_A_MINUTE:
            return False
        self.asked.append(now)
        return True

    def _fetch(self, path: str) -> bytes | None:
        try:
            reply = self.line.send("GET", self.host + path, headers={}, body=None)
        except PlatformError:
            return None
        return reply.body if reply.status == OK and len(reply.body) <= LONGEST_KEY else None

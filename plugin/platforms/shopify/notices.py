"""What a store's answers say beside what was asked: our version is retired, a field will be, an error that nobody knows.

Each is told once a day for a store and process, however often it comes; the worker writes what is new beside the shop.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from threading import Lock

logger = logging.getLogger(__name__)

#: another version answered than was asked for
VERSION = "version"
#: something that was asked for will go
DEPRECATED = "deprecated"
#: an answer that lacks a part
PARTIAL = "partial"
#: an error that this program does not know
UNKNOWN = "unknown"
#: the store takes no more of something
FULL = "full"
KINDS = (VERSION, DEPRECATED, PARTIAL, UNKNOWN, FULL)
LONGEST_WORDS = 200
MOST_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that a store's answer said; ``words`` are Shopify's names of fields, codes and versions, nothing personal."""

    shop: str
    kind: str
    words: str


@dataclass(slots=True)
class Notices:
    """What was noticed. ``count`` hears of every one, with its kind."""

    count: Callable[[str], None] = lambda _: None
    _known: set[Notice] = field(default_factory=set)
    _new: list[Notice] = field(default_factory=list)
    _day: date | None = None
    _lock: Lock = field(default_factory=Lock)

    def tell(self, shop: str, kind: str, words: str) -> None:
        """Something was noticed in an answer of this store."""
        self.count(kind)
        notice = Notice(shop, kind, words[:LONGEST_WORDS])
        with self._lock:
            if notice in self._known:
                return
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known.add(notice)
            self._new.append(notice)
        logger.warning("Shopify's answer to %s: %s (%s)", shop, kind, notice.words)

    def take(self, day: date | None = None) -> list[Notice]:
        """What is new since it was last asked; on another ``day`` what goes on is new once more."""
        with self._lock:
            if day != self._day:
                self._known.clear()
                self._day = day
            new, self._new = self._new, []
        return new

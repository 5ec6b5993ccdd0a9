"""How far asking a store what is new has come, what it found that no delivery had told, and when it is asked next."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

#: a change may become visible after later ones: times are stamped before the commit, and clocks jump
OVERLAP = timedelta(minutes=10)
#: a change younger than this may still be on its way to us by itself
GRACE = timedelta(minutes=2)
EVERY = timedelta(minutes=5)
EVERY_WHILE_HEALTHY = timedelta(minutes=15)
#: this long without anything lost, and something heard, is healthy
HEALTHY_AFTER = timedelta(days=1)
SWEEP_EVERY = timedelta(days=1)
SWEEP_BACK = timedelta(days=7)
#: waits after the first, second, … time that the store could not be asked
AGAIN_AFTER = (timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=5))
SHUT_OUT = timedelta(minutes=15)
MOST_REFUSED = 20
MOMENTS = ("orders_at", "creditmemos_at", "swept_at", "lost_at", "asked_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """All of it; kept as a document beside the connection."""

    #: everything that changed before then was read
    orders_at: datetime | None = None
    creditmemos_at: datetime | None = None
    #: when the last sweep over the last days ended, and how far the present one is; None while none is under way
    swept_at: datetime | None = None
    sweep_after: int | None = None
    #: the accounts up to this id were looked for; None while nobody looks
    accounts_after: str | None = None
    #: history: the last numbers that were read, and whether that is all
    past_orders: int = 0
    past_creditmemos: int = 0
    past_done: bool = False
    past_read: int = 0
    past_total: int = 0
    #: changes that deliveries had brought before, and such that they had not
    heard: int = 0
    lost: int = 0
    lost_at: datetime | None = None
    #: the store has modules that tell us what happens
    events: bool = False
    #: when the store last answered, how often it has not since, and what is wrong
    asked_at: datetime | None = None
    failures: int = 0
    trouble: str = ""
    #: orders and credit memos that could not be understood, and why; the latest few
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def healthy(self) -> bool:
        """Deliveries come and bring everything; so the store is asked less often."""
        if self.asked_at is None or not self.events or not self.heard:
            return False
        return self.lost_at is None or self.asked_at - self.lost_at > HEALTHY_AFTER

    def answered(self, now: datetime) -> Polled:
        """The store has told everything that it was asked."""
        return replace(self, asked_at=now, failures=0, trouble="")

    def unanswered(self, trouble: str) -> Polled:
        """The store could not be asked, or did not let us in."""
        return replace(self, failures=self.failures + 1, trouble=trouble)

    def next_at(self, now: datetime) -> datetime:
        """When the store is asked next."""
        if self.failures:
            return now + AGAIN_AFTER[min(self.failures, len(AGAIN_AFTER)) - 1]
        if not self.past_done:
            return now
        return now + (EVERY_WHILE_HEALTHY if self.healthy else EVERY)

    def sweep_due(self, now: datetime) -> bool:
        """Whether the last days are to be read once more, or are being read."""
        return self.sweep_after is not None or self.swept_at is None or now - self.swept_at >= SWEEP_EVERY

    def with_refused(self, refused: dict[str, str], understood: set[str]) -> Polled:
        """The latest few of what could not be understood, less what could be since."""
        left = {name: why for name, why in self.refused.items() if name not in understood} | refused
        return self if left == self.refused else replace(self, refused=dict(list(left.items())[-MOST_REFUSED:]))


def from_document(told: dict[str, Any]) -> Polled:
    """What was kept; fields that only another version knows are left out."""
    known = {one.name for one in fields(Polled)}
    given = {name: value for name, value in told.items() if name in known}
    moments = {name: _moment(given[name]) for name in MOMENTS if given.get(name) is not None}
    return Polled(**{**given, **moments})


def to_document(polled: Polled) -> dict[str, Any]:
    """As it is kept."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(polled).items()}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)

"""Points in time as the store keeps and writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def kept(at: datetime) -> str:
    """UTC text of one width, so that text order is time order."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read(text: str) -> datetime:
    """A point in time out of ISO 8601 text; UTC is taken where the text names no offset. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def with_offset(at: datetime, zone: ZoneInfo) -> str:
    """The way of REST bodies: whole seconds with the shop's offset."""
    return at.astimezone(zone).isoformat(timespec="seconds")


def zulu(at: datetime) -> str:
    """The way of GraphQL answers: whole seconds with a Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""Takes values out of a store's answer, which is untrusted: each comes in the type asked for, or the answer is in doubt."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from plugin.platforms.protocol import InDoubt

LONGEST_TEXT = 2048


def mapping(value: Any, what: str) -> dict[str, Any]:
    """An object. Raises InDoubt."""
    if not isinstance(value, dict):
        raise InDoubt(f"the answer's {what} is no object")
    return value


def items(value: Any, what: str) -> list[dict[str, Any]]:
    """A list of objects. Raises InDoubt."""
    if not isinstance(value, list):
        raise InDoubt(f"the answer's {what} is no list")
    return [mapping(item, what) for item in value]


def texts(value: Any, what: str) -> tuple[str, ...]:
    """A list of texts. Raises InDoubt."""
    if not isinstance(value, list):
        raise InDoubt(f"the answer's {what} is no list")
    return tuple(text(item, what) for item in value)


def text(value: Any, what: str, *, longest: int = LONGEST_TEXT) -> str:
    """A text of a length that makes sense. Raises InDoubt."""
    if not isinstance(value, str) or len(value) > longest:
        raise InDoubt(f"the answer's {what} is no text")
    return value


def count(value: Any, what: str) -> int:
    """A whole number, not negative. Raises InDoubt."""
    if type(value) is not int or value < 0:
        raise InDoubt(f"the answer's {what} is no count")
    return value


def flag(value: Any, what: str) -> bool:
    """Yes or no. Raises InDoubt."""
    if not isinstance(value, bool):
        raise InDoubt(f"the answer's {what} is neither true nor false")
    return value


def moment(value: Any, what: str) -> datetime:
    """An instant in UTC; a time without a zone is none. Raises InDoubt."""
    try:
        parsed = datetime.fromisoformat(text(value, what))
        if parsed.tzinfo is not None:
            return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InDoubt(f"the answer's {what} is no instant")

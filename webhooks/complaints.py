"""What marshmallow complains about, in one line: names of fields and rules, never what stood in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from marshmallow import ValidationError

LONGEST_REASON_CHARACTERS = 200


def told(wrong: ValidationError) -> str:
    """The complaints as ``line_items.3.price: not an amount; …``, cut where it gets long."""
    return "; ".join(_complaints(wrong.messages))[:LONGEST_REASON_CHARACTERS]


def _complaints(messages: Any, path: str = "") -> Iterable[str]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            # "_schema" is how marshmallow names the object itself
            parts = (path,) if key == "_schema" else (path, str(key))
            yield from _complaints(inner, ".".join(filter(None, parts)))
    else:
        for message in messages:
            yield f"{path or 'body'}: {message}"

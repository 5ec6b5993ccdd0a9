"""A program as it is kept: a plain JSON value with a format, money in minor units under names ending in ``_minor``.

Format 2 has every field. Format 1 is what was kept before there was more than a percentage to give; what it lacks
means: as it was then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from plugin.rewards.problem import InvalidProgram, Problem
from plugin.rewards.program import Program
from plugin.rewards.shape import MoneyForm, Unreadable, from_plain, to_plain

FORMAT = 2
READABLE = (1, FORMAT)


def to_stored(program: Program) -> dict[str, Any]:
    """The JSON value to keep; ``from_stored`` gives an equal program back."""
    return {"format": FORMAT, **to_plain(program, MONEY)}


def from_stored(body: Mapping[str, Any]) -> Program:
    """The program of a kept value. Raises InvalidProgram for another format, unknown or missing fields, wrong types."""
    try:
        text = json.dumps(body)
    except (TypeError, ValueError):
        return _read(body)
    return _known(text)


@lru_cache(maxsize=256)
def _known(text: str) -> Program:
    """Rules are read with every batch and change once in a month."""
    return _read(json.loads(text))


def _read(body: Mapping[str, Any]) -> Program:
    held = dict(body)
    found = held.pop("format", None)
    if found not in READABLE or isinstance(found, bool):
        message = f"This program is kept in format {found!r}; this version of Regulars reads up to format {FORMAT}."
        raise InvalidProgram([Problem(field="format", code="format", message=message)])
    return from_plain(held, MONEY)


def _minor(value: Any) -> int:
    if type(value) is not int:
        raise Unreadable("type", "This must be a whole number of minor units.")
    return value


MONEY = MoneyForm(suffix="_minor", write=int, read=_minor)

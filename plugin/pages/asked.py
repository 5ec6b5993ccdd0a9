"""What a list's address asks for: known filters, a sort, a page. What is not known asks for nothing.

A page of a long list is named by the row before it (``after``) or after it (``before``): the values it is sorted by,
and the number it had. It holds nothing that its reader has not seen.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from plugin.pages import formats
from plugin.pages.say import _
from storage.listings import Part, Place

Query = Mapping[str, str]
PAGE_ROWS = 50
#: no list is this long; beyond it an address is a slip
LAST_PAGE = 100_000
#: of a sort value, on either database
LARGEST = 2**62
LONGEST_CURSOR = 400
LONGEST_ID = 100
SCORES = ("1", "2", "3", "4", "5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A filter as a select: its name in the address, what it is called, its values with their names."""

    name: str
    label: str
    options: list[tuple[str, str]]
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Where in the list one is; empty paths where there is nothing before or after."""

    text: str
    before: str
    after: str


def one_of(query: Query, name: str, known: Collection[str]) -> str:
    """The value of a filter, or "" for none and for one that is not known."""
    value = query.get(name, "")
    return value if value in known else ""


def begins(query: Query, name: str) -> str:
    """What an id is to begin with; "" for less than two signs and for what no id holds."""
    text = query.get(name, "").strip()
    return text if 2 <= len(text) <= LONGEST_ID and text.isprintable() else ""


def score(query: Query, name: str) -> int | None:
    """A score from 1 to 5, or None."""
    found = one_of(query, name, SCORES)
    return int(found) if found else None


def page(query: Query) -> int:
    """The page asked for, from 1."""
    text = query.get("page", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(LAST_PAGE)) else 1
    return min(max(number, 1), LAST_PAGE)


def offset(query: Query) -> int:
    """How many rows come before the page asked for."""
    return (page(query) - 1) * PAGE_ROWS


def place(query: Query, *, values: int) -> tuple[Place | None, int]:
    """Where the page begins, by so many sort values, and the number of its first row; the beginning for no known row."""
    for name in ("after", "before"):
        if name in query and (found := _read(query[name])) and len(found[1]) == values:
            number, keys = found
            backwards = name == "before"
            return Place(keys, backwards=backwards), max(number - PAGE_ROWS, 1) if backwards else number + 1
    return None, 1


def turning(path: str, kept: Mapping[str, Any], part: Part[Any], number: int) -> Paging:
    """Previous and next of a page whose first row has this number, and "1–50 of 2,400"."""
    last = number + len(part.items) - 1
    before, after = cursors(part, number)
    return Paging(
        text=_span(number, last, part.count) if part.items else "",
        before=address(path, {**kept, "before": before}) if before else "",
        after=address(path, {**kept, "after": after}) if after else "",
    )


def cursors(part: Part[Any], number: int) -> tuple[str, str]:
    """What names the page before and the one after; "" where there is none."""
    before = _written(number, part.first) if part.items and part.before else ""
    after = _written(number + len(part.items) - 1, part.last) if part.items and part.after else ""
    return before, after


def address(path: str, kept: Mapping[str, Any]) -> str:
    """A path with the filters that are set."""
    query = urlencode({name: value for name, value in kept.items() if value})
    return f"{path}?{query}" if query else path


def switch(path: str, name: str, choices: Mapping[str, Any], kept: Mapping[str, str]) -> list[dict[str, Any]]:
    """Links that change one part of a page and keep the rest; each is found again by its id."""
    return [
        {
            "id": f"{name}-{key}",
            "text": str(text),
            "path": address(path, {**kept, name: key}),
            "current": kept[name] == key,
        }
        for key, text in choices.items()
    ]


def paging(path: str, query: Query, kept: Mapping[str, Any], *, shown: int, count: int) -> Paging:
    """Previous and next, and "1–50 of 2,400"."""
    at, first = page(query), offset(query) + 1
    return Paging(
        text=_span(first, first + shown - 1, count) if shown else "",
        before=address(path, {**kept, "page": at - 1 if at > 2 else ""}) if at > 1 else "",
        after=address(path, {**kept, "page": at + 1}) if first + shown - 1 < count and shown else "",
    )


def _span(first: int, last: int, count: int) -> str:
    span = (formats.number(first), formats.number(last), formats.number(count))
    return _("%(first)s–%(last)s of %(all)s", first=span[0], last=span[1], all=span[2])


def _written(number: int, keys: Sequence[Any]) -> str:
    return urlsafe_b64encode(json.dumps([number, *keys], separators=(",", ":")).encode()).decode().rstrip("=")


def _read(text: str) -> tuple[int, tuple[Any, ...]] | None:
    """The number of a row and its sort values, numbers and then an id; None for anything else."""
    if len(text) > LONGEST_CURSOR:
        return None
    try:
        number, *keys = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError, RecursionError):
        return None
    numbers, who = [number, *keys[:-1]], keys[-1] if keys else None
    fits = all(type(one) is int and -LARGEST <= one <= LARGEST for one in numbers)
    return (number, tuple(keys)) if fits and isinstance(who, str) and "\0" not in who and len(numbers) > 1 else None

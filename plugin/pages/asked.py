"""What a list's address asks for: known filters, a sort, a page. What is not known asks for nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from plugin.pages import formats
from plugin.pages.say import _

Query = Mapping[str, str]
PAGE_ROWS = 50
#: no list is this long; beyond it an address is a slip
LAST_PAGE = 100_000
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


def address(path: str, kept: Mapping[str, Any]) -> str:
    """A path with the filters that are set."""
    query = urlencode({name: value for name, value in kept.items() if value})
    return f"{path}?{query}" if query else path


def paging(path: str, query: Query, kept: Mapping[str, Any], *, shown: int, count: int) -> Paging:
    """Previous and next, and "1–50 of 2,400"."""
    at, first = page(query), offset(query) + 1
    span = (formats.number(first), formats.number(first + shown - 1), formats.number(count))
    text = _("%(first)s–%(last)s of %(all)s", first=span[0], last=span[1], all=span[2]) if shown else ""
    return Paging(
        text=text,
        before=address(path, {**kept, "page": at - 1 if at > 2 else ""}) if at > 1 else "",
        after=address(path, {**kept, "page": at + 1}) if first + shown - 1 < count and shown else "",
    )

"""What is searched for: filters, order and page, written as Magento's ``searchCriteria``.

Groups are joined by AND, the filters inside a group by OR. The direction of the order is always written, because
Magento takes none for descending; so is the size of a page, because Magento takes none for everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

#: fits under the limit that a merchant may have set (300)
USUAL_PAGE = 100


@dataclass(frozen=True, slots=True)
class Filter:
    """A field compared with a value; the condition is one of Magento's, ``in`` takes a list with commas."""

    field: str
    value: str
    condition: str = "eq"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """``groups`` of filters, ``order`` as (field, ascending), the ``fields`` projection ("" for all)."""

    groups: tuple[tuple[Filter, ...], ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    page_size: int = USUAL_PAGE
    page: int = 1
    fields: str = ""

    def params(self) -> list[tuple[str, str]]:
        """The query, in its order."""
        told: list[tuple[str, str]] = []
        for number, group in enumerate(self.groups):
            for place, one in enumerate(group):
                at = f"searchCriteria[filterGroups][{number}][filters][{place}]"
                told += [
                    (f"{at}[field]", one.field),
                    (f"{at}[value]", one.value),
                    (f"{at}[conditionType]", one.condition),
                ]
        for number, (name, ascending) in enumerate(self.order):
            at = f"searchCriteria[sortOrders][{number}]"
            told += [(f"{at}[field]", name), (f"{at}[direction]", "ASC" if ascending else "DESC")]
        told += [
            ("searchCriteria[pageSize]", str(self.page_size)),
            ("searchCriteria[currentPage]", str(self.page)),
        ]
        return told + ([("fields", self.fields)] if self.fields else [])


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of what was found, and how much there is altogether."""

    items: tuple[dict[str, Any], ...]
    total: int


def where(*filters: Filter) -> tuple[tuple[Filter, ...], ...]:
    """Groups of one filter each: all of them hold."""
    return tuple((one,) for one in filters)


def any_of(name: str, values: Sequence[object]) -> Filter:
    """The field is one of these values, none of which may hold a comma."""
    return Filter(name, ",".join(str(one) for one in values), "in")


def instant(moment: datetime) -> str:
    """A moment as Magento compares it: UTC without a zone, whole seconds. Raises ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")

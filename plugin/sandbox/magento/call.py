"""One call of the REST API: what was asked, by which store, on its open file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from plugin.sandbox.magento.refusals import Refused, required
from plugin.sandbox.magento.searching import Hits, Source, find
from plugin.sandbox.magento.store import MagentoStore
from plugin.sandbox.magento.values import Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """``query`` is decoded, in its order; ``body`` the JSON value, None without one; ``numbers`` stood in the path."""

    store: MagentoStore
    connection: sqlite3.Connection
    query: Sequence[tuple[str, str]] = ()
    body: Any = None
    words: Sequence[str] = field(default_factory=tuple)

    @property
    def number(self) -> int:
        """The number in the path."""
        return int(self.words[0])

    def part(self, name: str) -> Body:
        """The object that the body holds under this name. Raises Refused when there is none."""
        if not isinstance(self.body, dict) or name not in self.body:
            raise required(name)
        part = self.body[name]
        if not isinstance(part, dict):
            raise Refused(400, 'Error occurred during "%fieldName" processing.', {"fieldName": name})
        return part

    def find(self, source: Source) -> Hits:
        """What the query's criteria find."""
        return find(self.connection, source, self.query)


def listed(hits: Hits, items: Sequence[Body]) -> Body:
    """The envelope of a list."""
    return {"items": list(items), "search_criteria": hits.criteria, "total_count": hits.total}

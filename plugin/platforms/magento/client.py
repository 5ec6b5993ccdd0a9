"""Magento's REST API for one store: one question, one attempt, a value or an error that says what happened."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from plugin.platforms import shape
from plugin.platforms.line import Line
from plugin.platforms.magento import answers
from plugin.platforms.magento.access import Access
from plugin.platforms.magento.search import Found, Search
from plugin.platforms.protocol import InDoubt

#: an Accept that speaks of xml would turn the format over
JSON = {"Accept": "application/json"}


class MagentoClient:
    """One store's API. ``now`` is this machine's clock, compared with the store's when a signature is refused."""

    def __init__(self, line: Line, *, access: Access, now: Callable[[], datetime]) -> None:
        self._line, self._access, self._now = line, access, now

    def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Any:
        """The value at a path such as ``/V1/orders/7``. Raises Missing where there is none, or another PlatformError."""
        query = urlencode(list(params), quote_via=quote)
        return self._ask("GET", path + (f"?{query}" if query else ""))

    def search(self, path: str, wanted: Search) -> Found:
        """A page of a list. Past the last page, and where the store says null, there are no items. Raises PlatformError."""
        answer = shape.mapping(self.get(path, wanted.params()), "list")
        items = answer.get("items", [])
        total = answer.get("total_count", 0)
        if "total_count" not in answer and "items" not in answer:
            raise InDoubt("the answer is no list of Magento's")
        return Found(
            items=tuple(shape.items([] if items is None else items, "items")), total=shape.count(total, "total")
        )

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """What the store answers to a new thing. Raises PlatformError."""
        return self._ask("POST", path, body)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """What the store answers to a change. Raises PlatformError."""
        return self._ask("PUT", path, body)

    def delete(self, path: str) -> Any:
        """What the store answers to a deletion. Raises PlatformError."""
        return self._ask("DELETE", path)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        url = self._access.url(path)
        headers = {**JSON, **self._access.headers(method, url)}
        raw = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            raw = json.dumps(body, allow_nan=False).encode()
        reply = self._line.send(method, url, headers=headers, body=raw)
        return answers.value(reply, now=self._now(), store_time=self._line.store_time)

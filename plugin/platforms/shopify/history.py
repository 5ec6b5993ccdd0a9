"""A Shopify store's past orders: the bulk operation that writes them into a file, the file, and what changed of late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from plugin.platforms import download, shape
from plugin.platforms.protocol import InDoubt, Rejected, Throttled
from plugin.platforms.shopify.admin import AdminClient
from plugin.platforms.shopify.history_documents import (
    CHANGED_ORDERS,
    FIND_HISTORY,
    LOOK_AT_HISTORY,
    RUN_HISTORY,
    history,
)
from plugin.platforms.shopify.ids import number_of

#: the store runs so many operations of ours as it may: one of them has to end first
CROWDED = frozenset({"LIMIT_REACHED", "OPERATION_IN_PROGRESS"})
CROWDED_SECONDS = 60.0
HOPEFUL = frozenset({"CREATED", "RUNNING", "COMPLETED"})
#: the store shows so many of its newest operations at once; it runs five of ours
OPERATIONS = 10
#: ids on one page; at a point each this is a quarter of what one question may cost
ORDERS_A_PAGE = 250
LONGEST_QUERY = 100_000
LONGEST_URL = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Purchases from a moment on, and before another; None: without an end on this side."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def query(self) -> str:
        """The bulk query for it."""
        edges = [("processed_at:>=", self.since), ("processed_at:<", self.until)]
        return history(" AND ".join(f"{field}'{_zulu(at)}'" for field, at in edges if at is not None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A bulk operation as the store shows it."""

    operation_id: str
    #: as Shopify writes it: CREATED, RUNNING, COMPLETED, …
    status: str
    error_code: str | None
    created_at: datetime
    #: orders, and all lines; they rise while it runs
    orders: int
    lines: int
    #: bytes of the file; 0 while it is not told
    size: int
    #: where the file is, if there is one
    url: str | None
    #: what a failed one has written
    partial_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Orders with when they changed last, the longest ago first, and where the next page begins; None after the last."""

    orders: tuple[tuple[str, datetime], ...]
    after: str | None


class PastOrders:
    """What a store tells of its past. Every method makes one attempt and raises PlatformError."""

    def __init__(self, client: AdminClient, *, allow_private_hosts: bool) -> None:
        self._client = client
        self._allow_private_hosts = allow_private_hosts

    def run(self, span: Span) -> Operation:
        """Has the store begin to write the file. Raises Throttled where it has too much to do already."""
        answer = shape.mapping(
            self._client.run(RUN_HISTORY, {"query": span.query}).whole("bulkOperationRunQuery"), "run"
        )
        for error in shape.items(answer.get("userErrors"), "errors"):
            code = shape.text(error.get("code") or "", "code")
            if code in CROWDED:
                raise Throttled(f"the store runs other operations ({code})", retry_after_seconds=CROWDED_SECONDS)
            raise Rejected(f"the store does not run the query ({code})", code=code)
        return _operation(answer.get("bulkOperation"))

    def find(self, span: Span, *, since: datetime, but: str | None) -> Operation | None:
        """The newest operation of this query that was begun since then and goes well: one whose beginning nobody heard of.

        ``but`` is one that is known, and of no use any more.
        """
        page = shape.mapping(
            self._client.run(FIND_HISTORY, {"first": OPERATIONS}).whole("bulkOperations"), "operations"
        )
        wanted = span.query.split()
        for node in shape.items(page.get("nodes"), "operations"):
            if shape.text(node.get("query"), "query", longest=LONGEST_QUERY).split() == wanted:
                found = _operation(node)
                if found.created_at >= since and found.operation_id != but and found.status in HOPEFUL:
                    return found
        return None

    def look(self, operation_id: str) -> Operation | None:
        """The operation as it stands; None where the store does not know it (any more)."""
        found = self._client.run(LOOK_AT_HISTORY, {"id": operation_id}).whole("bulkOperation")
        return None if found is None else _operation(found)

    def lines(self, url: str) -> Iterator[bytes]:
        """The file's lines. Raises download.Gone for an address that ran out."""
        return download.lines(url, allow_private_hosts=self._allow_private_hosts)

    def changed(self, *, since: datetime, after: str | None) -> Changed:
        """A page of the orders that changed since then."""
        return changed_orders(self._client, since=since, after=after)


def changed_orders(client: AdminClient, *, since: datetime, after: str | None) -> Changed:
    """A page of the orders that changed since then, without what they hold. Raises PlatformError."""
    variables = {"query": f"updated_at:>='{_zulu(since)}'", "first": ORDERS_A_PAGE, "after": after}
    page = shape.mapping(client.run(CHANGED_ORDERS, variables).whole("orders"), "orders")
    info = shape.mapping(page.get("pageInfo"), "page")
    more = shape.flag(info.get("hasNextPage"), "page")
    return Changed(
        orders=tuple(
            (number_of(shape.text(node.get("id"), "id")), shape.moment(node.get("updatedAt"), "updatedAt"))
            for node in shape.items(page.get("nodes"), "orders")
        ),
        after=shape.text(info.get("endCursor"), "cursor") if more else None,
    )


def _operation(value: Any) -> Operation:
    told = shape.mapping(value, "operation")
    return Operation(
        operation_id=shape.text(told.get("id"), "id"),
        status=shape.text(told.get("status"), "status"),
        error_code=None if told.get("errorCode") is None else shape.text(told["errorCode"], "error"),
        created_at=shape.moment(told.get("createdAt"), "createdAt"),
        orders=_count(told.get("rootObjectCount")),
        lines=_count(told.get("objectCount")),
        size=0 if told.get("fileSize") is None else _count(told["fileSize"]),
        url=_url(told.get("url")),
        partial_url=_url(told.get("partialDataUrl")),
    )


def _count(value: Any) -> int:
    """Shopify writes large numbers as text."""
    text = shape.text(value, "count")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InDoubt("the answer's count is none")
    return int(text)


def _url(value: Any) -> str | None:
    return None if value is None else shape.text(value, "address", longest=LONGEST_URL)


def _zulu(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

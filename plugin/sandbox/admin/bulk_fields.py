"""The fields of the API that run and show bulk operations."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any

from graphql import GraphQLResolveInfo

from plugin.sandbox import bulk
from plugin.sandbox.admin.bulk_lines import Refused, checked, lines
from plugin.sandbox.admin.call import Call, gid, number_of
from plugin.sandbox.admin.pages import Shape, checked_size, page
from plugin.sandbox.times import read, zulu

KIND = "BulkOperation"
#: a store with more orders runs the operation beside its other work
AT_ONCE = 5_000


def run_query(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``bulkOperationRunQuery``."""
    call = info.context
    if call.office.crowded(call.connection):
        return _wrong("LIMIT_REACHED", "The app has as many bulk queries running in this shop as it may.")
    try:
        document = checked(info.schema, arguments["query"])
    except Refused as why:
        return _wrong("INVALID", str(why))
    number = call.office.begin(call.connection, arguments["query"])
    if call.connection.execute("SELECT count(*) FROM orders").fetchone()[0] <= AT_ONCE:
        call.office.write(
            call.connection, number, lines(info.schema, info.root_value, document, lambda: nullcontext(call))
        )
    else:
        schema, root = info.schema, info.root_value
        call.office.write_later(number, lambda: lines(schema, root, document, lambda: _another(call)))
    return {"bulkOperation": _shown(call, bulk.get(call.connection, number), created=True), "userErrors": []}


def cancel(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``bulkOperationCancel``."""
    call, number = info.context, number_of(KIND, arguments["id"])
    try:
        row = bulk.get(call.connection, number)
    except LookupError:
        return {"bulkOperation": None}
    if row["status"] in bulk.RUNNING:
        call.office.settle(call.connection, number, "CANCELED")
    return {"bulkOperation": _shown(call, bulk.get(call.connection, number))}


def one(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape | None:
    """``bulkOperation(id)``."""
    call, number = info.context, number_of(KIND, arguments["id"])
    try:
        call.office.ended(call.connection, number)
        return _shown(call, bulk.get(call.connection, number))
    except LookupError:
        return None


def several(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``bulkOperations``: one page, without the search."""
    call = info.context
    size = checked_size(arguments.get("first"))
    rows = bulk.newest(call.connection, size, reverse=arguments["reverse"])
    return page([_shown(call, row) for row in rows], [(row["id"],) for row in rows], before=False, more=False)


def _shown(call: Call, row: sqlite3.Row, *, created: bool = False) -> Shape:
    over = row["completed_at"] is not None
    address = f"{call.origin}/bulk/{row['token']}.jsonl" if over and row["objects"] else None
    path = call.office.path(row["token"])
    return {
        "id": gid(KIND, row["id"]),
        "query": row["query"],
        "status": "CREATED" if created else row["status"],
        "type": "QUERY",
        "errorCode": row["error_code"],
        "createdAt": zulu(read(row["created_at"])),
        "completedAt": zulu(read(row["completed_at"])) if over else None,
        "objectCount": str(row["objects"]),
        "rootObjectCount": str(row["roots"]),
        "fileSize": str(path.stat().st_size) if over and path.exists() else None,
        "url": address if row["status"] == "COMPLETED" else None,
        "partialDataUrl": address if row["status"] == "FAILED" else None,
    }


@contextmanager
def _another(call: Call) -> Iterator[Call]:
    """The same call in a transaction of its own."""
    with call.office.transaction() as connection:
        yield replace(call, connection=connection)


def _wrong(code: str, message: str) -> Shape:
    return {"bulkOperation": None, "userErrors": [{"code": code, "field": ["query"], "message": message}]}

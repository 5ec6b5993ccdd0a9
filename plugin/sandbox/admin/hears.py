"""What an app subscribes to by itself: ``webhookSubscriptions`` and the mutations that make, change and end one."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from graphql import GraphQLResolveInfo

from plugin.sandbox.admin.call import Call, gid, number_of
from plugin.sandbox.admin.pages import Shape, connection_of

KIND = "WebhookSubscription"
TABLE = """
CREATE TABLE IF NOT EXISTS hears (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  topic TEXT NOT NULL,
  uri TEXT NOT NULL,
  fields TEXT NOT NULL,
  UNIQUE (topic, uri)
) STRICT
"""


def subscriptions(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``webhookSubscriptions``: the oldest first."""
    rows = _table(info).execute("SELECT * FROM hears ORDER BY id").fetchall()
    return connection_of([_shape(row) for row in rows])(info, **arguments)


def create(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``webhookSubscriptionCreate``: one topic at one address is told once."""
    told, connection = arguments["webhookSubscription"], _table(info)
    if wrong := _wrong(told.get("uri")):
        return _refused(wrong)
    values = (arguments["topic"], told["uri"], json.dumps(told.get("includeFields") or []))
    made = connection.execute("INSERT INTO hears (topic, uri, fields) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", values)
    if not made.rowcount:
        return _refused("Address for this topic has already been taken")
    return {"webhookSubscription": _one(connection, made.lastrowid or 0), "userErrors": []}


def update(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``webhookSubscriptionUpdate``: what is not named stays."""
    told, connection, number = arguments["webhookSubscription"], _table(info), number_of(KIND, arguments["id"])
    before = _one(connection, number)
    if before is None:
        return _refused("Webhook subscription does not exist")
    uri, fields = told.get("uri", before["uri"]), told.get("includeFields", before["includeFields"])
    if wrong := _wrong(uri):
        return _refused(wrong)
    connection.execute("UPDATE hears SET uri = ?, fields = ? WHERE id = ?", (uri, json.dumps(fields), number))
    return {"webhookSubscription": _one(connection, number), "userErrors": []}


def delete(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``webhookSubscriptionDelete``."""
    gone = _table(info).execute("DELETE FROM hears WHERE id = ?", (number_of(KIND, arguments["id"]),))
    if not gone.rowcount:
        return {"deletedWebhookSubscriptionId": None, **_refused("Webhook subscription does not exist")}
    return {"deletedWebhookSubscriptionId": arguments["id"], "userErrors": []}


def _table(info: GraphQLResolveInfo[Call]) -> sqlite3.Connection:
    info.context.connection.execute(TABLE)
    return info.context.connection


def _wrong(uri: object) -> str:
    return "" if isinstance(uri, str) and uri.startswith("https://") else "Address protocol http:// is not supported"


def _one(connection: sqlite3.Connection, number: int) -> Shape | None:
    row = connection.execute("SELECT * FROM hears WHERE id = ?", (number,)).fetchone()
    return _shape(row) if row else None


def _shape(row: sqlite3.Row) -> Shape:
    fields = json.loads(row["fields"])
    return {
        "id": gid(KIND, row["id"]),
        "topic": row["topic"],
        "uri": row["uri"],
        "includeFields": fields,
        "format": "JSON",
    }


def _refused(message: str) -> Shape:
    return {"webhookSubscription": None, "userErrors": [{"field": ["webhookSubscription"], "message": message}]}

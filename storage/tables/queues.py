"""What came in and what must go out: the two queues."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Text, UniqueConstraint, text

from storage.columns import Document, Ident, Moment, Whole
from storage.tables.base import queue

INBOX_STATES = ("waiting", "done", "set_aside")
OUTBOX_STATES = ("waiting", "done", "given_up")

_NATURAL = text("natural_key IS NOT NULL")
_FORGET = text("topic IN ('customers/redact', 'shop/redact') AND state != 'done'")

inbox = queue(
    "inbox",
    "delivery_row",
    INBOX_STATES,
    Column("delivery_id", Ident, nullable=False),
    Column("topic", Text, nullable=False),
    Column("event_id", Text),
    Column("api_version", Text),
    Column("triggered_at", Moment),
    Column("received_at", Moment, nullable=False),
    # zlib of the raw bytes; emptied when the customer is erased or the retention ends
    Column("body", LargeBinary),
    # empty; former versions wrote it, and need it to be there
    Column("body_hash", Text, nullable=False),
    # of topic and body, where the body tells a version of something; none once it could not be understood or was erased
    Column("natural_key", LargeBinary),
    # leases that ended before it was settled or given back, one after another; none most of the time
    Column("ended", Whole),
    UniqueConstraint("shop_id", "delivery_id"),
    Index(
        "ix_inbox_natural_key", "shop_id", "natural_key", unique=True, sqlite_where=_NATURAL, postgresql_where=_NATURAL
    ),
    Index("ix_inbox_forget", "received_at", sqlite_where=_FORGET, postgresql_where=_FORGET),
)

outbox = queue(
    "outbox",
    "outbox_row",
    OUTBOX_STATES,
    # what makes the effect happen once
    Column("key", Ident, nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload", Document, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("shop_id", "key"),
    # the newest of what repeats itself, and the old ones of it that go
    Index("ix_outbox_kind", "shop_id", "kind", "created_at"),
)

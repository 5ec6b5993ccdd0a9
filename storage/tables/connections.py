"""The ways to stores that are reached by an address of their own: Magento's, as long as they are known."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Text

from storage.columns import Document, Ident, Moment
from storage.tables.base import of_a_shop, one_of

CONNECTION_STATES = ("pending", "connected")

connections = of_a_shop(
    "connections",
    # stands in the addresses that the store calls; nobody can guess it
    Column("connection_id", Ident, nullable=False),
    # the address that the merchant declared; no other is ever called
    Column("base_url", Text, nullable=False),
    Column("state", Text, nullable=False),
    # until when the store may say hello; none once it is connected
    Column("open_until", Moment),
    # sealed bytes: what deliveries are signed with, what guests are recognised by, a handshake under way
    Column("sealed", LargeBinary, nullable=False),
    # store view -> website, as the store last told
    Column("views", Document, nullable=False),
    # when the store is asked next what has changed; none before it is connected
    Column("poll_due_at", Moment),
    # how far that has come, and what it found
    Column("polled", Document, nullable=False),
    one_of("state", CONNECTION_STATES),
    Index("ix_connections_connection_id", "connection_id", unique=True),
    Index("ix_connections_poll_due_at", "poll_due_at"),
)

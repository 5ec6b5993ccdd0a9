"""The store's memory: one SQLite file, one writer at a time. What is committed survives the death of the process."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

TABLES = """
CREATE TABLE IF NOT EXISTS settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS customers (
  id INTEGER PRIMARY KEY,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  email TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS customer_tags (
  customer_id INTEGER NOT NULL,
  tag TEXT NOT NULL COLLATE NOCASE,
  PRIMARY KEY (customer_id, tag)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (
  id INTEGER PRIMARY KEY,
  number INTEGER NOT NULL UNIQUE,
  customer_id INTEGER,
  created_at TEXT NOT NULL,
  processed_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS orders_of_customer ON orders (customer_id, processed_at);
CREATE INDEX IF NOT EXISTS orders_by_update ON orders (updated_at, id);
CREATE TABLE IF NOT EXISTS discounts (
  id INTEGER PRIMARY KEY,
  code_key TEXT NOT NULL UNIQUE,
  starts_at TEXT NOT NULL,
  ends_at TEXT,
  switched_off INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  terms TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS discounts_by_update ON discounts (updated_at, id);
CREATE TABLE IF NOT EXISTS discount_customers (
  customer_id INTEGER NOT NULL,
  discount_id INTEGER NOT NULL REFERENCES discounts (id),
  PRIMARY KEY (customer_id, discount_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS redemptions (
  discount_id INTEGER NOT NULL REFERENCES discounts (id),
  order_id INTEGER NOT NULL REFERENCES orders (id),
  customer_id INTEGER,
  at TEXT NOT NULL,
  PRIMARY KEY (discount_id, order_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS customer_fields (
  customer_id INTEGER NOT NULL,
  namespace TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  writes INTEGER NOT NULL,
  PRIMARY KEY (customer_id, namespace, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS field_definitions (
  namespace TEXT NOT NULL,
  key TEXT NOT NULL,
  PRIMARY KEY (namespace, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS flow_runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  handle TEXT NOT NULL,
  payload TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS pool_codes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  discount_id INTEGER NOT NULL REFERENCES discounts (id),
  code_key TEXT NOT NULL UNIQUE,
  code TEXT NOT NULL,
  used_by_order INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS bulk_creations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  discount_id INTEGER NOT NULL,
  codes TEXT NOT NULL,
  done INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS tokens (
  id INTEGER PRIMARY KEY,
  access_token TEXT NOT NULL UNIQUE,
  access_ends_at TEXT,
  refresh_token TEXT UNIQUE,
  refresh_ends_at TEXT,
  replaces INTEGER REFERENCES tokens (id),
  first_used_at TEXT,
  revoked INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS bulk_operations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  query TEXT NOT NULL,
  status TEXT NOT NULL,
  error_code TEXT,
  created_at TEXT NOT NULL,
  completed_at TEXT,
  token TEXT NOT NULL UNIQUE,
  outcome TEXT NOT NULL,
  polls_left INTEGER NOT NULL,
  objects INTEGER NOT NULL DEFAULT 0,
  roots INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  topic TEXT NOT NULL,
  path TEXT NOT NULL,
  event_id TEXT NOT NULL,
  triggered_at TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;
"""


class Ledger:
    """The file and its one connection, shared by all threads."""

    def __init__(self, path: Path, tables: str = TABLES) -> None:
        self._lock = Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        # The page cache of the system outlives the process; only a power cut could lose something.
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(tables)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing of what is done inside; others wait."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Gives the file back."""
        with self._lock:
            self._connection.close()

"""What the Magento store remembers: one SQLite file. Bodies are kept as the API shows them, without what is null."""

from __future__ import annotations

TABLES = """
CREATE TABLE IF NOT EXISTS settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS customers (
  entity_id INTEGER PRIMARY KEY,
  email TEXT NOT NULL COLLATE NOCASE,
  website_id INTEGER NOT NULL,
  group_id INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (website_id, email)
) STRICT;
CREATE TABLE IF NOT EXISTS customer_groups (
  customer_group_id INTEGER PRIMARY KEY,
  code TEXT NOT NULL UNIQUE COLLATE NOCASE,
  tax_class_id INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS orders (
  entity_id INTEGER PRIMARY KEY,
  increment_id TEXT NOT NULL UNIQUE,
  store_id INTEGER NOT NULL,
  state TEXT NOT NULL,
  status TEXT NOT NULL,
  customer_id INTEGER,
  customer_email TEXT NOT NULL COLLATE NOCASE,
  coupon_code TEXT COLLATE NOCASE,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS orders_by_update ON orders (updated_at, entity_id);
CREATE INDEX IF NOT EXISTS orders_by_creation ON orders (created_at, entity_id);
CREATE TABLE IF NOT EXISTS creditmemos (
  entity_id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders (entity_id),
  store_id INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS creditmemos_by_update ON creditmemos (updated_at, entity_id);
CREATE INDEX IF NOT EXISTS creditmemos_of_order ON creditmemos (order_id);
CREATE TABLE IF NOT EXISTS rules (
  rule_id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT COLLATE NOCASE,
  description TEXT COLLATE NOCASE,
  is_active INTEGER NOT NULL,
  from_date TEXT,
  to_date TEXT,
  body TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS coupons (
  coupon_id INTEGER PRIMARY KEY AUTOINCREMENT,
  rule_id INTEGER NOT NULL REFERENCES rules (rule_id),
  code TEXT NOT NULL UNIQUE COLLATE NOCASE,
  usage_limit INTEGER,
  usage_per_customer INTEGER,
  times_used INTEGER NOT NULL DEFAULT 0,
  expiration_date TEXT,
  is_primary INTEGER,
  created_at TEXT,
  type INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS coupons_of_rule ON coupons (rule_id, coupon_id);
CREATE TABLE IF NOT EXISTS coupon_uses (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  coupon_id INTEGER NOT NULL,
  rule_id INTEGER NOT NULL,
  order_id INTEGER NOT NULL,
  customer_id INTEGER,
  counted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS nonces (
  consumer TEXT NOT NULL,
  nonce TEXT NOT NULL,
  PRIMARY KEY (consumer, nonce)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS subscriptions (
  subscription_id INTEGER PRIMARY KEY AUTOINCREMENT,
  event_name TEXT NOT NULL,
  recipient_url TEXT NOT NULL,
  verification_token TEXT NOT NULL,
  status INTEGER NOT NULL,
  subscribed_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS events (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  event_name TEXT NOT NULL,
  kind TEXT NOT NULL,
  entity_id INTEGER NOT NULL
) STRICT;
"""

"""The whole schema, a page for each subject: columns, constraints, indexes.

Every table that holds a shop's data has ``shop_id`` first in its key, and every statement on it names the shop.
"""

from __future__ import annotations

from storage.tables.base import metadata
from storage.tables.connections import CONNECTION_STATES, connections
from storage.tables.histories import IMPORT_STATES, imports, reconciliations
from storage.tables.known import known_models, known_orders, watches
from storage.tables.measures import figures, notes, snapshots
from storage.tables.purchases import customers, order_lines, orders, refunds
from storage.tables.queues import INBOX_STATES, OUTBOX_STATES, inbox, outbox
from storage.tables.rewards import OFFER_STATES, budget_entries, budgets, decisions, offers, programs, redemptions
from storage.tables.shops import SHOP_STATES, erasures, shops

__all__ = [
    "CONNECTION_STATES",
    "IMPORT_STATES",
    "INBOX_STATES",
    "OFFER_STATES",
    "OUTBOX_STATES",
    "SHOP_STATES",
    "budget_entries",
    "budgets",
    "connections",
    "customers",
    "decisions",
    "erasures",
    "figures",
    "imports",
    "inbox",
    "known_models",
    "known_orders",
    "metadata",
    "notes",
    "offers",
    "order_lines",
    "orders",
    "outbox",
    "programs",
    "reconciliations",
    "redemptions",
    "refunds",
    "shops",
    "snapshots",
    "watches",
]

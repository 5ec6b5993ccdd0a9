"""Reads a store's past orders: asked for once, carried on by any worker from wherever the last one stopped.

::

    asked ──▶ running ──▶ reading ──▶ done
      ▲          │           │
      └──────────┴───────────┘         the next span, an operation that was cancelled or whose file is gone,
                 │                     pieces of a span for which the store gave up
                 └──▶ failed           after too many tries, or where the store refuses

Each function is one step of it, in the caller's transaction and under its claim; False means that the claim was lost and
nothing holds. Orders count for nothing until the night after the end measures all customers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.platforms import spool
from plugin.platforms.protocol import AccessLost, PlatformError, Rejected, ShopUnavailable, Throttled, Unauthorized
from plugin.platforms.shopify.history import Operation, Span
from plugin.platforms.shopify.past_orders import Past
from plugin.usecases import import_progress, redeem, take_in
from plugin.usecases.absorb import REFETCH
from plugin.vault import Vault
from storage import access, imports, outbox, shops
from storage.imports import Import
from storage.shops import Shop

#: without this access a store shows the orders of the last days only
ALL_ORDERS, DAYS_SHOWN = "read_all_orders", 60
#: beginnings of an operation, over all spans, before somebody has to look
MOST_TRIES = 20
#: a span for which the store gives up is halved down to this
SHORTEST_SPAN = timedelta(days=1)
#: where nobody knows when a store's orders began, a piece of a span is this long
PIECE = timedelta(days=365)
#: how long to wait before an operation is looked at again, by how long it has run: a tenth of it, within these
SHORTEST_LOOK, LONGEST_LOOK = timedelta(seconds=2), timedelta(minutes=1)
#: after an error that told nothing
PAUSE = timedelta(minutes=1)
#: an operation that was begun may have been begun so long before it was asked for, by the store's clock
CLOCKS_APART = timedelta(minutes=5)
ENDED_BADLY = frozenset({"FAILED", "CANCELED", "EXPIRED"})
#: lines of a file whose size the store does not tell are reckoned as so many bytes
LINE_BYTES = 600


def ask(
    db: Connection, shop: Shop, *, now: datetime, since: datetime | None = None, until: datetime | None = None
) -> Import:
    """Asks for the shop's past, or for what was bought since then or before; one under way begins anew."""
    limited = ALL_ORDERS not in shop.scopes.split()
    limited_to = now - timedelta(days=DAYS_SHOWN) if limited else None
    found = imports.ask(db, shop.shop_id, spans=[(since, until)], limited_to=limited_to, now=now)
    import_progress.tell(db, shop.shop_id, read=0, of=0, now=now)
    return found


def first(db: Connection, shop: Shop, *, now: datetime) -> None:
    """Asks for the past of a shop that has just come, unless it is being read; a shop that comes back is read again."""
    known = imports.get(db, shop.shop_id)
    if shop.platform == "shopify" and (known is None or not known.is_open):
        ask(db, shop, now=now)


def span(found: Import) -> Span:
    """What is to be read now."""
    since, until = found.spans[0]
    return Span(since=since, until=until)


def adopted_from(found: Import) -> datetime:
    """Operations begun earlier are none of this import's."""
    return found.asked_at - CLOCKS_APART


def running(db: Connection, found: Import, operation: Operation, *, now: datetime) -> bool:
    """The store has begun to write."""
    return imports.change(
        db, found, state="running", operation=operation.operation_id, tries=found.tries + 1, run_at=now,
        claimed_until=None, trouble=None,
    )  # fmt: skip


def looked(db: Connection, found: Import, operation: Operation | None, *, now: datetime) -> bool:
    """The operation was looked at: it goes on, its file is to be read, or it has to be begun again."""
    if operation is None or operation.status in ENDED_BADLY:
        return _ended_badly(db, found, operation, now=now)
    if operation.status != "COMPLETED":
        import_progress.tell(db, found.shop_id, read=found.orders_read, of=0, now=now)
        wait = min(max((now - operation.created_at) / 10, SHORTEST_LOOK), LONGEST_LOOK)
        return imports.change(db, found, run_at=now + wait, claimed_until=None, trouble=None)
    if operation.url is None:
        return span_read(db, found, now=now)
    return _to_read(db, found, operation, now=now, partial=False)


def written(
    db: Connection, shop: Shop, found: Import, past: Sequence[Past], *, now: datetime, until: datetime, vault: Vault
) -> bool:
    """Some orders of a part are kept. In a file that broke off only those count that are whole: they come again."""
    if shop.state == "uninstalled":
        return False
    known = [one for one in past if one.facts is not None and (one.whole or not found.partial)]
    unread = sum(one.facts is None for one in past)
    if not imports.change(db, found, claimed_until=until, unread=found.unread + unread, run_at=now):
        return False
    told = [one.facts for one in known if one.facts is not None]
    take_in.history(db, shop.shop_id, told, now=now, vault=vault)
    redeem.from_orders(db, shop, [order.order_id for facts in told for order in facts.orders if order.codes])
    again = set().union(*(facts.refetch_order_ids for facts in told))
    payloads = {f"refetch/{one}/{found.asked_at.isoformat()}": {"order_id": one} for one in sorted(again)}
    outbox.put_many(db, shop.shop_id, kind=REFETCH, payloads=payloads, now=now)
    return True


def part_read(db: Connection, found: Import, *, part: int, orders_read: int, now: datetime) -> bool:
    """All parts of the file before this one are kept."""
    import_progress.tell(db, found.shop_id, read=orders_read, of=max(found.orders_told, orders_read), now=now)
    return imports.change(db, found, part=part, orders_read=orders_read)


def span_read(db: Connection, found: Import, *, now: datetime) -> bool:
    """A span is kept as a whole: on to the next, or the end, after which all customers are measured."""
    if found.partial:
        return _halve(db, found, now=now)
    rest = found.spans[1:]
    if rest:
        return _again(db, found, spans=rest, now=now)
    ended = imports.change(
        db, found, state="done", spans=(), operation=None, claimed_until=None, trouble=None, ended_at=now
    )
    if ended:
        import_progress.end(db, found.shop_id, now=now)
        if found.orders_read:
            shops.plan_nightly(db, found.shop_id, now)
    return ended


def file_gone(db: Connection, found: Import, *, now: datetime) -> bool:
    """The file cannot be downloaded (any more): the span is asked for once more."""
    return _ended_badly(db, found, None, now=now)


def put_off(db: Connection, found: Import, error: PlatformError | OSError, *, now: datetime) -> bool:
    """A step could not be made: when it is tried again, and what is said meanwhile."""
    match error:
        case Throttled():
            return imports.change(
                db, found, run_at=now + timedelta(seconds=error.retry_after_seconds), claimed_until=None
            )
        case Rejected():
            return _failed(db, found, f"The store does not run the query ({error.code}).", now=now)
        case AccessLost() | ShopUnavailable():
            access.lose(db, found.shop_id, str(error), now)
        case Unauthorized() if not access.distrust(db, found.shop_id, now):
            access.lose(db, found.shop_id, str(error), now)
        case OSError():
            error = PlatformError("there is no room on the disk for the store's file")
    return imports.change(db, found, run_at=now + PAUSE, claimed_until=None, trouble=str(error))


def _to_read(db: Connection, found: Import, operation: Operation, *, now: datetime, partial: bool) -> bool:
    parts = spool.parts_for(operation.size or operation.lines * LINE_BYTES)
    # a file that was begun to be read keeps its parts: what is kept of it stays kept
    fresh = found.parts == 0
    values = {"parts": parts, "part": 0, "orders_told": found.orders_read + operation.orders} if fresh else {}
    return imports.change(
        db, found, state="reading", run_at=now, claimed_until=None, trouble=None, partial=partial, **values
    )


def _ended_badly(db: Connection, found: Import, operation: Operation | None, *, now: datetime) -> bool:
    if found.tries >= MOST_TRIES:
        return _failed(db, found, "The store has given up too often.", now=now)
    if operation is None or operation.status != "FAILED":
        return _again(db, found, spans=found.spans, now=now)
    if operation.error_code == "ACCESS_DENIED":
        return _failed(db, found, "The store does not allow orders to be read (ACCESS_DENIED).", now=now)
    if operation.partial_url is not None:
        return _to_read(db, found, operation, now=now, partial=True)
    return _halve(db, found, now=now)


def _halve(db: Connection, found: Import, *, now: datetime) -> bool:
    since, until = found.spans[0]
    end = until or now
    middle = end - PIECE if since is None else since + (end - since) / 2
    if since is not None and end - since < 2 * SHORTEST_SPAN:
        return _again(db, found, spans=found.spans, now=now + PAUSE)
    # the newer half first: it says more
    return _again(db, found, spans=((middle, until), (since, middle), *found.spans[1:]), now=now)


def _again(db: Connection, found: Import, *, spans: imports.Spans, now: datetime) -> bool:
    return imports.change(
        db,
        found,
        state="asked",
        spans=spans,
        partial=False,
        parts=0,
        part=0,
        run_at=now,
        claimed_until=None,
    )


def _failed(db: Connection, found: Import, trouble: str, *, now: datetime) -> bool:
    import_progress.end(db, found.shop_id, now=now)
    return imports.change(db, found, state="failed", trouble=trouble, claimed_until=None, ended_at=now)

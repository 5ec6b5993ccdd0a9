"""What the doctor says of a Magento store's connection: how news comes, what it costs that events get lost, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection as Db

from plugin.cli.counting import counted
from plugin.platforms.magento.store import PROBES
from plugin.usecases import polled
from plugin.usecases.polled import EVERY_WHILE_HEALTHY, Polled
from storage import connections
from storage.connections import Connection
from storage.shops import Shop

PLATFORM = "magento"
#: a worker that runs asks a store this soon after it is due
LATE = timedelta(minutes=15)


def lacking(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """The resources that are needed and not among these."""
    return tuple(sorted(PROBES.keys() - set(scopes)))


def findings(db: Db, shop: Shop, now: datetime) -> Iterator[tuple[str, bool, str]]:
    """About, whether it is well, and what is told; nothing for a store that needs no connection of its own."""
    way = connections.get(db, shop.shop_id)
    if way is None:
        return
    state = polled.from_document(way.polled)
    yield from _awaited(shop, way, now)
    if way.state == connections.CONNECTED and shop.state != "uninstalled":
        yield from _asked(shop, way, state, now)
        yield from _told(shop, state)
        yield from _refused(shop, state)


def _awaited(shop: Shop, way: Connection, now: datetime) -> Iterator[tuple[str, bool, str]]:
    if way.open_until is None or way.state == connections.CONNECTED:
        return
    about = f"connection of {shop.domain}"
    if way.open_until > now:
        yield (
            about,
            True,
            f"the store may say hello until {way.open_until:%Y-%m-%d %H:%M} UTC; activate the integration",
        )
    else:
        yield about, False, f"the store never said hello; begin again with regulars shops add magento {way.base_url}"


def _asked(shop: Shop, way: Connection, state: Polled, now: datetime) -> Iterator[tuple[str, bool, str]]:
    about = f"polling of {shop.domain}"
    if way.poll_due_at is not None and way.poll_due_at + LATE < now:
        yield about, False, f"due since {way.poll_due_at:%Y-%m-%d %H:%M} UTC; is a worker running? regulars worker"
    elif state.trouble:
        yield about, False, f"not answered {counted(state.failures, 'time')}, the last time: {state.trouble}"
    elif state.asked_at is None:
        yield about, True, "not asked yet"
    else:
        yield about, True, f"answered at {state.asked_at:%Y-%m-%d %H:%M} UTC{_past(state)}"


def _past(state: Polled) -> str:
    if state.past_done:
        return f", {counted(state.past_read, 'past order')} read"
    return f", {state.past_read:,} of {counted(state.past_total, 'past order')} read so far"


def _told(shop: Shop, state: Polled) -> Iterator[tuple[str, bool, str]]:
    about = f"events of {shop.domain}"
    if not state.events:
        yield about, True, "none are sent; polling brings everything within five minutes"
        return
    alone = counted(state.heard, "change came by itself", "changes came by themselves")
    told = f"{alone}, {counted(state.lost, 'was', 'were')} found by polling only"
    often = state.lost > state.heard and state.lost_at is not None and state.asked_at is not None
    if often and state.asked_at - state.lost_at < EVERY_WHILE_HEALTHY * 4:  # type: ignore[operator]
        yield (
            about,
            False,
            f"{told}; are the store's consumers event.trigger.consumer and event.retry.consumer running?",
        )
    else:
        yield about, True, told


def _refused(shop: Shop, state: Polled) -> Iterator[tuple[str, bool, str]]:
    if state.refused:
        listed = "; ".join(f"{name}: {why}" for name, why in list(state.refused.items())[-3:])
        told = f"{counted(len(state.refused), 'order')} cannot be understood ({listed}); what cannot is read again every day for a week"
        yield f"orders of {shop.domain}", False, told

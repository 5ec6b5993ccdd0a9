"""Connections of a pool that lay for a while are looked at before they are used again: the server may have gone meanwhile.

The library looks each time, which is a message to the server and back for every transaction. One that was used a moment
ago is taken as it is; should it be dead all the same, its first statement says so, and all of the pool are made anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

#: what a connection may lie without being looked at
MOMENT_SECONDS = 1.0


def looked_at(engine: Engine, *, monotonic: Callable[[], float]) -> Engine:
    """The engine, its connections looked at in this way. ``monotonic`` only runs forward, in seconds."""

    def left(_connection: object, record: Any) -> None:
        record.info["left"] = monotonic()

    def taken(connection: Any, record: Any, _proxy: object) -> None:
        if monotonic() - record.info.get("left", 0.0) < MOMENT_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            # the pool throws away all that it holds, and tries again with a new one
            raise InvalidatePoolError(type(error).__name__) from error

    event.listen(engine, "checkin", left)
    event.listen(engine, "checkout", taken)
    return engine

"""What a running program writes about itself: one line an event, of a fixed few fields, with nothing that people wrote.

A line says where in the program something happened and of what kind it was. What an exception says is left out, for it
quotes rows, payloads and answers; of values that a message names only numbers and plain short words are shown.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from types import TracebackType
from typing import Any

#: everything that a line may carry; there is no other way for a field to get into one
FIELDS = ("at", "level", "logger", "process", "message", "error", "where")
#: whose messages are ours, and hold what we put into them
OURS = ("regulars", "plugin", "webhooks", "storage")
FRAMES = 8

_PLAIN = re.compile(r"[\w.,:/<>+-]{1,80}", re.ASCII)
_PLACE = re.compile(r"%[-#0 +]*[0-9*]*(?:\.[0-9*]+)?[diouxXeEfFgGcrsa%]")

log = logging.getLogger(__name__)


def set_up(log_format: str) -> None:
    """Lines on standard error from now on, as ``text`` or as ``json``, of every logger and every thread that dies."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json() if log_format == "json" else Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    sys.excepthook = _main_died
    threading.excepthook = _thread_died


class Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The fields of ``FIELDS`` that this record has."""
        return json.dumps(fields(record), ensure_ascii=False)


class Text(logging.Formatter):
    """The same for people."""

    def format(self, record: logging.LogRecord) -> str:
        """The same fields as words."""
        told = fields(record)
        cause = f" ({told['error']}: {' < '.join(told['where'])})" if "error" in told else ""
        return f"{told['at']} {told['level']} {told['logger']}: {told['message']}{cause}"


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """What may be told of a record."""
    told: dict[str, Any] = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "process": record.process,
        "message": _message(record),
    }
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        told |= {"error": _kinds(error), "where": list(_where(error))}
    return told


def _message(record: logging.LogRecord) -> str:
    """Our own words with plain values in them. What a library says is its own affair: it may quote anything."""
    if record.name.split(".")[0] not in OURS:
        return "a library has something to say"
    if isinstance(record.args, Mapping) or not record.args:
        return str(record.msg)
    try:
        return str(record.msg) % tuple(_plain(value) for value in record.args)
    except (TypeError, ValueError):
        return _PLACE.sub("…", str(record.msg))


def _plain(value: object) -> object:
    if isinstance(value, int | float):
        return value
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else "…"


def _kinds(error: BaseException) -> str:
    """The error's type and the types of what caused it."""
    kinds: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(kinds) < FRAMES:
        kinds.append(type(cause).__name__)
        cause = cause.__cause__
    return " from ".join(kinds)


def _where(error: BaseException) -> Iterator[str]:
    """Our own places on the way to the error, the innermost first."""
    places = [
        f"{'/'.join(parts[parts.index(root) :])}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        for parts in [PurePath(frame.filename).parts]
        for root in OURS
        if root in parts and "site-packages" not in parts
    ]
    yield from places[::-1][:FRAMES]


def _main_died(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("the program ended on an error", exc_info=(kind, error, trace))


def _thread_died(died: threading.ExceptHookArgs) -> None:
    if died.exc_value is not None and not issubclass(died.exc_type, SystemExit):
        log.critical("a thread ended on an error", exc_info=(died.exc_type, died.exc_value, died.exc_traceback))

"""Which deliveries tell a version of one thing, so that the same bytes under another id are the same event.

Orders and customers carry ``updated_at``, refunds are created once. All else is left out: whoever uninstalls, merges,
deletes or asks to forget may mean it again with the same words, and says when only beside the body.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: topic → what stands before the time without which the body does not say which version it is
FIELD: Mapping[str, bytes] = MappingProxyType({
    "orders/create": b'"updated_at"',
    "orders/updated": b'"updated_at"',
    "orders/paid": b'"updated_at"',
    "orders/cancelled": b'"updated_at"',
    "refunds/create": b'"created_at"',
    "customers/create": b'"updated_at"',
    "customers/update": b'"updated_at"',
})  # fmt: skip
#: 2026-11-22T09:15:31, and where its digits stand
_WRITTEN = len("2026-11-22T09:15:31")
_DIGITS = 14
_PARTS = (slice(0, 4), slice(5, 7), slice(8, 10), slice(11, 13), slice(14, 16), slice(17, 19))


def told(topic: str, raw: bytes) -> int | None:
    """None where the same bytes again may mean something new; else the digits of the version's time, 20261122091531.

    0 where the time is not written as stores write it: it orders versions for who keeps them, and proves nothing. The
    field is looked for by its name; the body is not parsed at the door.
    """
    field = FIELD.get(topic)
    if field is None or (place := raw.find(field)) < 0:
        return None
    start = place + len(field) + len(b':"')
    time = raw[start : start + _WRITTEN]
    digits = b"".join([time[part] for part in _PARTS])
    return int(digits) if digits.isdigit() and len(digits) == _DIGITS else 0

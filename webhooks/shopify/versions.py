"""Which deliveries tell a version of one thing, so that the same bytes under another id are the same event.

Orders and customers carry ``updated_at``, refunds are created once. All else is left out: whoever uninstalls, merges,
deletes or asks to forget may mean it again with the same words, and says when only beside the body.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: topic → the field without which the body does not say which version it is
FIELD: Mapping[str, bytes] = MappingProxyType({
    "orders/create": b'"updated_at"',
    "orders/updated": b'"updated_at"',
    "orders/paid": b'"updated_at"',
    "orders/cancelled": b'"updated_at"',
    "refunds/create": b'"created_at"',
    "customers/create": b'"updated_at"',
    "customers/update": b'"updated_at"',
})  # fmt: skip


def tells_a_version(topic: str, raw: bytes) -> bool:
    """Whether the same bytes again mean nothing new. Looks for the field's name; the body is not parsed at the door."""
    field = FIELD.get(topic)
    return field is not None and field in raw

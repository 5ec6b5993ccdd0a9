"""A delivery's bytes as they are kept: compressed, and with a key made of them."""

from __future__ import annotations

import hashlib
import zlib
from functools import cache

try:
    from isal import isal_zlib
except ImportError:
    # no wheel for this machine
    isal_zlib = None  # type: ignore[assignment]

#: in bytes
HALF_A_HASH = 16


def compressed(body: bytes) -> bytes:
    """The bytes as they are kept."""
    # zlib's own would take as long as all else that a delivery's sender waits for; both write the same format
    return isal_zlib.compress(body, 1) if isal_zlib else zlib.compress(body, 1)


def unpacked(kept: bytes | None) -> bytes:
    """The bytes as they came; empty where they were taken out."""
    return b"" if kept is None else zlib.decompress(kept)


def natural_key(body: bytes, *, proof: bytes | None, topic: str, version: int) -> bytes:
    """What the bytes are about and when is in their hash; half a hash, as every insert touches its index.

    The time comes first, so that what comes at a time goes to one place of the index, and not each to a page of its own.
    """
    hashed = proof or hashlib.sha256(body).digest()
    mixed = int.from_bytes(hashed[:HALF_A_HASH]) ^ _topic_hash(topic)
    return version.to_bytes(6) + mixed.to_bytes(HALF_A_HASH)


@cache
def _topic_hash(topic: str) -> int:
    return int.from_bytes(hashlib.sha256(topic.encode()).digest()[:HALF_A_HASH])

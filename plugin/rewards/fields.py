"""Joins texts into bytes so that no two different lists of texts give the same bytes."""

from __future__ import annotations


def joined(*texts: str) -> bytes:
    """Each text as UTF-8 with its length (4 bytes, big-endian) before it: ("ab", "c") is never ("a", "bc")."""
    told = b""
    for text in texts:
        part = text.encode()
        told += len(part).to_bytes(4, "big") + part
    return told

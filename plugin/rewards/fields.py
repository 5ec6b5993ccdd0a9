"""Joins texts into bytes so that no two different lists of texts give the same bytes."""

from __future__ import annotations


def joined(*texts: str) -> bytes:
    """Each text as UTF-8 with its length (4 bytes, big-endian) before it: ("ab", "c") is never ("a", "bc")."""
    parts = [text.encode() for text in texts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)

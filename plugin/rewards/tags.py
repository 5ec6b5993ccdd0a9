"""When two tags are one: without regard to case and to blanks around them, as stores tell them apart."""

from __future__ import annotations

from collections.abc import Collection


def plain(tag: str) -> str:
    """What two tags that are one have in common."""
    return tag.strip().casefold()


def among(tags: Collection[str], named: Collection[str]) -> tuple[str, ...]:
    """Those of the named tags that are among these, as they were named."""
    borne = {plain(tag) for tag in tags}
    return tuple(name for name in named if plain(name) in borne)

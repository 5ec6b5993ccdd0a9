"""The shop with a year behind it, and a merchant who asks its API."""

from __future__ import annotations

from tests.pages.conftest import lived, new_world, visit, world

__all__ = ["lived", "new_world", "visit", "world"]

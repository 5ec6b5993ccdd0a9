"""The document of what customers buy, as a night has told it in the present form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugin.usecases import tell_habits
from storage import figures


def told(db: Any, shop_id: int) -> Mapping[str, Any]:
    """Empty before it was told, and while it is in the form of another version."""
    kept = figures.get(db, shop_id, tell_habits.NAME)
    return kept.body if kept is not None and kept.body.get("version") == tell_habits.VERSION else {}

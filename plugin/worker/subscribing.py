"""What a custom app hears of: its subscriptions are its own to make, and the store deletes them after failures."""

from __future__ import annotations

from plugin.runtime import Runtime
from storage.shops import Shop


def look_after(runtime: Runtime, shop: Shop) -> None:
    """Restores what is missing. Raises PlatformError."""

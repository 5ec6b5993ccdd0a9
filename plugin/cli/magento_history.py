"""``regulars import`` from a Magento store: all its orders and credit memos, a hundred at a time, from where it stopped."""

from __future__ import annotations

from datetime import datetime

from plugin.cli import context
from plugin.cli.progress import bar
from plugin.platforms.protocol import PlatformError
from plugin.runtime import Runtime
from plugin.worker.magento_round import Round
from storage.shops import Shop

#: pages between two words about how far it is
PAGES = 5


def read(built: Runtime, shop: Shop, *, since: datetime | None = None) -> int:
    """Reads what is left of a store's past; answers how many orders were read altogether. Raises Problem."""
    try:
        asked = Round(built, shop)
        if asked.state.past_done:
            asked.again()
        told = 0
        asked.history(pages=1, since=since)
        with bar(asked.state.past_total, "Importing orders", "orders") as progress:
            while True:
                progress.update(asked.state.past_read - told)
                told = asked.state.past_read
                if asked.state.past_done:
                    return told
                asked.history(pages=PAGES, since=since)
    except PlatformError as error:
        raise context.Problem(f"{error}. What was read is kept; run the same command again to go on.") from error

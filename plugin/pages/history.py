"""Every version of the rules: when, by whom, what it changed, and a way back to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from plugin.pages import asked, rules
from plugin.pages.asked import Query
from plugin.pages.say import plural
from plugin.usecases.list_signals import instant_text
from storage import programs
from storage.shops import Shop

PATH = "/app/history"


def as_json(db: Any, shop: Shop, *, query: Query) -> dict[str, Any]:
    """The same page for programs."""
    versions = programs.history(db, shop.shop_id)
    start = asked.offset(query)
    shown = versions[start : start + asked.PAGE_ROWS]
    before = [*versions[1:], None][start : start + asked.PAGE_ROWS]
    return {
        "count": len(versions),
        "versions": [
            {
                "version": one.version,
                "saved_at": instant_text(one.saved_at),
                "author": one.author,
                "note": one.note,
                "changes": rules.changed(older, one) if older else [],
            }
            for one, older in zip(shown, before, strict=True)
        ],
    }


def gather(db: Any, shop: Shop, *, now: datetime, query: Query) -> dict[str, Any]:
    """What the template shows of one page of the list."""
    versions = programs.history(db, shop.shop_id)
    start = asked.offset(query)
    # one more than is shown: the oldest shown says what it changed, too
    shown = rules.history(versions[start : start + asked.PAGE_ROWS + 1], now=now, most=asked.PAGE_ROWS)
    count = len(versions)
    return {
        "status": plural("%(count)s version", "%(count)s versions", count),
        "entries": shown,
        "in_force": versions[0].version if versions else 0,
        "paging": asked.paging(PATH, query, {}, shown=len(shown), count=count),
    }

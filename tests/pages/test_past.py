"""What the overview says of the orders from before the installation, and of what the store's answers say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plugin.platforms.shopify import notices
from plugin.platforms.shopify.notices import Notice
from plugin.usecases import keep_notices
from storage import imports
from tests.pages.test_overview import seen, words
from tests.pages.world import NOW, Visit, World

LIMIT = "Shopify has shown us your orders since"
FAILED = "Your past orders could not be read."


@pytest.mark.parametrize(
    ("state", "limited", "ended_ago", "said"),
    [
        ("done", False, timedelta(days=1), None),
        ("done", True, timedelta(days=1), LIMIT),
        ("done", True, timedelta(days=15), None),
        ("reading", True, None, None),
        ("failed", False, timedelta(days=40), FAILED),
    ],
)
def test_what_the_merchant_should_know_is_said(
    world: World, state: str, limited: bool, ended_ago: timedelta | None, said: str | None
) -> None:
    """A limit for two weeks after it was met, a failure until it is mended, and nothing while all is well."""
    with world.runtime.database.transaction() as db:
        until: Any = NOW - timedelta(days=60) if limited else None
        imports.ask(db, world.shop.shop_id, spans=((None, None),), limited_to=until, now=NOW)
        held = imports.claim(db, world.shop.shop_id, now=NOW, lease_seconds=60)
        assert held is not None
        ended = None if ended_ago is None else NOW - ended_ago
        imports.change(
            db, held, state=state, ended_at=ended, trouble="The store said no." if state == "failed" else None
        )
    told = words(seen(Visit(world)))

    assert [one for one in (LIMIT, FAILED) if one in told] == ([said] if said else [])
    assert ("The store said no." in told) == (state == "failed")


@pytest.mark.parametrize(("days", "said"), [(1, True), (3, False)])
def test_a_store_that_is_full_is_told_of_while_it_is(world: World, days: int, *, said: bool) -> None:
    """With what to do about it, until the store has said it no more for two days."""
    notice = Notice(world.shop.domain, notices.FULL, "no more discount codes")
    with world.runtime.database.transaction() as db:
        keep_notices.keep(db, [notice], now=NOW - timedelta(days=days))
    told = words(seen(Visit(world)))

    assert ("Your store takes no more discount codes. Delete old ones" in told) is said

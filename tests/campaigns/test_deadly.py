"""A delivery that kills its worker is set aside; those that came with it are taken in."""

from __future__ import annotations

import signal
from collections.abc import Callable

from sqlalchemy import select, update

from plugin.worker import inbox_step
from storage import inbox as kept
from storage import suspects
from storage.tables import inbox
from tests.campaigns import checks, deadly
from tests.campaigns.programs import Starter
from tests.campaigns.town import Town, now


def test_a_deadly_delivery_is_set_aside_after_so_many_deaths(
    starter: Starter, a_town: Callable[..., Town], database_url: str
) -> None:
    """Three deaths beside others, five alone; then a worker lives, nothing else is missing, and reopened it goes in."""
    town = a_town(database_url)
    town.put_into_inbox([one for one in town.live(6) if one.topic == "orders/create"])
    order_id = min(town.orders)
    beside = []
    while (end := _one_life(starter, town, order_id)) == -signal.SIGKILL:
        beside.append(_held(town))
        _leases_end(town)

    assert end == 0
    assert beside == [6] * (suspects.BY_CHANCE + 1) + [1] * suspects.ALONE
    with town.runtime.database.transaction() as db:
        assert kept.waiting(db) == 0
        assert [one.reason for one in kept.aside(db, town.shop_id)] == [suspects.REASON]
        kept.reopen(db, town.shop_id)
    assert inbox_step.run(town.runtime) == 1
    checks.all_is_told(town, town.orders)


def _one_life(starter: Starter, town: Town, order_id: str) -> int:
    return starter.start(order_id, environment=town.environment, module=deadly.__name__).wait()


def _held(town: Town) -> int:
    """Deliveries that the worker had claimed when it ended."""
    mine = select(inbox.c.delivery_row).where(inbox.c.shop_id == town.shop_id, inbox.c.claimed_until.is_not(None))
    with town.runtime.database.reading() as db:
        return len(db.execute(mine).all())


def _leases_end(town: Town) -> None:
    """What a minute would do."""
    held = update(inbox).where(inbox.c.shop_id == town.shop_id, inbox.c.claimed_until.is_not(None))
    with town.runtime.database.transaction() as db:
        db.execute(held.values(claimed_until=now()))

"""Who waits for the offers of a shop's day."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import make_url

from plugin.usecases.make_offers import DAY_ROOM
from plugin.worker import inbox_step
from storage import locks, offers
from storage.engine import Database
from tests.campaigns import town


def test_a_store_without_limits_for_a_day_waits_for_no_other_worker(
    postgresql_database: Database, fresh_postgresql_url: str, tmp_path: Path
) -> None:
    """While another transaction counts the day's offers, loyalty offers are made: none of them is among what is counted."""
    impatient = make_url(fresh_postgresql_url).update_query_dict({"options": "-c lock_timeout=200"})
    with town.opened(tmp_path, impatient.render_as_string(hide_password=False), seed=8) as opened:
        opened.put_into_inbox(opened.live(12))
        with postgresql_database.transaction() as other:
            locks.take(other, opened.shop_id, DAY_ROOM)
            inbox_step.run(opened.runtime)
        with postgresql_database.reading() as db:
            made = list(offers.every(db, opened.shop_id))

    assert made

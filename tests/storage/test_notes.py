"""What stands on customers in the store, and which dead discounts may go: the same on both databases."""

from __future__ import annotations

from datetime import timedelta

from storage import notes, offers, outbox, redemptions, removals, snapshots
from storage.engine import Database
from tests.storage.filled import measured
from tests.storage.test_offers import offer
from tests.storage.worlds import START

DAY = timedelta(days=1)


def test_pages_go_through_everyone_once(database: Database, shop_id: int):
    """Page by page in the order of the ids, each measured customer comes once."""
    with database.transaction() as db:
        snapshots.keep_many(db, shop_id, [measured(f"c{one}") for one in range(7)])
        seen: list[str] = []
        while page := notes.page(db, shop_id, after=seen[-1] if seen else "", limit=3):
            seen += [one.customer_id for one in page]
        assert seen == [f"c{one}" for one in range(7)]


def test_what_was_told_is_kept_beside_what_was_read(database: Database, shop_id: int):
    """Writing and reading change their own columns; what was taken away is told of no more."""
    with database.transaction() as db:
        notes.keep_told(db, shop_id, {"c1": {"fields": {"tier": "Gold"}, "tags": []}, "c2": None}, now=START)
        notes.keep_groups(db, shop_id, {"c1": "loyal", "c3": None}, now=START)
        assert notes.told(db, shop_id, ["c1", "c2", "c3"]) == {"c1": {"fields": {"tier": "Gold"}, "tags": []}}
        assert notes.store_group(db, shop_id, "c1") == ("loyal", START)
        assert notes.told_after(db, shop_id, after="", limit=9) == ["c1"]
        notes.keep_told(db, shop_id, {"c1": None}, now=START)
        assert not notes.any_told(db, shop_id)
        assert notes.store_group(db, shop_id, "c1") == ("loyal", START)


def test_offers_about_to_end_are_told_of_once(database: Database, shop_id: int):
    """Those that end soon and ran long enough, unless it was written down before."""
    with database.transaction() as db:
        ends = {"soon": 2, "later": 20, "short": 2, "told": 2}
        offers.open_many(
            db,
            shop_id,
            [
                offer(
                    name,
                    customer_id=name,
                    state="issued",
                    code=f"CODE-{name}",
                    starts_at=START - (DAY if name == "short" else 30 * DAY),
                    ends_at=START + days * DAY,
                )
                for name, days in ends.items()
            ],
        )
        outbox.put(db, shop_id, key="flow/offer-ending/told", kind="start_flow", payload={}, now=START)
        found = notes.about_to_end(db, shop_id, now=START, until=START + 3 * DAY, shortest=5 * DAY, limit=9)
        assert found == ["soon"]
        assert notes.steps(db, shop_id, ["soon"], now=START).keys() == {"soon"}


def test_dead_unused_discounts_may_go_once(database: Database, shop_id: int):
    """What is over, closed, in the store and unused for long enough; not what lives, was used or went already."""
    with database.transaction() as db:
        for name in ("dead", "fresh", "live", "used", "gone"):
            ends = START - (DAY if name == "fresh" else 20 * DAY)
            new = offer(name, customer_id=name, state="issued", code=f"CODE-{name}", ends_at=ends)
            offers.open_many(db, shop_id, [new])
            if name != "live":
                offers.advance(db, shop_id, name, to="expired", closed_at=ends, store_ref=f"ref-{name}")
        used = {"ordered_at": START, "discount_minor": 5, "leaked": False}
        redemptions.record(db, shop_id, offer_id="used", order_id="o1", **used)
        removals.removed(db, shop_id, ["gone"], now=START)

        assert removals.due(db, shop_id, ended_before=START - 7 * DAY, after="", limit=9) == {"dead": "ref-dead"}
        assert removals.due(db, shop_id, ended_before=START - 7 * DAY, after="dead", limit=9) == {}

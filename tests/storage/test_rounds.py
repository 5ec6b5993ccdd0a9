"""Offers are gone through in pieces: all that is asked for, once each, and nothing of another shop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from storage import offers, outbox, redemptions, rounds
from storage.engine import Database
from storage.offers import Offer
from tests.storage.test_offers import NOW, offer
from tests.storage.worlds import new_shop

LATER = NOW + timedelta(days=20)
Read = Callable[..., list[Offer]]


def _fill(db: Connection, shop_id: int) -> None:
    """Each state before and after its end, with and without a code, of two versions and two kinds."""
    for place, state in enumerate(("planned", "sending", "issued", "redeemed", "cancelled", "expired", "held_out")):
        for days in (14, 30):
            for coded in (True, False):
                name = f"{state}-{days}-{coded}"
                code = f"C-{name}" if coded and state != "held_out" else None
                kind = "loyalty" if days == 14 else "win_back"
                offers.open_many(
                    db, shop_id,
                    [offer(name, state=state, code=code, kind=kind, program_version=1 + place % 2, ends_at=NOW + timedelta(days=days))],
                )  # fmt: skip
                offers.amend(db, shop_id, name, sending_at=NOW, **({"store_ref": f"ref-{name}"} if coded else {}))


def _all(read: Read, *args: object, limit: int, **more: object) -> set[str]:
    seen: list[str] = []
    after = ""
    while page := read(*args, after=after, limit=limit, **more):
        assert len(page) <= limit
        seen += [one.offer_id for one in page]
        after = page[-1].offer_id
    assert seen == sorted(set(seen))
    return set(seen)


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_each_round_sees_what_it_is_about(database: Database, limit: int) -> None:
    """Whatever the size of a page, a round sees exactly the offers of its kind, and those of its shop."""
    with database.transaction() as db:
        shop_id, other = new_shop(db), new_shop(db)
        _fill(db, shop_id)
        _fill(db, other)
    with database.reading() as db:
        asked = _all(rounds.ended_asked, db, shop_id, LATER, limit=limit)
        here = _all(rounds.in_store, db, shop_id, NOW, limit=limit)
        doubtful = _all(rounds.doubtful, db, shop_id, LATER, limit=limit)
        of_version = _all(rounds.open_offers, db, shop_id, version=2, kind=None, limit=limit)
        of_kind = _all(rounds.open_offers, db, shop_id, version=None, kind="win_back", limit=limit)
        unasked = {one.offer_id for one in rounds.ended_unasked(db, shop_id, LATER, limit=100)}
        assert rounds.any_ended_asked(db, shop_id, LATER)
        assert rounds.any_ended_unasked(db, shop_id, LATER)
        assert not rounds.any_ended_asked(db, shop_id, NOW)
        assert not rounds.any_ended_unasked(db, shop_id, NOW)

    assert asked == {"sending-14-True", "issued-14-True"}
    assert here == {"issued-14-True", "issued-30-True"}
    assert doubtful == {
        f"{state}-{days}-{coded}" for state in ("planned", "sending") for days in (14, 30) for coded in (True, False)
    }
    assert of_version == {f"sending-{days}-{coded}" for days in (14, 30) for coded in (True, False)}
    assert of_kind == {f"{state}-30-{coded}" for state in offers.OPEN for coded in (True, False)}
    assert unasked == {"planned-14-True", "planned-14-False", "issued-14-False"}


def test_only_what_the_store_may_have_is_marked(database: Database) -> None:
    """What is over or was never sent is not marked as unwanted."""
    with database.transaction() as db:
        shop_id = new_shop(db)
        _fill(db, shop_id)
        rounds.unwant(db, shop_id, [one.offer_id for one in offers.every(db, shop_id)], note="by hand")
    with database.reading() as db:
        issued = {one.offer_id for one in offers.every(db, shop_id) if one.state == "issued"}
        assert _all(rounds.unwanted, db, shop_id, limit=2) == issued
        marked = {one.state for one in offers.every(db, shop_id) if one.unwanted}
        assert marked == {one.state for one in offers.every(db, shop_id) if one.note == "by hand"} == set(rounds.ASKED)


def test_effects_are_known_by_their_keys(database: Database) -> None:
    """Keys tell their state; what repeats itself is forgotten once it is settled and old; a settled key can be given anew."""
    with database.transaction() as db:
        shop_id, other = new_shop(db), new_shop(db)
        for place, key in enumerate(("a", "b", "c")):
            at = NOW + timedelta(hours=place)
            outbox.put(db, shop_id, key=key, kind="round", payload={"place": place}, now=at)
        outbox.put(db, other, key="d", kind="round", payload={}, now=NOW)
        claimed = outbox.claim(db, now=LATER, limit=9, lease_seconds=60)
        outbox.done_many(db, [row for row in claimed if row.key in {"a", "b"}], LATER)
        assert outbox.states(db, shop_id, ["a", "c", "d", "e"]) == {"a": "done", "c": "waiting"}
        assert (outbox.known(db, shop_id, "c"), outbox.known(db, shop_id, "d")) == (True, False)
        assert outbox.newest(db, shop_id, "round") == (NOW + timedelta(hours=2), {"place": 2})
        assert outbox.newest(db, shop_id, "another") is None
        assert outbox.settled(db, shop_id, "round", since=NOW) == [{"place": 0}, {"place": 1}]
        outbox.forget_keys(db, shop_id, ["b", "c"])
        assert outbox.states(db, shop_id, ["a", "b", "c"]) == {"a": "done", "c": "waiting"}
        assert outbox.forget(db, shop_id, "round", before=NOW + timedelta(hours=9)) == 1
        assert outbox.states(db, shop_id, ["a", "c"]) == {"c": "waiting"}
        assert outbox.known(db, other, "d")


def test_a_use_takes_another_size_once(database: Database) -> None:
    """Told again with the same size nothing changes; each change and each turn is counted."""
    with database.transaction() as db:
        shop_id = new_shop(db)
        offers.open_many(db, shop_id, [offer("o", state="issued")])
        mine = {"offer_id": "o", "order_id": "1"}
        redemptions.record(db, shop_id, **mine, ordered_at=NOW, discount_minor=5, leaked=False)
        assert not redemptions.resize(db, shop_id, **mine, discount_minor=5)
        assert redemptions.resize(db, shop_id, **mine, discount_minor=7)
        assert redemptions.reverse(db, shop_id, **mine)
        assert not redemptions.resize(db, shop_id, **mine, discount_minor=9)
        assert redemptions.restore(db, shop_id, **mine, discount_minor=9)
        (use,) = redemptions.of_orders(db, shop_id, ["1"])
    assert (use.discount_minor, use.reversed, use.turn) == (9, False, 3)

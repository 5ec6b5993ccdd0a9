"""The hourly round goes through any number of offers in pages, where it left off, and asks again where a call was lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from plugin.platforms.protocol import (
    MARK,
    DiscountPage,
    DiscountSpec,
    FetchedOrder,
    InDoubt,
    StoredDiscount,
    StoreInfo,
)
from plugin.usecases import cancel_offers, compare, doubt, sweep
from plugin.usecases.make_offers import ISSUE
from storage import offers, outbox, shops
from storage.engine import Database
from storage.offers import NewOffer
from storage.shops import Shop
from storage.tables import outbox as effects
from tests.storage.worlds import new_shop

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
#: more than a day's rounds see at a page a round
MANY = sweep.PAGE * sweep.ROUNDS + 120


@dataclass
class Shelf:
    """A store that has every code that is asked about, but for some, and counts the questions."""

    gone: frozenset[str] = frozenset()
    asked: Counter[str] = field(default_factory=Counter)
    since: list[datetime] = field(default_factory=list)
    pages: int = 0
    #: pages of the list that it pretends to have
    endless: int = 1

    def create_discount(self, spec: DiscountSpec) -> StoredDiscount:
        raise AssertionError(f"a round made {spec.code}")

    def deactivate_discount(self, ref: str) -> None:
        raise AssertionError(f"a round switched {ref} off by itself")

    def find_discount(self, code: str) -> StoredDiscount | None:
        return None if code.removeprefix("C-") in self.gone else self._shown(code.removeprefix("C-"))

    def find_discounts(self, refs: Collection[str]) -> dict[str, StoredDiscount]:
        assert len(refs) <= sweep.PAGE
        ids = [ref.removeprefix("ref-") for ref in refs]
        self.asked.update(ids)
        return {f"ref-{one}": self._shown(one) for one in ids if one not in self.gone}

    def list_discounts(self, *, changed_since: datetime, after: str | None) -> DiscountPage:
        self.since.append(changed_since)
        self.pages += 1
        place = int(after or 0) + 1
        return DiscountPage(discounts=(), after=str(place) if place < self.endless else None)

    def fetch_order(self, order_id: str) -> FetchedOrder | None:
        raise AssertionError(order_id)

    def store_info(self) -> StoreInfo:
        raise InDoubt("nobody asks")

    def _shown(self, one: str) -> StoredDiscount:
        return StoredDiscount(ref=f"ref-{one}", code=f"C-{one}", tags=(one, MARK), live=True, usage_count=0)


def _offer(name: str, state: str) -> NewOffer:
    return NewOffer(
        offer_id=name, customer_id="c", kind="loyalty", step="", rule="loyalty", cycle=name, program_version=1, state=state,
        code=f"C-{name}", code_key_id="k", benefit={"type": "percent", "value": 10}, currency="EUR", created_at=NOW,
        starts_at=NOW, ends_at=NOW + timedelta(days=30), reasons=[], inputs={},
    )  # fmt: skip


def _shop(database: Database, count: int, *, state: str = "issued") -> Shop:
    with database.transaction() as db:
        shop_id = new_shop(db)
        offers.open_many(db, shop_id, [_offer(f"{number:05}", state) for number in range(count)])
        given = {"shop": shop_id}
        db.exec_driver_sql(f"UPDATE offers SET store_ref = 'ref-' || offer_id WHERE shop_id = {given['shop']}")  # noqa: S608 (a number)
        return shops.get(db, shop_id)


def _round(database: Database, shop: Shop, store: Shelf, at: datetime) -> None:
    with database.transaction() as db:
        assert sweep.begin(db, shop, now=at)
        assert not sweep.due(db, shop, now=at)
    while _call(database, store, at):
        pass


def _call(database: Database, store: Shelf, at: datetime) -> int:
    with database.transaction() as db:
        rows = [row for row in outbox.claim(db, now=at, limit=9, lease_seconds=60) if row.kind == sweep.SWEEP]
        asked = [(row, sweep.prepare(db, row, now=at)) for row in rows]
    for row, task in asked:
        if task is not None:
            seen = sweep.ask(store, task)
            with database.transaction() as db:
                sweep.conclude(db, row, task, seen, now=at)
    return len(rows)


def test_a_large_shop_is_gone_through_in_several_rounds(database: Database) -> None:
    """Each round looks at its share and the next goes on from there: all are looked at in a day, none twice as often."""
    shop, store = _shop(database, MANY), Shelf()
    rounds = -(-MANY // (2 * sweep.PAGE))
    assert rounds <= sweep.ROUNDS
    for number in range(2 * rounds):
        _round(database, shop, store, NOW + number * HOUR)
    assert set(store.asked) == {f"{number:05}" for number in range(MANY)}
    assert set(store.asked.values()) == {2}
    listed = [NOW + number * HOUR - sweep.OVERLAP for number in range(2 * rounds - 1)]
    assert store.since == [NOW - sweep.WHOLE, *listed]


def test_a_list_without_end_does_not_hold_a_round_up(database: Database) -> None:
    """A store in which very much changes is listed as far as a round goes; our own offers are still looked at."""
    shop, store = _shop(database, 3), Shelf(endless=10_000)
    _round(database, shop, store, NOW)
    assert (store.pages, len(store.asked)) == (sweep.MOST_PAGES, 3)


def test_what_is_missing_twice_is_revoked(database: Database) -> None:
    """Gone by its reference and by its code: revoked, and only that."""
    shop, store = _shop(database, 60), Shelf(gone=frozenset({"00007", "00055"}))
    for number in range(2):
        _round(database, shop, store, NOW + number * HOUR)
    with database.reading() as db:
        found = {one.offer_id: (one.state, one.note) for one in offers.every(db, shop.shop_id) if one.state != "issued"}
    assert found == dict.fromkeys(("00007", "00055"), ("revoked", "deleted in the store"))


def test_a_lost_call_is_made_again_and_a_long_doubt_is_told(database: Database) -> None:
    """An offer on its way without a call that waits gets one, once; after a day its note says that nobody knows."""
    shop = _shop(database, 3, state="sending")
    with database.transaction() as db:
        for number in range(3):
            offers.amend(db, shop.shop_id, f"{number:05}", sending_at=NOW)
        _waits(db, shop, "00001")
        assert doubt.prove_again(db, shop.shop_id, now=NOW + timedelta(minutes=10)) == 0
        assert doubt.prove_again(db, shop.shop_id, now=NOW + HOUR) == 2
        assert doubt.prove_again(db, shop.shop_id, now=NOW + HOUR) == 0
        keys = outbox.states(db, shop.shop_id, ["prove/00000", "prove/00001", "prove/00002"])
        assert keys == dict.fromkeys(("prove/00000", "prove/00002"), "waiting")
        doubt.prove_again(db, shop.shop_id, now=NOW + timedelta(days=2))
        assert {one.note for one in offers.every(db, shop.shop_id)} == {doubt.TOO_LONG}


def test_one_whose_call_was_lost_before_it_was_asked_for_is_asked_for(database: Database) -> None:
    """An offer that waits for a call which an uninstall has ended gets another one."""
    shop = _shop(database, 2, state="planned")
    with database.transaction() as db:
        _waits(db, shop, "00001")
        assert doubt.prove_again(db, shop.shop_id, now=NOW + HOUR) == 1
        assert outbox.states(db, shop.shop_id, ["prove/00000", "prove/00001"]) == {"prove/00000": "waiting"}


def test_a_stranger_is_looked_at_again_after_the_app_was_away(database: Database) -> None:
    """A code that nobody knows is switched off also where an uninstall of the same day has ended the first call for it."""
    shop = _shop(database, 0)
    stranger = StoredDiscount(ref="ref-x", code="C-x", tags=("x", MARK), live=True, usage_count=0)
    with database.transaction() as db:
        for _ in range(2):
            compare.listed(db, shop.shop_id, [stranger], now=NOW)
            ((key, payload),) = _strangers(db, shop)
            assert payload["code"] == "C-x"
            outbox.give_up_all(db, shop.shop_id, "the app was uninstalled", NOW)
        assert outbox.states(db, shop.shop_id, [key]) == {key: "given_up"}


def test_the_first_round_after_the_app_was_away_looks_at_all(database: Database) -> None:
    """A round that an uninstall has ended saw nothing, so the next installation's first one asks for all that may be live."""
    shop, store = _shop(database, 0), Shelf()
    _round(database, shop, store, NOW)
    with database.transaction() as db:
        assert sweep.begin(db, shop, now=NOW + HOUR)
        assert outbox.give_up_all(db, shop.shop_id, "the app was uninstalled", NOW + HOUR)
    _round(database, replace(shop, generation=shop.generation + 1), store, NOW + 3 * HOUR)
    _round(database, replace(shop, generation=shop.generation + 1), store, NOW + 4 * HOUR)
    assert store.since[1:] == [NOW + 3 * HOUR - sweep.WHOLE, NOW + 3 * HOUR - sweep.OVERLAP]


def test_what_is_cancelled_again_is_asked_for_again(database: Database) -> None:
    """An uninstall ends the call that switches a code off; whoever cancels the offer again gets another one."""
    shop = _shop(database, 1, state="sending")
    with database.transaction() as db:
        for _ in range(2):
            assert cancel_offers.cancel_offer(db, shop.shop_id, "00000", why="a test", now=NOW)
            assert outbox.states(db, shop.shop_id, ["cancel/00000"]) == {"cancel/00000": "waiting"}
            outbox.give_up_all(db, shop.shop_id, "the app was uninstalled", NOW)


def test_one_that_was_to_be_cancelled_is_cancelled_after_the_app_was_away(database: Database) -> None:
    """A call to switch a code off that an uninstall has ended is made again by the next round, once; an answered one is not."""
    shop, store = _shop(database, 3), Shelf()
    with database.transaction() as db:
        for number in range(2):
            assert cancel_offers.cancel_offer(db, shop.shop_id, f"{number:05}", why="a test", now=NOW)
        (answered,) = [row for row in outbox.claim(db, now=NOW, limit=9, lease_seconds=60) if row.key == "cancel/00001"]
        assert outbox.done(db, answered, NOW)
        outbox.give_up_all(db, shop.shop_id, "the app was uninstalled", NOW)
    keys = [f"cancel/{number:05}" for number in range(3)]
    for hours in (1, 2):
        _round(database, shop, store, NOW + hours * HOUR)
        with database.reading() as db:
            states = outbox.states(db, shop.shop_id, keys)
        assert states == {"cancel/00000": "waiting", "cancel/00001": "done"}


def _strangers(db: Connection, shop: Shop) -> list[tuple[str, dict[str, str]]]:
    columns = (effects.c.key, effects.c.payload)
    mine = (effects.c.shop_id == shop.shop_id, effects.c.kind == compare.DISOWN, effects.c.state == "waiting")
    return [(row.key, row.payload) for row in db.execute(select(*columns).where(*mine))]


def _waits(db: Connection, shop: Shop, offer_id: str) -> None:
    outbox.put(db, shop.shop_id, key=f"issue/{offer_id}", kind=ISSUE, payload={"offer_id": offer_id}, now=NOW)

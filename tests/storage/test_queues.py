"""What waits is done once at a time, by whoever holds the newest claim, with a turn for every shop."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import erasure, inbox, outbox, shops
from storage.engine import Database
from storage.standing import Unclear
from tests.storage.worlds import new_shop

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LEASE = 60.0
AFTER_LEASE = NOW + timedelta(seconds=61)


def delivery(
    shop_id: int,
    delivery_id: str,
    *,
    topic: str = "orders/create",
    received_at: datetime = NOW,
    body: bytes = b"{}",
    version: int | None = None,
) -> inbox.Delivery:
    return inbox.Delivery(
        shop_id=shop_id,
        delivery_id=delivery_id,
        topic=topic,
        received_at=received_at,
        body=body,
        version=version,
    )


@given(body=st.binary(max_size=2000))
def test_a_body_comes_out_as_it_came_in(database: Database, body: bytes):
    """Every byte of a delivery is kept."""
    with database.transaction() as db:
        shop_id = new_shop(db)
        inbox.keep(db, [delivery(shop_id, "d", body=body)])
        (row,) = (row for row in inbox.claim(db, now=NOW, limit=1000, lease_seconds=LEASE) if row.shop_id == shop_id)
        assert row.body == body


def test_the_same_delivery_is_kept_once(database: Database, shop_id: int):
    """A delivery known by its shop and id is not new, within one call and over several."""
    with database.transaction() as db:
        other = new_shop(db)
        twice = [delivery(shop_id, "a"), delivery(shop_id, "b"), delivery(shop_id, "a"), delivery(other, "a")]
        assert inbox.keep(db, twice) == [True, True, False, True]
        assert inbox.keep(db, [delivery(shop_id, "b"), delivery(shop_id, "c")]) == [False, True]
        assert inbox.waiting(db) == 4


def test_one_version_is_kept_once_whatever_its_id(database: Database, shop_id: int):
    """The same bytes of the same topic and shop are known, within one call and over several; what tells no version is new."""
    with database.transaction() as db:
        other = new_shop(db)
        told = partial(delivery, version=1, body=b'{"id":1,"updated_at":"t1"}')
        first = [told(shop_id, "a"), told(shop_id, "b"), told(other, "a"), told(shop_id, "c", topic="orders/paid")]
        assert inbox.keep(db, first) == [True, False, True, True]
        newer = told(shop_id, "e", body=b'{"id":1,"updated_at":"t2"}')
        proved = [replace(told(other, name), proof=hashlib.sha256(b"key").digest()) for name in ("b", "c")]
        assert inbox.keep(db, proved) == [True, False]
        assert inbox.keep(db, [told(shop_id, "d"), newer, told(shop_id, "a")]) == [False, True, False]
        assert inbox.keep(db, [delivery(shop_id, "f"), delivery(shop_id, "g")]) == [True, True]
        assert inbox.waiting(db) == 7


def test_one_statement_keeps_as_a_transaction_does(database: Database, shop_id: int):
    """Kept by statements of their own, deliveries get the same answers as in a transaction, however many, and are durable."""
    many = [
        delivery(shop_id, f"{number % 150}", version=number % 130, body=b"%d" % (number % 130)) for number in range(200)
    ]
    with database.transaction() as db:
        other = new_shop(db)
        expected = inbox.keep(db, [replace(one, shop_id=other) for one in many])
    assert inbox.keep_at_once(database, [inbox.pack(one) for one in many]) == expected
    assert expected.count(True) == 130
    with database.reading() as db:
        assert inbox.waiting(db) == 260
    assert not any(inbox.keep_at_once(database, [inbox.pack(one) for one in many]))


def test_a_refused_statement_leaves_nothing_behind(database: Database, shop_id: int):
    """Where one row is refused, none of its statement is kept, what failed is said, and the next statement is carried out."""
    with pytest.raises(Unclear) as said:
        inbox.keep_at_once(database, [inbox.pack(delivery(one, "a")) for one in (shop_id, 999_999)])
    assert isinstance(said.value.__cause__, (sqlite3.IntegrityError, psycopg.errors.ForeignKeyViolation))
    with database.transaction() as db:
        assert inbox.waiting(db) == 0
    assert inbox.keep_at_once(database, [inbox.pack(delivery(shop_id, "a"))]) == [True]


def test_what_was_not_understood_swallows_nothing(database: Database, shop_id: int):
    """Bytes that were set aside, erased or pruned are kept again under a new id; the old id stays known while its row is."""
    told = partial(delivery, shop_id, version=1)
    names = ("aside", "erased", "pruned")
    with database.transaction() as db:
        inbox.keep(db, [told(name, body=f'{{"customer_id":"customer-{name}"}}'.encode()) for name in names])
        rows = {row.delivery_id: row for row in inbox.claim(db, now=NOW, limit=10, lease_seconds=LEASE)}
        inbox.set_aside(db, rows["aside"], "why", NOW)
        erasure.erase_customer(db, shop_id, "customer-erased", fingerprint="f", needles=[], now=AFTER_LEASE)
        inbox.done(db, [rows["pruned"]], NOW)
        again = [told(f"{name} again", body=rows[name].body) for name in names]
        assert inbox.keep(db, again) == [True, True, False]
        assert inbox.prune(db, [rows["pruned"].delivery_row], AFTER_LEASE) == 1
        assert inbox.keep(db, again) == [False, False, True]
        assert inbox.keep(db, [told(name, body=rows[name].body) for name in names]) == [False, False, False]


def test_a_claimed_row_is_nobody_elses_until_its_lease_ends(database: Database, shop_id: int):
    """A second claim finds nothing; after the lease the row is back, with one attempt and one fence more."""
    with database.transaction() as db:
        inbox.keep(db, [delivery(shop_id, "a")])
        assert inbox.due(db, NOW)
        (first,) = inbox.claim(db, now=NOW, limit=10, lease_seconds=LEASE)
        assert (inbox.due(db, NOW), inbox.due(db, AFTER_LEASE)) == (False, True)
        assert inbox.claim(db, now=NOW, limit=10, lease_seconds=LEASE) == []
        (second,) = inbox.claim(db, now=AFTER_LEASE, limit=10, lease_seconds=LEASE)
        assert (first.attempts, second.attempts, second.fence > first.fence) == (1, 2, True)


def test_who_comes_late_settles_nothing(database: Database, shop_id: int):
    """Once a row was claimed anew, the worker before can neither finish, nor set aside, nor retry it."""
    with database.transaction() as db:
        inbox.keep(db, [delivery(shop_id, "a")])
        (late,) = inbox.claim(db, now=NOW, limit=1, lease_seconds=LEASE)
        (holder,) = inbox.claim(db, now=AFTER_LEASE, limit=1, lease_seconds=LEASE)
        assert inbox.done(db, [late], NOW) == set()
        assert not inbox.set_aside(db, late, "late", NOW)
        assert not inbox.retry(db, late, run_at=NOW, reason="late")
        assert inbox.done(db, [holder, late], NOW) == {holder.delivery_row}
        assert inbox.waiting(db) == 0


def test_a_retried_row_waits_for_its_time(database: Database, shop_id: int):
    """A row given back is due when it was said to be, and not before."""
    later = NOW + timedelta(minutes=5)
    with database.transaction() as db:
        outbox.put(db, shop_id, key="k", kind="create", payload={"offer": "x"}, now=NOW)
        (row,) = outbox.claim(db, now=NOW, limit=1, lease_seconds=LEASE)
        assert outbox.retry(db, row, run_at=later, reason="throttled")
        assert outbox.claim(db, now=later - timedelta(microseconds=1), limit=1, lease_seconds=LEASE) == []
        (again,) = outbox.claim(db, now=later, limit=1, lease_seconds=LEASE)
        assert (again.payload, again.attempts) == ({"offer": "x"}, 2)
        assert outbox.done(db, again, later)
        assert outbox.waiting(db) == 0


@given(lengths=st.lists(st.integers(0, 12), min_size=1, max_size=4), limit=st.integers(1, 12))
def test_every_shop_gets_its_turn(database: Database, lengths: list[int], limit: int):
    """A claim is full while there is work, and no shop gets more while another's fair share is unmet."""
    with database.transaction() as db:
        ids = [new_shop(db) for _ in lengths]
        rows = [
            delivery(shop_id, f"{number}", received_at=NOW + timedelta(seconds=number))
            for shop_id, length in zip(ids, lengths, strict=True)
            for number in range(length)
        ]
        inbox.keep(db, rows)
        now = NOW + timedelta(hours=1)
        claimed = inbox.claim(db, now=now, limit=limit, lease_seconds=LEASE)
        got = [sum(row.shop_id == shop_id for row in claimed) for shop_id in ids]
        inbox.done(db, [*claimed, *inbox.claim(db, now=now, limit=1000, lease_seconds=LEASE)], now)
    assert sum(got) == min(limit, sum(lengths))
    least = min(limit // sum(map(bool, lengths)) if any(lengths) else 0, limit)
    assert all(count >= min(length, least) for count, length in zip(got, lengths, strict=True))
    assert [row.delivery_id for row in claimed if row.shop_id == ids[0]] == [str(number) for number in range(got[0])]


def test_a_long_line_takes_what_the_others_leave(database: Database):
    """Beside a shop with a thousand waiting, one with a single row is served, and the claim is full all the same."""
    with database.transaction() as db:
        busy, quiet = new_shop(db), new_shop(db)
        inbox.keep(db, [delivery(busy, str(number)) for number in range(200)])
        inbox.keep(db, [delivery(quiet, "only", received_at=NOW + timedelta(seconds=1))])
        claimed = inbox.claim(db, now=NOW + timedelta(seconds=2), limit=50, lease_seconds=LEASE)
        assert sorted(row.shop_id for row in claimed) == [busy] * 49 + [quiet]


def test_a_claim_can_pass_shops_over(database: Database):
    """What waits for shops that are passed over stays; the others get all of the claim."""
    with database.transaction() as db:
        busy, quiet = new_shop(db), new_shop(db)
        inbox.keep(db, [delivery(busy, str(number)) for number in range(5)] + [delivery(quiet, "only")])
        now = NOW + timedelta(seconds=2)
        assert [row.shop_id for row in inbox.claim(db, now=now, limit=50, lease_seconds=LEASE, but={busy})] == [quiet]
        assert inbox.claim(db, now=now, limit=50, lease_seconds=LEASE, but={busy}) == []
        assert len(inbox.claim(db, now=now, limit=50, lease_seconds=LEASE)) == 5


def test_set_aside_is_seen_and_can_be_reopened(database: Database, shop_id: int):
    """What cannot be understood holds nobody up, is listed with its reason, and waits again when asked to."""
    with database.transaction() as db:
        other = new_shop(db)
        inbox.keep(db, [delivery(shop_id, "a"), delivery(shop_id, "b"), delivery(other, "c")])
        for row in inbox.claim(db, now=NOW, limit=10, lease_seconds=LEASE):
            assert inbox.set_aside(db, row, f"no order in {row.delivery_id}", NOW)
        assert [(one.topic, one.reason) for one in inbox.aside(db, shop_id)] == [
            ("orders/create", "no order in b"),
            ("orders/create", "no order in a"),
        ]
        assert (inbox.waiting(db), inbox.count_aside(db, shop_id), inbox.oldest_waiting(db)) == (0, 2, None)
        assert inbox.reopen(db, shop_id) == 2
        assert (inbox.waiting(db), inbox.count_aside(db, shop_id), inbox.oldest_waiting(db)) == (2, 0, NOW)
        assert inbox.reopen(db, None) == 1


def test_pruning_takes_only_what_was_settled(database: Database, shop_id: int):
    """Rows done or set aside before the day given are found and gone; what waits or was settled later stays."""
    names = ("done", "aside", "waits", "done later")
    with database.transaction() as db:
        inbox.keep(db, [delivery(shop_id, name) for name in names])
        rows = {row.delivery_id: row for row in inbox.claim(db, now=NOW, limit=10, lease_seconds=LEASE)}
        inbox.done(db, [rows["done"]], NOW)
        inbox.done(db, [rows["done later"]], AFTER_LEASE)
        inbox.set_aside(db, rows["aside"], "why", NOW)
        old = inbox.old(db, AFTER_LEASE, now=AFTER_LEASE, after=0, limit=10)
        assert old == inbox.Old([rows["done"].delivery_row, rows["aside"].delivery_row], None)
        assert inbox.prune(db, [row.delivery_row for row in rows.values()], AFTER_LEASE) == 2
        assert inbox.keep(db, [delivery(shop_id, name) for name in names]) == [True, True, False, False]


def test_only_the_chosen_are_reopened(database: Database, shop_id: int):
    """Rows can be let wait again one by one; a row of another shop, or one that is done, is not among them."""
    with database.transaction() as db:
        other = new_shop(db)
        inbox.keep(db, [delivery(shop_id, "a"), delivery(shop_id, "b"), delivery(shop_id, "c"), delivery(other, "d")])
        rows = {row.delivery_id: row for row in inbox.claim(db, now=NOW, limit=10, lease_seconds=LEASE)}
        for name in ("a", "b", "d"):
            inbox.set_aside(db, rows[name], "why", NOW)
        inbox.done(db, [rows["c"]], NOW)
        wanted = [rows[name].delivery_row for name in ("a", "c", "d")]
        assert inbox.reopen(db, shop_id, wanted) == 1
        assert [row.delivery_id for row in inbox.claim(db, now=NOW, limit=10, lease_seconds=LEASE)] == ["a"]
        assert inbox.reopen(db, shop_id, []) == 0


def test_an_effect_is_written_down_once(database: Database, shop_id: int):
    """A key that was used is used for ever, whatever became of the effect."""
    with database.transaction() as db:
        assert outbox.put(db, shop_id, key="k", kind="create", payload={}, now=NOW)
        (row,) = outbox.claim(db, now=NOW, limit=1, lease_seconds=LEASE)
        assert outbox.give_up(db, row, "the store is closed", NOW)
        assert not outbox.put(db, shop_id, key="k", kind="create", payload={}, now=NOW)
        assert outbox.put(db, new_shop(db), key="k", kind="create", payload={}, now=NOW)


def test_effects_wait_while_a_shop_is_not_active(database: Database, shop_id: int):
    """Nothing goes out to a paused store; giving everything up also stops who holds a claim."""
    with database.transaction() as db:
        for key in ("a", "b"):
            outbox.put(db, shop_id, key=key, kind="create", payload={}, now=NOW)
        shops.pause(db, shop_id, "closed")
        assert outbox.claim(db, now=NOW, limit=10, lease_seconds=LEASE) == []
        assert not outbox.due(db, NOW)
        shops.resume(db, shop_id)
        assert outbox.due(db, NOW)
        (held,) = outbox.claim(db, now=NOW, limit=1, lease_seconds=LEASE)
        assert outbox.give_up_all(db, shop_id, "uninstalled", NOW) == 2
        assert not outbox.done(db, held, NOW)
        assert outbox.waiting(db) == 0


def test_two_workers_at_once_never_hold_the_same_row(database: Database, shop_id: int):
    """Claims from several threads, each in its own transaction, share the rows out without overlap and without rest."""
    total, workers = 60, 4
    with database.transaction() as db:
        inbox.keep(db, [delivery(shop_id, str(number)) for number in range(total)])
    held: list[int] = []
    start = threading.Barrier(workers)

    def work() -> None:
        start.wait()
        while True:
            with database.transaction() as db:
                rows = inbox.claim(db, now=NOW, limit=7, lease_seconds=LEASE)
            if not rows:
                return
            held.extend(row.delivery_row for row in rows)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held) == len(set(held)) == total

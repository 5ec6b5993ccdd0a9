"""The laws on a Magento store that its other journeys do not hold already; crashes, budgets and drawn moves are the simulator's."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plugin.platforms.magento import reading
from plugin.platforms.magento.reading import OF_CREDITMEMOS, OF_ORDERS
from plugin.platforms.protocol import StoreInfo
from plugin.rewards.holdout import is_held_out
from plugin.rewards.program import Program
from plugin.usecases import change_program, erase, install, list_offers, list_signals, take_in
from plugin.worker.magento_round import Round
from storage import erasure, orders, programs
from tests.journeys import people
from tests.journeys.magento import BEGIN, Magento, opened
from tests.journeys.test_magento_trouble import deliver
from tests.storage.dumps import dump
from webhooks.facts import Facts

ACCOUNT, EMAIL = 812_345_678, "canary@example.com"
SHUFFLES = 12


@pytest.fixture
def magento(tmp_path: Path) -> Iterator[Magento]:
    """A connected store without modules."""
    with opened(tmp_path, modules=False) as made:
        made.connect()
        made.worker.drain()
        yield made


def test_any_shuffle_with_duplicates_leaves_the_same_tables(magento: Magento) -> None:
    """Every state that orders, guests, accounts and refunds were ever seen in, in any order, any batches, some twice."""
    told = _states(magento)
    found = [_after(magento, told, seed) for seed in range(SHUFFLES)]
    assert found[0]["orders"]
    assert found[0]["refunds"]
    assert found[0]["customers"]
    for other in found[1:]:
        assert other == found[0]


def test_an_order_that_was_wholly_refunded_measures_like_none(magento: Magento) -> None:
    """Of two customers alike, one buys once more and gets it all back: they are measured alike."""
    for who in (5, 6):
        magento.store.add_customer(who, "Ada Byron", email=f"p{who}@example.com")
    for _ in range(3):
        for who in (5, 6):
            magento.store.checkout(customer_id=who, total="40.00", at=magento.clock.now())
        magento.passes(days=10)
    more = magento.store.checkout(customer_id=6, total="90.00")
    magento.passes(days=1)
    assert not _alike(magento)
    magento.store.refund(more.order_id, "90.00")
    magento.passes(days=1)
    assert _alike(magento)


def test_the_control_group_gets_no_coupon_however_it_is_heard_of(magento: Magento) -> None:
    """The arm is that of the shop, the account and the key: by polling, by a hint, after all history was read again."""
    program = _half_held_out(magento)
    shop = magento.shop()
    arms = {
        str(who): is_held_out(key=program.key, shop=f"magento|{shop.domain}", customer_id=str(who), percent=50)
        for who in range(5, 15)
    }
    assert len(set(arms.values())) == 2
    for who in arms:
        magento.store.add_customer(int(who), "Ada Byron", email=f"p{who}@example.com")
        placed = magento.store.checkout(customer_id=int(who), total="40.00")
        if int(who) % 2:
            deliver(magento, "order", {"entity_id": placed.order_id})
            magento.worker.drain()
    magento.passes(minutes=6)
    assert _arms(magento) == arms
    asked = Round(magento.runtime, magento.shop())
    asked.again()
    asked.history()
    magento.passes(days=1)
    assert _arms(magento) == arms


def test_no_byte_of_an_erased_customer_or_guest_is_left(
    magento: Magento, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Database and its log, lists, lines of logs, calls that wait; nor after late hints, polls, sweeps and all history."""
    caplog.set_level(logging.DEBUG, logger="regulars")
    people.rules(magento)
    magento.store.add_customer(ACCOUNT, "Ada Byron", email="account@example.com")
    bought = [
        magento.store.checkout(customer_id=ACCOUNT, total="40.00"),
        magento.store.checkout(customer_id=None, total="40.00", email=f" {EMAIL.upper()}".strip()),
    ]
    magento.passes(minutes=6)
    guest = (magento.order(bought[1].order_id) or pytest.fail("no order")).customer_id or ""
    made = people.made(magento)
    assert {offer.customer_id for offer in made} == {str(ACCOUNT), guest}
    words = {str(ACCOUNT), guest, guest.removeprefix("guest-"), EMAIL, EMAIL.upper(), "account@example.com", "Byron"}
    secret = {*words, *(offer.code or "" for offer in made), *(offer.offer_id for offer in made)}
    assert _held(tmp_path, {str(ACCOUNT), guest})
    for who in (str(ACCOUNT), guest):
        _erase(magento, who)
    magento.passes(minutes=1)
    assert not magento.codes()
    erasure.scrub(magento.runtime.database)
    assert not _held(tmp_path, secret)

    for one in bought:
        magento.store.refund(one.order_id, "1.00")
        deliver(magento, "order", {"entity_id": one.order_id, "customer_email": EMAIL, "customer_id": ACCOUNT})
        deliver(magento, "creditmemo", {"order_id": one.order_id, "customer_email": EMAIL})
    deliver(magento, "customer", {"entity_id": ACCOUNT, "email": EMAIL})
    for span in (timedelta(minutes=6), timedelta(days=2), timedelta(days=30)):
        magento.clock.set(magento.clock.now() + span)
        magento.worker.drain()
    asked = Round(magento.runtime, magento.shop())
    asked.again()
    asked.history()
    magento.worker.drain()
    erasure.scrub(magento.runtime.database)
    with magento.runtime.database.reading() as db:
        assert orders.count(db, magento.shop().shop_id) == 0
        lists = [
            *list_offers.rows(db, magento.shop()),
            *list_signals.rows(db, magento.shop(), as_of=magento.clock.now()),
        ]
    assert lists == []
    assert not _held(tmp_path, secret)
    assert not [word for word in words if word in caplog.text]


def _states(magento: Magento) -> list[Facts]:
    """All that reading the store ever told while some days went by, states that were left again included."""
    store, told = magento.store, []
    one = store.checkout(customer_id=None, total="40.00", email="p@example.com")
    two = store.checkout(customer_id=None, total="30.00", email="q@example.com", paid=False)
    told += _read(magento)
    store.add_customer(5, "Ada Byron", email="p@example.com")
    store.checkout(customer_id=5, total="40.00")
    store.refund(one.order_id, "7.00")
    told += _read(magento)
    store.cancel(two.order_id)
    store.add_customer(6, "Bea Byron", email="q@example.com")
    store.refund(one.order_id, "33.00")
    store.checkout(customer_id=6, total="20.00", configurable=True)
    store.checkout(customer_id=None, total="25.00", email="Q@example.com")
    return told + _read(magento)


def _read(magento: Magento) -> list[Facts]:
    magento.clock.set(magento.clock.now() + timedelta(hours=1))
    asked = Round(magento.runtime, magento.shop())
    pages = [reading.numbered_after(asked.client, kind, 0, people=asked.people) for kind in (OF_ORDERS, OF_CREDITMEMOS)]
    return [row.facts for page in pages for row in page.rows if row.facts is not None]


def _after(magento: Magento, told: list[Facts], seed: int) -> dict[str, Any]:
    """The tables of a shop that takes it all in, in an order of its own."""
    rng, vault, database = random.Random(seed), magento.runtime.vault, magento.runtime.database
    dealt = [*told, *rng.sample(told, len(told) // 2)]
    rng.shuffle(dealt)
    info = StoreInfo(name="Corner Shop", currency="USD", timezone="UTC", scopes=())
    with database.transaction() as db:
        shop = install.begin(db, platform="magento", domain=f"{seed}.example", info=info, sealed=b"", now=BEGIN)
    while dealt:
        batch = [dealt.pop() for _ in range(min(len(dealt), rng.randrange(1, 5)))]
        with database.transaction() as db:
            take_in.history(db, shop.shop_id, batch, now=BEGIN + timedelta(days=1), vault=vault)
    with database.reading() as db:
        rows = dump(db, shop.shop_id)
    return {name: rows[name] for name in ("orders", "refunds", "customers")}


def _half_held_out(magento: Magento) -> Program:
    shop, program = magento.shop(), replace(people.rules(magento), holdout_percent=50)
    with magento.runtime.database.transaction() as db:
        current = programs.current(db, shop.shop_id)
        assert current is not None
        change_program.save(
            db, shop_id=shop.shop_id, program=program, author="a test", note="", now=magento.clock.now(),
            base_version=current.version,
        )  # fmt: skip
    return program


def _alike(magento: Magento) -> bool:
    with magento.runtime.database.reading() as db:
        rows = {row["customer_id"]: row for row in list_signals.rows(db, magento.shop(), as_of=magento.clock.now())}
    one, other = ({name: rows[who][name] for name in rows[who] if name != "customer_id"} for who in ("5", "6"))
    return bool(one == other)


def _arms(magento: Magento) -> dict[str, bool]:
    """Who was held out, as far as offers tell: a lot is drawn for everybody."""
    made = people.made(magento)
    return {offer.customer_id: offer.state == "held_out" for offer in made}


def _erase(magento: Magento, who: str) -> None:
    with magento.runtime.database.transaction() as db:
        erase.customer(db, magento.shop().shop_id, who, now=magento.clock.now(), vault=magento.runtime.vault)


def _held(folder: Path, words: set[str]) -> list[str]:
    kept = [path.read_bytes() for path in folder.glob("regulars.db*")]
    return sorted(word for word in words if word and any(word.encode() in one for one in kept))

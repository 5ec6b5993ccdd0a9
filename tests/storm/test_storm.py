"""Reserved and booked together never exceed the month's cap, whoever works at once and however they crash."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from dataclasses import replace
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

import pytest

from plugin.rewards.inputs import redecide
from plugin.rewards.stored import from_stored
from storage import budgets, decisions, ledger, offers, programs, redemptions
from storage.engine import Database
from storage.shops import Shop
from tests.campaigns.running import Say
from tests.storm.books import Replay, Watcher, moves_after
from tests.storm.town import EACH, MONTH, build, cap, customer
from tests.storm.worker import CRASHED, Post, serve

#: workers: processes times threads
SHORT = {"postgresql": (2, 32), "sqlite": (2, 8)}
LONG = {"postgresql": (8, 8), "sqlite": (2, 8)}
SAYS_SECONDS = 20


def test_a_short_storm(database: Database, database_url: str) -> None:
    """A few hundred attempts by 64 workers on PostgreSQL and 16 on SQLite, with failures, lost connections and exits."""
    storm(database, database_url, Post(0, *SHORT[database.dialect], customers=120, exits=0.02), least_crashes=1)


def test_a_day_has_room_for_so_many(database: Database, database_url: str) -> None:
    """A day's money, a part of the month's, is given away to the last offer that fits, and none is made beyond it."""
    post = Post(0, *SHORT[database.dialect], customers=60, exits=0.01, uses=False)
    fits = post.customers // 4
    shop = build(database, post.customers, a_day=fits * EACH + EACH - 1)
    work(database_url, post)
    with database.reading() as db:
        assert sum(offer.code is not None for offer in offers.every(db, shop.shop_id)) == fits
        assert budgets.state(db, shop.shop_id, MONTH) == (fits * EACH, 0)
        assert ledger.disagreements(db, shop.shop_id) == []


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_a_long_storm(database: Database, database_url: str, customers: int, say: Say) -> None:
    """Ten thousand customers, and many processes that die on the way."""
    post = Post(0, *LONG[database.dialect], customers=customers, exits=0.002)
    storm(database, database_url, post, least_crashes=customers // 500, say=say)


def storm(database: Database, url: str, post: Post, *, least_crashes: int, say: Say | None = None) -> None:
    """All the work, watched from outside, and the books read afterwards."""
    shop = build(database, post.customers)
    watcher = Watcher(database, shop.shop_id, cap(post.customers))
    watcher.begin()
    try:
        crashes = work(url, post, say=say)
    finally:
        wrong = watcher.end()
    assert wrong == []
    assert watcher.looks > 5
    assert crashes >= least_crashes
    the_books_are_right(database, shop, post.customers)
    everyone_was_answered(database, shop, post.customers)
    if say:
        say(f"{database.dialect}: {post.customers} customers, {crashes} processes died, {watcher.looks} looks")


def work(url: str, post: Post, *, say: Say | None = None) -> int:
    """Runs all processes until all is done, each as often as it dies; how many died on the way."""
    # one process imports what all of them need and is copied for each
    copies = multiprocessing.get_context("forkserver")
    copies.set_forkserver_preload(["tests.storm.worker"])
    done = copies.RawArray("q", post.processes * post.threads)
    lives: Counter[int] = Counter()
    running: dict[int, BaseProcess] = {}
    said = time.monotonic()

    def begin(number: int) -> None:
        given = (url, replace(post, number=number), lives[number], done)
        running[number] = copies.Process(target=serve, args=given, daemon=True)
        running[number].start()

    for number in range(post.processes):
        begin(number)
    while running:
        wait([process.sentinel for process in running.values()], timeout=SAYS_SECONDS)
        ended = {number: process for number, process in running.items() if not process.is_alive()}
        assert {process.exitcode for process in ended.values()} <= {0, CRASHED}
        for number, process in ended.items():
            running.pop(number).join()
            if process.exitcode == CRASHED:
                lives[number] += 1
                begin(number)
        if say and time.monotonic() - said > SAYS_SECONDS:
            say(f"{sum(done)} of {post.customers} customers served, {lives.total()} processes died")
            said = time.monotonic()
    assert sum(done) == post.customers
    return lives.total()


def the_books_are_right(database: Database, shop: Shop, customers: int) -> None:
    """The ledger replayed in the order of commits never exceeds the cap, and ends where counter and offers stand."""
    replay = Replay(cap(customers))
    with database.reading() as db:
        replay.follow(moves_after(db, shop.shop_id, 0))
        entries, month = ledger.of_month(db, shop.shop_id, MONTH), budgets.state(db, shop.shop_id, MONTH)
        assert ledger.disagreements(db, shop.shop_id) == []
        made = list(offers.every(db, shop.shop_id))
        uses = redemptions.of_orders(db, shop.shop_id, [f"second {number}" for number in range(customers)])
    assert replay.wrong == []
    assert replay.state() == month
    assert month.booked_minor == sum(offer.cost_minor for offer in made)
    assert month.reserved_minor == sum(offer.reserved_minor for offer in made if offer.state in offers.OPEN)
    assert month.reserved_minor + month.booked_minor > cap(customers) * 6 // 10
    given = [offer for offer in made if offer.code]
    reserved = [entry.cause for entry in entries if entry.cause.count("/") == 1 and entry.kind == "reserve"]
    assert sorted(reserved) == sorted(f"reserve/{offer.offer_id}" for offer in given)
    assert len({offer.customer_id for offer in made}) == len(made)
    assert sum(use.reversed for use in uses) > 0
    assert sum(not use.reversed for use in uses) > 0


def everyone_was_answered(database: Database, shop: Shop, customers: int) -> None:
    """Each attempt has its decision: an offer, the control group, or a refusal that says that the budget is used."""
    with database.reading() as db:
        kept = {one.customer_id: one for one in decisions.every(db, shop.shop_id)}
        made = {offer.customer_id: offer for offer in offers.every(db, shop.shop_id)}
        (program,) = programs.history(db, shop.shop_id)
    assert kept.keys() == {customer(number) for number in range(customers)}
    assert {one.outcome for one in kept.values()} == {"issue", "held_out", "hold"}
    assert {who for who, one in kept.items() if one.outcome == "issue"} == {
        who for who, one in made.items() if one.code
    }
    rules = from_stored(program.body)
    for one in kept.values():
        if one.outcome == "hold":
            against = [reason["code"] for reason in one.reasons if not reason["ok"]]
            assert against in (["budget_used_up"], ["control_group", "budget_used_up"])
            assert redecide(one.inputs, rules).outcome == "hold"
            assert one.customer_id not in made

"""Reserved and booked together never exceed the month's cap, whoever works at once and however they crash."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from dataclasses import dataclass, field

import pytest

from plugin.rewards.inputs import redecide
from plugin.rewards.stored import from_stored
from storage import budgets, decisions, ledger, offers, programs, redemptions, shops
from storage.engine import Database
from storage.ledger import Entry
from tests.storm.town import DOMAIN, EACH, MONTH, build, cap, customer
from tests.storm.worker import CRASHED, serve

#: workers: processes times threads
SHORT = {"postgresql": (2, 32), "sqlite": (2, 8)}
LONG = {"postgresql": (8, 8), "sqlite": (2, 8)}


@dataclass
class Watcher:
    """Looks at the month again and again, from outside, while it is worked on."""

    database: Database
    shop_id: int
    cap: int
    looks: int = 0
    wrong: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Until it is over."""
        while not self.over.wait(0.02):
            with self.database.reading() as db:
                month = budgets.state(db, self.shop_id, MONTH)
                agree = ledger.disagreements(db, self.shop_id)
            self.looks += 1
            if month.reserved_minor + month.booked_minor > self.cap or agree:
                self.wrong.append(f"look {self.looks}: {month} {agree}")


def test_a_short_storm(database: Database, database_url: str):
    """A few hundred attempts by 64 workers on PostgreSQL and 16 on SQLite, with failures, lost connections and exits."""
    _storm(database, database_url, customers=120, exits=0.03, deaths=1, workers=SHORT[database.dialect])


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_a_long_storm(database: Database, database_url: str):
    """Ten thousand attempts."""
    _storm(database, database_url, customers=10_000, exits=0.002, deaths=6, workers=LONG[database.dialect])


def _storm(
    database: Database, url: str, *, customers: int, exits: float, deaths: int, workers: tuple[int, int]
) -> None:
    shop = build(database, customers)
    watcher = Watcher(database, shop.shop_id, cap(customers))
    looking = threading.Thread(target=watcher.watch)
    looking.start()
    try:
        crashes = _work(url, customers, exits, deaths, *workers)
    finally:
        watcher.over.set()
        looking.join()
    assert watcher.wrong == []
    assert watcher.looks > 5
    assert crashes > 0
    _books_are_right(database, customers)
    _everyone_was_answered(database, customers)


def _work(url: str, customers: int, exits: float, deaths: int, processes: int, threads: int) -> int:
    """Runs all workers until all is done, each process up to its last death; how many processes crashed on the way."""
    # one process imports what all of them need and is copied for each
    copies = multiprocessing.get_context("forkserver")
    copies.set_forkserver_preload(["tests.storm.worker"])
    lives: Counter[int] = Counter()
    waiting = list(range(processes))
    while waiting:
        running = {}
        for place in waiting:
            numbers = (place, processes, customers, threads, lives[place])
            chance = exits if lives[place] < deaths else 0.0
            running[place] = copies.Process(target=serve, args=(url, *numbers, chance))
            running[place].start()
        for process in running.values():
            process.join()
        waiting = [place for place, process in running.items() if process.exitcode == CRASHED]
        assert {process.exitcode for process in running.values()} <= {0, CRASHED}
        lives.update(waiting)
    return lives.total()


def _books_are_right(database: Database, customers: int) -> None:
    """The ledger replayed in the order of commits never exceeds the cap, and ends where counter and offers stand."""
    with database.reading() as db:
        shop = shops.find(db, platform="shopify", domain=DOMAIN)
        assert shop is not None
        entries, month = ledger.of_month(db, shop.shop_id, MONTH), budgets.state(db, shop.shop_id, MONTH)
        made = list(offers.every(db, shop.shop_id))
        uses = redemptions.of_orders(db, shop.shop_id, [f"second {number}" for number in range(customers)])
    assert _replayed(entries, cap(customers)) == month
    assert month.booked_minor == sum(offer.cost_minor for offer in made)
    assert month.reserved_minor == sum(offer.reserved_minor for offer in made if offer.state in offers.OPEN)
    assert month.reserved_minor + month.booked_minor > cap(customers) * 6 // 10
    given = [offer for offer in made if offer.code]
    reserved = [entry.cause for entry in entries if entry.cause.count("/") == 1 and entry.kind == "reserve"]
    assert sorted(reserved) == sorted(f"reserve/{offer.offer_id}" for offer in given)
    assert len({offer.customer_id for offer in made}) == len(made)
    assert sum(use.reversed for use in uses) > 0
    assert sum(not use.reversed for use in uses) > 0


def _replayed(entries: list[Entry], most: int) -> budgets.Budget:
    reserved = booked = 0
    for number, entry in enumerate(entries, 1):
        reserved, booked = reserved + entry.reserved_minor, booked + entry.booked_minor
        assert (entry.number, entry.reserved_after, entry.booked_after) == (number, reserved, booked)
        assert reserved + booked <= most
    return budgets.Budget(reserved, booked)


def _everyone_was_answered(database: Database, customers: int) -> None:
    """Each attempt has its decision: an offer, the control group, or a refusal that says that the budget is used."""
    with database.reading() as db:
        shop = shops.find(db, platform="shopify", domain=DOMAIN)
        assert shop is not None
        kept = {one.customer_id: one for one in decisions.every(db, shop.shop_id)}
        made = {offer.customer_id: offer for offer in offers.every(db, shop.shop_id)}
        (program,) = programs.history(db, shop.shop_id)
    assert kept.keys() == {customer(number) for number in range(customers)}
    refused = [one for one in kept.values() if one.outcome == "hold"]
    assert {one.outcome for one in kept.values()} == {"issue", "held_out", "hold"}
    for one in refused:
        against = next(reason for reason in one.reasons if not reason["ok"])
        assert against["code"] in {"budget_used_up", "control_group"}
        assert [reason["code"] for reason in one.reasons if not reason["ok"]][-1] == "budget_used_up"
        assert redecide(one.inputs, from_stored(program.body)).outcome == "hold"
        assert one.customer_id not in made
    assert sum(one.outcome == "issue" for one in kept.values()) * EACH <= cap(customers) + customers * EACH

"""One process of workers in the storm.

Every thread takes its share of the customers and does for each what the product does: decide and reserve, send, take
in an order with the code, take in its cancellation. Each step is a transaction that may fail before its commit, lose
its connection, or end the whole process before or after its commit; then it is done again, as some are that went well.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, MutableSequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, PendingRollbackError, SQLAlchemyError

from plugin.usecases import make_offers, redeem
from plugin.usecases.make_offers import Issuer
from storage import decisions, offers, orders, shops
from storage.engine import REFUSED, Database
from storage.shops import Shop
from tests.storm.town import DOMAIN, EACH, NOW, customer, used

ISSUER = Issuer(environment="storm", key=b"k" * 32, key_id="k")
FAILS, DISCONNECTS = 0.06, 0.03
#: how likely a step that went well is done once more
AGAIN = 0.1
#: what a process says that ended before its time
CRASHED = 137


class Failure(Exception):
    """Something went wrong before the commit."""


@dataclass(frozen=True, slots=True)
class Post:
    """Which work is whose: that of the process ``number`` of so many, with so many threads each."""

    number: int
    processes: int
    threads: int
    customers: int
    #: how likely a step ends the process
    exits: float
    #: whether customers use what they are given
    uses: bool = True

    def share(self, thread: int) -> range:
        """The customers of one of its threads."""
        return range(self.place(thread), self.customers, self.processes * self.threads)

    def place(self, thread: int) -> int:
        """The number of one of its threads among all threads of all processes."""
        return self.number * self.threads + thread


class Crew:
    """The threads of one process in one of its lives."""

    def __init__(self, url: str, post: Post, *, life: int) -> None:
        self.database, self.post, self.life = Database(url), post, life
        with self.database.reading() as db:
            found = shops.find(db, platform="shopify", domain=DOMAIN)
        assert found is not None
        self.shop: Shop = found

    def serve(self, thread: int, done: MutableSequence[int]) -> None:
        """Everything for a thread's customers, one after the other, from the one on at whom an earlier life ended."""
        place, share = self.post.place(thread), self.post.share(thread)
        for number in share[done[place] :]:
            self._serve_one(number)
            done[place] += 1

    def _serve_one(self, number: int) -> None:
        plan = random.Random(number)
        self._done(number, "decide", self._decide, plan)
        if plan.random() < 0.6:
            self._done(number, "send", self._send, plan)
        if self.post.uses and plan.random() < 0.5:
            self._done(number, "use", self._use, plan)
        if self.post.uses and plan.random() < 0.3:
            self._done(number, "cancel", self._cancel, plan)

    def _done(self, number: int, step: str, work: Callable[[Connection, int], None], plan: random.Random) -> None:
        """The step until it is committed; a step that was committed before changes nothing."""
        for time in range(1 + (plan.random() < AGAIN)):
            self._commit(f"{number}/{step}/{time}", lambda db: work(db, number))

    def _commit(self, step: str, work: Callable[[Connection], None]) -> None:
        for attempt in range(1_000):
            fate = random.Random(f"{step}/{self.life}/{attempt}").random()
            try:
                self.database.carry_out(lambda db, fate=fate: self._perhaps(db, fate, work))
            except Failure:
                continue
            except SQLAlchemyError as error:
                if not _expected(error):
                    raise
                continue
            if fate > 1 - self.post.exits / 2:
                os._exit(CRASHED)
            return
        raise RuntimeError(f"{step} was never done")

    def _perhaps(self, db: Connection, fate: float, work: Callable[[Connection], None]) -> None:
        work(db)
        if fate < FAILS:
            raise Failure
        if fate < FAILS + DISCONNECTS:
            db.invalidate()
        elif fate < FAILS + DISCONNECTS + self.post.exits / 2:
            os._exit(CRASHED)

    def _decide(self, db: Connection, number: int) -> None:
        if decisions.get(db, self.shop.shop_id, customer(number)) is None:
            make_offers.for_customers(db, self.shop, [customer(number)], as_of=NOW, issuer=ISSUER)

    def _send(self, db: Connection, number: int) -> None:
        for offer in self._offers(db, number):
            if offers.advance(db, self.shop.shop_id, offer.offer_id, to="sending", frm=["planned"], sending_at=NOW):
                offers.advance(db, self.shop.shop_id, offer.offer_id, to="issued", issued_at=NOW)

    def _use(self, db: Connection, number: int) -> None:
        self._order(db, number, cancelled=False)

    def _cancel(self, db: Connection, number: int) -> None:
        self._order(db, number, cancelled=True)

    def _order(self, db: Connection, number: int, *, cancelled: bool) -> None:
        for offer in self._offers(db, number):
            # some take more off than was set aside
            discount = random.Random(f"discount {number}").randint(1, EACH * 3 // 2)
            fact = used(number, str(offer.code), discount=discount, cancelled=cancelled)
            orders.record_many(db, self.shop.shop_id, [fact], [])
            redeem.from_orders(db, self.shop, [fact.order_id])

    def _offers(self, db: Connection, number: int) -> list[offers.Offer]:
        made = offers.of_customers(db, self.shop.shop_id, [customer(number)])
        return [offer for offer in made.get(customer(number), []) if offer.code]


def _expected(error: SQLAlchemyError) -> bool:
    """A lost connection, or a deadlock that was met five times in a row."""
    if isinstance(error, PendingRollbackError):
        return True
    return isinstance(error, DBAPIError) and (
        error.connection_invalidated or getattr(error.orig, "sqlstate", None) in REFUSED
    )


def serve(url: str, post: Post, life: int, done: MutableSequence[int]) -> None:
    """Runs the threads of one process. ``done`` outlives it: how many customers each thread of the storm has served."""
    crew = Crew(url, post, life=life)
    with ThreadPoolExecutor(post.threads) as pool:
        for _ in pool.map(lambda thread: crew.serve(thread, done), range(post.threads)):
            pass
    crew.database.close()

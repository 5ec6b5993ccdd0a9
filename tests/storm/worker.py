"""One process of workers in the storm.

Every thread takes its share of the customers and does for each what the product does: decide and reserve, send, take
in an order with the code, take in its cancellation. Each step is a transaction that may fail before its commit, lose
its connection, or end the whole process before or after its commit; then it is done again.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

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
#: what a process says that ended before its time
CRASHED = 137


class Failure(Exception):
    """Something went wrong before the commit."""


class Crew:
    """The threads of one process."""

    def __init__(self, url: str, *, life: int, exits: float) -> None:
        self.database, self.life, self.exits = Database(url), life, exits
        with self.database.reading() as db:
            found = shops.find(db, platform="shopify", domain=DOMAIN)
        assert found is not None
        self.shop: Shop = found

    def serve(self, numbers: range) -> None:
        """Everything for these customers, one after the other."""
        for number in numbers:
            plan = random.Random(number)
            self._done(number, "decide", self._decide)
            if plan.random() < 0.6:
                self._done(number, "send", self._send)
            if plan.random() < 0.5:
                self._done(number, "use", self._use)
            if plan.random() < 0.3:
                self._done(number, "cancel", self._cancel)

    def _done(self, number: int, step: str, work: Callable[[Connection, int], None]) -> None:
        """The step until it is committed; a step that was committed before changes nothing."""
        for attempt in range(1_000):
            fate = random.Random(f"{number}/{step}/{self.life}/{attempt}").random()
            try:
                self.database.carry_out(lambda db, fate=fate: self._perhaps(db, fate, lambda: work(db, number)))
            except Failure:
                continue
            except SQLAlchemyError as error:
                if not _expected(error):
                    raise
                continue
            if fate > 1 - self.exits / 2:
                os._exit(CRASHED)
            return
        raise RuntimeError(f"{step} of {number} was never done")

    def _perhaps(self, db: Connection, fate: float, work: Callable[[], None]) -> None:
        work()
        if fate < FAILS:
            raise Failure
        if fate < FAILS + DISCONNECTS:
            db.invalidate()
        elif fate < FAILS + DISCONNECTS + self.exits / 2:
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


def serve(url: str, first: int, step: int, end: int, threads: int, life: int, exits: float) -> None:
    """Runs the threads, each with its share of the customers ``first``, ``first + step``, … below ``end``."""
    crew = Crew(url, life=life, exits=exits)
    with ThreadPoolExecutor(threads) as pool:
        shares = [range(first + place * step, end, step * threads) for place in range(threads)]
        for _ in pool.map(crew.serve, shares):
            pass
    crew.database.close()

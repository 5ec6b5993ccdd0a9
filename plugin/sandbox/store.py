"""The sandbox store as its owner, the demo and the tests handle it. Every change queues the webhooks that tell of it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from plugin.sandbox import cash, customers, deliveries, orders, tokens
from plugin.sandbox.bodies import Body, ShopFacts
from plugin.sandbox.bulk import Office
from plugin.sandbox.ledger import Ledger
from plugin.sandbox.order_bodies import Line
from plugin.sandbox.orders import PlacedOrder
from plugin.sandbox.throttle import STANDARD, Bucket, Plan
from plugin.sandbox.weather import Weather

API_VERSION = "2026-10"
SCOPES = ("read_customer_merge", "read_customers", "read_orders", "read_products", "write_app_proxy", "write_discounts")


class Store:
    """One store with one app installed.

    ``path`` is its SQLite file; name, currency and time zone hold for a new file, an old one keeps its own.
    ``now`` is the store's clock, ``ticks`` the seconds that the API's throttle counts, ``scopes`` what the app
    was granted. Safe to use from many threads.
    """

    def __init__(
        self,
        path: Path,
        *,
        domain: str,
        client_id: str,
        client_secret: str,
        app_url: str,
        now: Callable[[], datetime],
        name: str = "Sandbox Records",
        currency: str = "USD",
        timezone: str = "America/New_York",
        scopes: Sequence[str] = SCOPES,
        plan: Plan = STANDARD,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.domain, self.client_id, self.client_secret = domain, client_id, client_secret
        self.app_url = app_url.rstrip("/")
        self.now = now
        self.scopes = tuple(scopes)
        self.bucket = Bucket(plan, ticks)
        self.weather = Weather()
        #: the store takes no more discounts than this, with codes or without; None: as many as anybody makes
        self.most_discounts: int | None = None
        self._ledger = Ledger(path)
        self.bulk = Office(folder=path.parent, now=now, transaction=self.transaction, announce=self.announce)
        with self.transaction() as connection:
            _set_default(connection, "shop", {"name": name, "currency": currency, "timezone": timezone})
            _set_default(connection, "subscriptions", {})
            self._read_settings(connection)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing of what is done inside; others wait."""
        with self._ledger.transaction() as connection:
            yield connection

    def close(self) -> None:
        """Gives the file back."""
        self._ledger.close()

    def subscribe(self, topics: Mapping[str, str]) -> None:
        """From now on these topics, and no others, are told to the app: topic → path under the app's address."""
        with self.transaction() as connection:
            self.set_setting(connection, "subscriptions", dict(topics))

    def add_customer(
        self, customer_id: int, name: str, *, email: str | None = None, at: datetime | None = None
    ) -> None:
        """A customer makes an account. Raises ValueError when the number is taken."""
        moment = at or self.now()
        with self.transaction() as connection:
            customers.add(connection, customer_id, name, email=email, at=moment)
            self.announce(
                connection, [("customers/create", customers.body(connection, customer_id, self.shop) or {})], moment
            )

    def checkout(
        self,
        *,
        customer_id: int | None,
        total: str,
        code: str | None = None,
        at: datetime | None = None,
        lines: Sequence[Line] | None = None,
        shipping: str = "0",
        test: bool = False,
    ) -> PlacedOrder:
        """Somebody buys and pays; ``total`` is the price of the goods before a discount, the sum of ``lines`` if given.

        ``shipping`` is paid on top.

        Raises CodeRefused, and ValueError for an amount that cannot be paid or an unknown customer.
        """
        moment = at or self.now()
        price = cash.amount(total, self.shop.currency)
        goods = [Line(title="Compact disc", price=price)] if lines is None else list(lines)
        if sum((line.total for line in goods), Decimal(0)) != price:
            raise ValueError("The lines do not add up to the total.")
        with self.transaction() as connection:
            placed, body = orders.place(
                connection,
                self.shop,
                customer_id=customer_id,
                lines=goods,
                shipping=cash.amount(shipping, self.shop.currency),
                code=code,
                at=moment,
                test=test,
            )
            self.announce(connection, [("orders/create", body), ("orders/paid", body)], moment)
        return placed

    def cancel(self, order_id: int, *, refund: bool = True) -> None:
        """Cancels an order and gives the money back, or voids it where no money was taken. Raises ValueError."""
        moment = self.now()
        with self.transaction() as connection:
            body, refunded = orders.cancel(connection, self.shop, order_id, now=moment, refund=refund)
            happened = [("orders/cancelled", body), ("orders/updated", body)]
            self.announce(connection, [*([("refunds/create", refunded)] if refunded else []), *happened], moment)

    def refund(self, order_id: int, amount: str) -> None:
        """Gives part or all of what was paid back. Raises ValueError when less is left."""
        moment = self.now()
        with self.transaction() as connection:
            price = cash.amount(amount, self.shop.currency)
            body, refunded = orders.refund(connection, self.shop, order_id, price, now=moment)
            self.announce(connection, [("refunds/create", refunded), ("orders/updated", body)], moment)

    def id_token(self, user_id: str = "1") -> str:
        """A session token of a member of staff, good for one minute."""
        return tokens.session_token(
            domain=self.domain,
            client_id=self.client_id,
            client_secret=self.client_secret,
            user_id=user_id,
            now=self.now(),
        )

    def announce(self, connection: sqlite3.Connection, happened: Sequence[tuple[str, Body]], at: datetime) -> None:
        """Queues what happened, in the same transaction as the change."""
        deliveries.enqueue(connection, subscriptions=self.subscriptions, happened=happened, at=at)

    def set_setting(self, connection: sqlite3.Connection, key: str, value: Mapping[str, str]) -> None:
        """Keeps ``shop`` or ``subscriptions``."""
        connection.execute("UPDATE settings SET value = ? WHERE key = ?", (json.dumps(dict(value)), key))
        self._read_settings(connection)

    def _read_settings(self, connection: sqlite3.Connection) -> None:
        kept = {row["key"]: json.loads(row["value"]) for row in connection.execute("SELECT key, value FROM settings")}
        self.shop = ShopFacts(domain=self.domain, **kept["shop"])
        self.subscriptions: dict[str, str] = kept["subscriptions"]


def _set_default(connection: sqlite3.Connection, key: str, value: Mapping[str, str]) -> None:
    connection.execute(
        "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING", (key, json.dumps(dict(value)))
    )

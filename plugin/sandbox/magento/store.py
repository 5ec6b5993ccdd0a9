"""The Magento store as its owner, the demo and the tests handle it: people buy, orders live, codes are checked.

The same verbs as the other sandbox store has, so that one history of purchases plays in both.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from plugin.sandbox import cash
from plugin.sandbox.ledger import Ledger
from plugin.sandbox.magento import cart, customers, events, integrations, orders
from plugin.sandbox.magento.bulk import Bulks
from plugin.sandbox.magento.events import Brought
from plugin.sandbox.magento.integrations import Integration
from plugin.sandbox.magento.oauth import Keys
from plugin.sandbox.magento.order_bodies import order_body
from plugin.sandbox.magento.tables import TABLES
from plugin.sandbox.magento.values import Body
from plugin.sandbox.order_bodies import Line
from plugin.sandbox.orders import PlacedOrder
from plugin.sandbox.weather import Weather

WEBSITE = 1
#: what an integration of ours asks for
RESOURCES = frozenset({
    "Magento_Sales::actions_view", "Magento_Sales::sales_creditmemo", "Magento_Sales::sales_invoice",
    "Magento_Customer::customer", "Magento_Customer::manage", "Magento_Customer::group", "Magento_SalesRule::quote",
    "Magento_Backend::store", "Magento_Backend::admin", "MageOS_AsyncEvents::manage",
})  # fmt: skip
KEYS = Keys(consumer_key="c" * 32, consumer_secret="s" * 32, access_token="t" * 32, access_token_secret="u" * 32)


class MagentoStore:
    """One store with one integration, and as many more as its owner adds.

    ``path`` is its SQLite file, ``now`` its clock, ``keys`` the first integration's four values and ``resources`` what
    all of them may use. ``modules`` tells whether the module for asynchronous events is there. Safe to use from many threads.
    """

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], datetime],
        currency: str = "USD",
        timezone: str = "America/New_York",
        keys: Keys = KEYS,
        resources: Collection[str] = RESOURCES,
        modules: bool = True,
    ) -> None:
        self.now, self.currency, self.timezone = now, currency, timezone
        self.keys, self.resources, self.modules = keys, frozenset(resources), modules
        #: what the store takes for its own address; the server sets it
        self.base_url = "http://127.0.0.1/"
        self.weather = Weather()
        self.bulks = Bulks()
        #: whether an access token opens the API without a signature, which is off since 2.4.4
        self.bearer_allowed = False
        #: how far the admin has come with the second factor
        self.second_factor = "google"
        self._ledger = Ledger(path, TABLES)
        with self.transaction() as connection:
            for number, code in enumerate(customers.FIRST_GROUPS):
                connection.execute(
                    "INSERT INTO customer_groups VALUES (?, ?, 3) ON CONFLICT DO NOTHING", (number, code)
                )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing of what is done inside; others wait."""
        with self._ledger.transaction() as connection:
            yield connection

    def close(self) -> None:
        """Gives the file back."""
        self._ledger.close()

    def add_integration(
        self, name: str, *, callback: str = "", identity: str = "", consumer: tuple[str, str] | None = None
    ) -> Integration:
        """The merchant adds an integration; without a callback it is active, and shows its four values.

        ``consumer`` is its key and secret, where they matter.
        """
        key, secret = consumer or (integrations.value(), integrations.value())
        new = Integration(name=name, consumer_key=key, consumer_secret=secret, callback=callback, identity=identity)
        with self.transaction() as connection:
            return integrations.add(connection, new)

    def activate(self, consumer_key: str) -> Integration:
        """The merchant presses Activate; what is to be posted to the callback waits in it. Raises LookupError."""
        with self.transaction() as connection:
            return integrations.activate(connection, consumer_key)

    def add_customer(
        self, customer_id: int, name: str, *, email: str | None = None, at: datetime | None = None
    ) -> None:
        """A customer makes an account. Raises Refused when the address is taken."""
        with self.transaction() as connection:
            customers.add(connection, customer_id, name, email=email, at=at or self.now())
            events.enqueue(connection, [("customer.created", "customer", customer_id)])

    def checkout(
        self,
        *,
        customer_id: int | None,
        total: str,
        code: str | None = None,
        at: datetime | None = None,
        lines: Sequence[Line] | None = None,
        shipping: str = "0",
        email: str = "Guest.One@Example.com",
        paid: bool = True,
        configurable: bool = False,
    ) -> PlacedOrder:
        """Somebody buys, and pays unless told otherwise; ``total`` is the price of the goods before a discount.

        Without a number the buyer is a guest with this ``email``. Raises Refused for a code that is not accepted, and
        ValueError for an amount that cannot be paid.
        """
        moment = at or self.now()
        price = cash.amount(total, self.currency)
        goods = [Line(title="Compact disc", price=price)] if lines is None else list(lines)
        if sum((line.total for line in goods), Decimal(0)) != price:
            raise ValueError("The lines do not add up to the total.")
        carriage = cash.amount(shipping, self.currency)
        with self.transaction() as connection:
            buyer = customers.buyer(connection, customer_id) if customer_id is not None else customers.guest(email)
            coupon, taken = None, None
            if code is not None and code.strip():
                coupon, taken = cart.reduction(
                    connection, code, buyer=buyer, lines=goods, shipping=carriage, website_id=WEBSITE,
                    zone=ZoneInfo(self.timezone), currency=self.currency, at=moment,
                )  # fmt: skip
            body = order_body(
                entity_id=orders.next_number(connection), store_id=1, currency=self.currency, buyer=buyer, lines=goods,
                shipping=carriage, reduction=taken, at=moment, configurable=configurable,
            )  # fmt: skip
            orders.insert(connection, body)
            if coupon is not None:
                cart.use(connection, coupon, order_id=body["entity_id"], customer_id=customer_id)
            happened = ["sales.order.created"]
            if paid:
                body = orders.invoice(connection, body["entity_id"], moment)
                happened += ["sales.order.updated", "sales.order.paid", "sales.invoice.paid"]
            events.enqueue(connection, [(name, "order", body["entity_id"]) for name in happened])
        return _placed(body, moment)

    def quote(self, *, customer_id: int, total: str, code: str) -> Decimal:
        """What a code would take off one thing of this price; nobody buys. Raises Refused."""
        goods = [Line(title="Compact disc", price=cash.amount(total, self.currency))]
        with self.transaction() as connection:
            _, taken = cart.reduction(
                connection, code, buyer=customers.buyer(connection, customer_id), lines=goods, shipping=Decimal(0),
                website_id=WEBSITE, zone=ZoneInfo(self.timezone), currency=self.currency, at=self.now(),
            )  # fmt: skip
        return taken.off

    def pay(self, order_id: int) -> None:
        """An order that waited is paid. Raises Refused."""
        self._change(orders.invoice, order_id, "sales.order.updated", "sales.order.paid")

    def ship(self, order_id: int) -> None:
        """The goods of a paid order leave. Raises Refused."""
        self._change(orders.ship, order_id, "sales.order.updated", "sales.order.shipped")

    def hold(self, order_id: int) -> None:
        """The merchant holds an order back."""
        self._change(orders.hold, order_id, "sales.order.updated", "sales.order.holded")

    def release(self, order_id: int) -> None:
        """The merchant lets it go on; the module's event for that never arrives."""
        self._change(orders.release, order_id)

    def cancel(self, order_id: int, *, refund: bool = True) -> None:
        """Cancels an order; what was paid is given back whole instead, as Magento cancels nothing that was paid."""
        with self.transaction() as connection:
            body = orders.get(connection, order_id)
        left = orders.paid(body) - orders.refunded(body)
        if left > 0 and refund:
            self.refund(order_id, str(left))
        elif body["state"] in orders.OPEN:
            self._change(orders.cancel, order_id, "sales.order.updated", "sales.order.cancelled")

    def refund(self, order_id: int, amount: str) -> None:
        """Gives part or all of what was paid back. Raises Refused when less is left."""
        with self.transaction() as connection:
            before = orders.get(connection, order_id)["state"]
            body, memo = orders.refund(connection, order_id, _back(cash.amount(amount, self.currency)), self.now())
            # a part does not move the state, and so raises no event of the order's
            told = [("sales.order.updated", "order", order_id)] if body["state"] != before else []
            events.enqueue(connection, [*told, ("sales.creditmemo.created", "creditmemo", memo["entity_id"])])

    def delete_customer(self, customer_id: int) -> None:
        """Somebody's account is deleted; nothing tells of it. Raises Refused."""
        with self.transaction() as connection:
            customers.delete(connection, customer_id)

    def work_queue(self) -> int:
        """Does bulk calls and counts the uses of codes that wait in queues; how many uses."""
        with self.transaction() as connection:
            self.bulks.work(connection)
            return cart.count_uses(connection)

    def bring_events(
        self, *, lose_share: float = 0.0, duplicate_share: float = 0.0, rng: random.Random | None = None
    ) -> Brought:
        """Works the queue of events off; some get lost or doubled when told so."""
        return events.bring(self.transaction, _entity, lose_share=lose_share, duplicate_share=duplicate_share, rng=rng)

    def _change(self, act: Callable[[sqlite3.Connection, int, datetime], Body], order_id: int, *happened: str) -> None:
        with self.transaction() as connection:
            act(connection, order_id, self.now())
            events.enqueue(connection, [(name, "order", order_id) for name in happened])


def _entity(connection: sqlite3.Connection, kind: str, entity_id: int) -> Body | None:
    """An entity as it is when the queue is worked off."""
    table, key = {"order": ("orders", "entity_id"), "creditmemo": ("creditmemos", "entity_id")}.get(
        kind, ("customers", "entity_id")
    )
    row = connection.execute(f"SELECT body FROM {table} WHERE {key} = ?", (entity_id,)).fetchone()  # noqa: S608 (names from this file)
    return None if row is None else json.loads(row["body"])


def _back(amount: Decimal) -> orders.Back:
    return orders.Back(amount=amount, extra=amount)


def _placed(body: Body, at: datetime) -> PlacedOrder:
    return PlacedOrder(
        order_id=body["entity_id"],
        name=body["increment_id"],
        total=Decimal(str(body["grand_total"])),
        discount=-Decimal(str(body["discount_amount"])),
        code=body.get("coupon_code"),
        at=at,
    )

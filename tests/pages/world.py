"""A shop with customers, orders and offers, made by the product's own use cases; the clock and the store are given."""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import msgspec
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from werkzeug.test import TestResponse

from plugin.app import create_app
from plugin.config import Config
from plugin.manifest import load
from plugin.pages.launch import launch_url
from plugin.platforms.protocol import StoreInfo
from plugin.rewards.propose import with_win_back_on
from plugin.rewards.stored import from_stored
from plugin.runtime import Runtime
from plugin.usecases import (
    change_program,
    expire,
    give_back,
    install,
    make_offers,
    measure,
    redeem,
    tell_card,
    tell_figures,
)
from plugin.vault import Vault
from storage import customers, figures, inbox, migrations, offers, orders, programs, shops, snapshots
from storage.engine import Database
from storage.facts import CodeFact, CustomerFact, OrderFact
from storage.inbox import Delivery
from storage.shops import Shop
from webhooks.hearing import Ear

#: templates are compiled once, not once for each test
COMPILED = FileSystemBytecodeCache(tempfile.mkdtemp())
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
DOMAIN = "corner-shop.myshopify.com"
CLIENT_ID, CLIENT_SECRET = "client-1", "client-secret-of-the-tests-32-bytes-long"
CUSTOMERS = 420
#: how often the shop is measured and decided for before now
NIGHTS, BETWEEN_NIGHTS = 10, timedelta(days=12)


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        """The time."""
        return self.at

    def forward(self, **span: float) -> None:
        """Moves on."""
        self.at += timedelta(**span)


@dataclass
class World:
    """An application on a database of its own."""

    runtime: Runtime
    clock: Clock
    #: (domain, token) of stores that opened us first
    first_opens: list[tuple[str, str]] = field(default_factory=list)

    @property
    def shop(self) -> Shop:
        """The shop of the tests."""
        with self.runtime.database.reading() as db:
            found = shops.find(db, platform="shopify", domain=DOMAIN)
        assert found is not None
        return found

    def app(self, **options: Any) -> Flask:
        """The application, with a door that nobody knocks at."""
        app = create_app(self.runtime, ear=deaf(self.clock), on_first_open=self._install, **options)
        app.jinja_env.bytecode_cache = COMPILED
        return app

    def _install(self, domain: str, token: str) -> None:
        self.first_opens.append((domain, token))
        with self.runtime.database.transaction() as db:
            connect(db, domain, self.clock.at)

    def launch(self, **options: Any) -> str:
        """The path and query of a launch link."""
        origin = "http://localhost"
        return launch_url(self.runtime, self.shop, origin=origin, **options).removeprefix(origin)

    def id_token(self, *, shop: str = DOMAIN, **claims: Any) -> str:
        """A session token as Shopify's admin gives it."""
        seconds = int(self.clock.at.timestamp())
        told = {
            "iss": f"https://{shop}/admin", "dest": f"https://{shop}", "aud": CLIENT_ID, "sub": "42",
            "exp": seconds + 60, "nbf": seconds, "iat": seconds, "jti": "j", "sid": "s", "sig": "x",
        }  # fmt: skip
        return jwt.encode(told | claims, CLIENT_SECRET, algorithm="HS256")


class Visit:
    """A visitor in Shopify's admin, asking as our script asks."""

    def __init__(self, world: World, language: str = "en") -> None:
        self.world, self.language = world, language
        self.client: FlaskClient = world.app().test_client()

    def headers(self) -> dict[str, str]:
        """A fresh token, and the language."""
        return {"Authorization": f"Bearer {self.world.id_token()}", "Accept-Language": self.language}

    def fragment(self, path: str) -> TestResponse:
        """What comes into ``<main>``."""
        return self.client.get(path, headers=self.headers() | {"X-Fragment": "1"})

    def api(self, method: str, path: str, body: Any = None) -> TestResponse:
        """One call of the API."""
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers=self.headers())


@contextmanager
def opened(folder: Path, *, empty: bool = False, crowd: int = CUSTOMERS, **settings: Any) -> Iterator[World]:
    """A world on a SQLite file in the folder, which is made when it is not there, with so many customers."""
    clock = Clock()
    path = folder / "regulars.db"
    config = Config(
        database_url=f"sqlite:///{path}", secret_keys=("k" * 64,), shopify_client_id=CLIENT_ID,
        shopify_client_secret=CLIENT_SECRET, **settings,
    )  # fmt: skip
    fresh = not path.exists()
    database = Database(config.database_url)
    runtime = Runtime(
        config=config, database=database, vault=Vault(config.secret_keys), manifest=load(), now=clock,
        lines=defaultdict(_no_line), renewing=defaultdict(_no_line),
    )  # fmt: skip
    world = World(runtime, clock)
    if fresh:
        migrations.migrate(database)
        with database.transaction() as db:
            connect(db, DOMAIN, NOW - timedelta(days=500))
        if not empty:
            live_through_a_year(world, crowd)
    yield world
    database.close()


def connect(db: Any, domain: str, now: datetime) -> Shop:
    """Installs a shop that sells in dollars in New York."""
    info = StoreInfo(name="Corner Shop", currency="USD", timezone="America/New_York", scopes=load().shopify.scopes)
    return install.begin(db, platform="shopify", domain=domain, info=info, sealed=b"sealed", now=now)


def live_through_a_year(world: World, crowd: int) -> None:
    """Customers with rhythms of their own buy; rules are proposed, win-back is turned on; offers are used or end."""
    bought = sorted(_purchases(random.Random(7), crowd), key=lambda order: order.ordered_at)
    before = datetime.min.replace(tzinfo=UTC)
    for night in range(NIGHTS, -1, -1):
        at = NOW - night * BETWEEN_NIGHTS
        _take_in(world, [_with_code(world, order) for order in bought if before < order.ordered_at <= at], at=at)
        if night == NIGHTS:
            _choose_rules(world, at=at)
        _decide(world, at=at)
        before = at


def keep_unreadable(world: World) -> None:
    """Two deliveries come in that cannot be understood."""
    with world.runtime.database.transaction() as db:
        told = {"shop_id": world.shop.shop_id, "topic": "orders/create", "received_at": NOW, "body": b"{"}
        inbox.keep(db, [Delivery(delivery_id=f"d{place}", **told) for place in range(2)])
        for row in inbox.claim(db, now=NOW, limit=10, lease_seconds=10):
            inbox.set_aside(db, row, "line_items.0.price: not an amount", NOW)


def _purchases(chance: random.Random, crowd: int) -> Iterator[OrderFact]:
    for place in range(crowd):
        gap, size = chance.choice([18, 30, 45, 70, 110]), chance.choice([18, 35, 60, 120])
        at = NOW - timedelta(days=chance.uniform(2, 480) ** chance.choice([1, 1, 0.9]))
        for turn in range(chance.choice([1, 1, 2, 3, 4, 6, 9, 14])):
            if at > NOW:
                break
            cents = round(100 * size * chance.uniform(0.6, 1.6))
            yield OrderFact(
                order_id=f"{place:04}-{turn}", customer_id=str(7_000_000 + place), ordered_at=at, updated_at=at,
                cancelled_at=None, test=False, paid=True, currency="USD", gross_minor=cents, current_minor=cents,
            )  # fmt: skip
            at += timedelta(days=gap * chance.uniform(0.5, 1.7))


def _take_in(world: World, found: list[OrderFact], *, at: datetime) -> None:
    shop = world.shop
    with world.runtime.database.transaction() as db:
        facts = {order.customer_id: CustomerFact(customer_id=str(order.customer_id), updated_at=at) for order in found}
        customers.record_many(db, shop.shop_id, list(facts.values()))
        orders.record_many(db, shop.shop_id, found, [])
        redeem.from_orders(db, shop, [order.order_id for order in found])
        expire.ended(db, shop.shop_id, now=at, limit=1_000)
        _close(db, shop, at=at)
        _measure(db, shop, at=at, anew=at == NOW or shops.model(db, shop.shop_id) is None)
        install.propose_again(db, shop, now=at)
        shops.plan_nightly(db, shop.shop_id, at + timedelta(hours=20))


def _close(db: Any, shop: Shop, *, at: datetime) -> None:
    """The store has switched off the codes whose time was over."""
    over = [one for one in offers.every(db, shop.shop_id) if one.state == "issued" and one.ends_at <= at]
    ids = [one.offer_id for one in over]
    offers.advance_many(db, shop.shop_id, ids, to="expired", frm=["issued"], closed_at=at)
    give_back.money(db, shop.shop_id, over, now=at)


def _measure(db: Any, shop: Shop, *, at: datetime, anew: bool) -> None:
    """Everyone, on each night; the shop's own numbers, which is the slow part, on the first and the last one."""
    if anew:
        night = measure.night(db, shop, as_of=at, program=None)
        shops.keep_model(db, shop.shop_id, night.model.to_json(), at)
        told = tell_figures.tell(night.history, night.model, as_of=at)
        figures.keep(db, shop.shop_id, tell_figures.NAME, told, at)
        card = tell_card.tell(night.history, night.model, as_of=at)
        figures.keep(db, shop.shop_id, tell_card.NAME, card, at)
    model = measure.known_model(db, shop, as_of=at)
    everyone = set(orders.purchases(db, shop.shop_id).customer_ids)
    measure.customers(db, shop, everyone, as_of=at, program=None, model=model)


def _choose_rules(world: World, *, at: datetime) -> None:
    with world.runtime.database.transaction() as db:
        stored = programs.current(db, world.shop.shop_id)
        assert stored is not None
        program = replace(with_win_back_on(from_stored(stored.body)), mode="live")
        program = replace(program, limits=replace(program.limits, monthly_budget=1_800_00))
        change_program.save(
            db, shop_id=world.shop.shop_id, program=program, author="shopify:42", note="", now=at,
            base_version=stored.version,
        )  # fmt: skip


def _decide(world: World, *, at: datetime) -> None:
    shop = world.shop
    with world.runtime.database.transaction() as db:
        everyone = [row.customer_id for row in snapshots.every(db, shop.shop_id)]
        issuer = make_offers.issuer(world.runtime.vault, "test")
        make_offers.for_customers(db, shop, everyone, as_of=at, issuer=issuer)
        for offer in list(offers.every(db, shop.shop_id)):
            if offer.state == "planned":
                offers.advance(db, shop.shop_id, offer.offer_id, to="issued", issued_at=at)


def _with_code(world: World, order: OrderFact) -> OrderFact:
    with world.runtime.database.reading() as db:
        made = offers.of_customers(db, world.shop.shop_id, [str(order.customer_id)]).get(str(order.customer_id), [])
    codes = [offer for offer in made if offer.code and offer.ends_at > order.ordered_at]
    if not codes:
        return order
    off = order.gross_minor * int(codes[0].benefit["value"]) // 100
    return msgspec.structs.replace(order, codes=(CodeFact(code=str(codes[0].code), discount_minor=off),))


def deaf(clock: Clock) -> Ear:
    """A door that hears nobody."""
    return Ear(
        topics=frozenset(), secrets_for=lambda _platform, _domain: (), shop_id_of=lambda _platform, _domain: None,
        keep=lambda _delivery: False, now=clock, count=lambda _outcome: None, log=lambda *_told: None,
    )  # fmt: skip


def _no_line() -> Any:
    raise AssertionError("a page has no business with a store's API")

"""A store with a clock to turn, its server, an app's client for its API, and a listener for its webhooks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from plugin.sandbox.server import RunningStore, serve
from plugin.sandbox.store import Store

DOMAIN = "corner.myshopify.com"
SECRET = "s" * 40
CUSTOMER = 9_100_000_000_000_001
OTHER = 9_100_000_000_000_002
TOPICS = (
    "orders/create", "orders/paid", "orders/updated", "orders/cancelled", "orders/edited", "refunds/create", "customers/create",
    "customers/update", "customers/delete", "customers/merge", "customer.tags_added", "customer.tags_removed", "app/uninstalled", "shop/update",
    "customers/data_request", "customers/redact", "shop/redact",
)  # fmt: skip


@dataclass
class Clock:
    at: datetime = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return self.at.timestamp()

    def forward(self, **parts: float) -> None:
        self.at += timedelta(**parts)


@dataclass
class Client:
    """What an app does: gets a token once, then asks."""

    store: Store
    url: str
    session: requests.Session = field(default_factory=requests.Session)
    timeout: float = 10.0
    token: str = ""

    def grant(self, **fields: str) -> requests.Response:
        known = {"client_id": self.store.client_id, "client_secret": SECRET}
        headers = {"X-Shopify-Shop-Domain": self.store.domain}
        return self.session.post(
            f"{self.url}/admin/oauth/access_token", data=known | fields, headers=headers, timeout=10
        )

    def exchange(self, **fields: str) -> requests.Response:
        return self.grant(
            **{
                "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
                "subject_token": self.store.id_token(),
                "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
                "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
                "expiring": "1",
            }
            | fields
        )

    def post(self, document: str, /, **variables: Any) -> requests.Response:
        if not self.token:
            self.token = self.exchange().json()["access_token"]
        return self.session.post(
            f"{self.url}/admin/api/2026-10/graphql.json",
            json={"query": document, "variables": variables},
            headers={"X-Shopify-Access-Token": self.token, "X-Shopify-Shop-Domain": self.store.domain},
            timeout=self.timeout,
        )

    def ask(self, document: str, /, **variables: Any) -> dict[str, Any]:
        answer = self.post(document, **variables).json()
        assert "errors" not in answer, answer
        return answer["data"]


@dataclass
class Receiver:
    """An app's server: keeps what it is sent and answers as ``decide`` says."""

    url: str = ""
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    decide: Callable[[int], int] = lambda _: 200
    connections: set[tuple[str, int]] = field(default_factory=set)

    def topics(self) -> list[str]:
        return [headers["x-shopify-topic"] for _, headers, _ in self.got]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_store(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Store]]:
    made: list[Store] = []

    def make(**options: Any) -> Store:
        known = {"domain": DOMAIN, "client_id": "client", "client_secret": SECRET, "app_url": "http://127.0.0.1:1"}
        store = Store(tmp_path / "store.db", now=clock.now, ticks=clock.seconds, **(known | options))
        made.append(store)
        return store

    yield make
    for store in made:
        store.close()


@pytest.fixture
def store(make_store: Callable[..., Store]) -> Store:
    made = make_store()
    made.add_customer(CUSTOMER, "Maya Lind", email="maya@example.com")
    made.add_customer(OTHER, "Kofi Mensah")
    return made


@pytest.fixture
def start_client() -> Iterator[Callable[[Store], Client]]:
    running: list[RunningStore] = []
    with requests.Session() as session:

        def start(store: Store) -> Client:
            running.append(serve(store, port=0))
            return Client(store, running[-1].url, session)

        yield start
    for served in running:
        served.close()


@pytest.fixture
def client(store: Store, start_client: Callable[[Store], Client]) -> Client:
    return start_client(store)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    heard = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.connections.add(self.client_address)
            heard.got.append((self.path, {key.lower(): value for key, value in self.headers.items()}, body))
            self.send_response(heard.decide(len(heard.got)))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    heard.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield heard
    server.shutdown()
    thread.join()
    server.server_close()

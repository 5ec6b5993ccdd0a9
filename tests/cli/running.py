"""The program as an operator runs it: real processes on a database, and a store that signs what it delivers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from plugin import config, runtime
from plugin.platforms.protocol import StoreInfo
from plugin.platforms.shopify.tokens import Credentials
from plugin.usecases import install
from storage import migrations
from webhooks.shopify import signature

SECRET = "shpss_of_the_tests_0123456789"
DOMAIN = "corner.myshopify.com"
KEYS = "k" * 40
#: for a start, a stop and for work to be done on a busy machine, in seconds
PATIENCE = 60
REGULARS = (sys.executable, "-m", "plugin")


@dataclass(frozen=True)
class Place:
    """Settings under which programs are run."""

    database_url: str
    more: tuple[tuple[str, str], ...] = ()

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a program; the store's API is at an address where nobody answers."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
        return {
            **kept,
            "REGULARS_DATABASE_URL": self.database_url,
            "REGULARS_SHOPIFY_CLIENT_ID": "client",
            "REGULARS_SHOPIFY_CLIENT_SECRET": SECRET,
            "REGULARS_SHOPIFY_ORIGIN": "http://127.0.0.1:9",
            "REGULARS_ALLOW_PRIVATE_HOSTS": "1",
            **dict(self.more),
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs one command to its end."""
        return subprocess.run(
            [*REGULARS, *arguments], env=self.environ, capture_output=True, text=True, check=False, timeout=PATIENCE
        )

    def connect(self, token: str = "shpat_test") -> None:  # noqa: S107 - no store knows it
        """Brings the database up to date and connects the store."""
        built = runtime.build(config.from_env(self.environ))
        migrations.migrate(built.database)
        info = StoreInfo(name="Corner", currency="USD", timezone="UTC", scopes=())
        sealed = built.seal(DOMAIN, Credentials(access_token=token))
        with built.database.transaction() as db:
            install.begin(db, platform="shopify", domain=DOMAIN, info=info, sealed=sealed, now=built.now())
        built.database.close()

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """A program that goes on, told to stop afterwards."""
        running = subprocess.Popen(
            [*REGULARS, *arguments], env=self.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            yield running
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(timeout=PATIENCE)

    @contextmanager
    def serving(self, port: int, *options: str) -> Iterator[str]:
        """A web side that is ready; its address."""
        at = f"http://127.0.0.1:{port}"
        with self.started("serve", "--port", str(port), *options) as running:
            wait_until(lambda: running.poll() is None and answers(f"{at}/readyz"))
            yield at


def answers(address: str) -> bool:
    """Whether something at an address says 200."""
    try:
        return requests.get(address, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def wait_until(holds: Callable[[], bool]) -> None:
    """Waits for something to be so. Raises AssertionError when it takes too long."""
    ends = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < ends, "it took too long"
        time.sleep(0.1)


def order(number: int, *, customer: int = 7_000_000_000_001, at: str = "2026-03-01T10:00:00Z") -> bytes:
    """An order of one customer as the store tells it."""
    told = {
        "id": number,
        "updated_at": at,
        "created_at": at,
        "processed_at": at,
        "currency": "USD",
        "total_price": "40.00",
        "current_total_price": "40.00",
        "financial_status": "paid",
        "customer": {"id": customer},
        "discount_codes": [],
        "line_items": [],
    }
    return json.dumps(told).encode()


def deliver(at: str, raw: bytes, name: str, *, topic: str = "orders/create") -> requests.Response:
    """One signed delivery under an id."""
    told = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": signature.sign(raw, SECRET).decode(),
        "X-Shopify-Shop-Domain": DOMAIN,
        "X-Shopify-Webhook-Id": name,
    }
    return requests.post(f"{at}/webhooks/shopify/{topic}", data=raw, headers=told, timeout=30)


def sqlite_place(folder: Path) -> Place:
    """A SQLite database in a folder, with its keys beside it."""
    return Place(f"sqlite:///{folder / 'shop.db'}")


def server_place(url: str) -> Place:
    """A database on a server, with keys from the environment."""
    return Place(url, (("REGULARS_SECRET_KEYS", KEYS),))

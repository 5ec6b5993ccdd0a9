"""What the running program writes about itself, from the outside: fixed fields, and nothing that people wrote."""

from __future__ import annotations

import json
import logging
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
import requests

from plugin import logs
from tests.cli.running import DOMAIN, PATIENCE, REGULARS, Place
from tests.cli.test_serving import _wait_until_ready
from tests.journeys.conftest import free_port
from webhooks.shopify import signature

SECRET = "shpss_canary_secret_0123456789"
#: what persons wrote or own; none of it may ever be in a log
CANARIES = (
    "Canaria", "Birdsong", "canary@example.com", "+15550100", "Feather Lane", "leave it with the parrot",
    "shpat_canary", "shpss_canary", "eyJcanary", "CANARYCODE", "770001000200",
)  # fmt: skip


def order(number: int) -> bytes:
    """An order full of what must not be told."""
    told = {
        "id": number,
        "updated_at": "2026-03-01T10:00:00Z",
        "created_at": "2026-03-01T10:00:00Z",
        "processed_at": "2026-03-01T10:00:00Z",
        "currency": "USD",
        "total_price": "40.00",
        "current_total_price": "40.00",
        "financial_status": "paid",
        "email": "canary@example.com",
        "phone": "+15550100",
        "note": "leave it with the parrot",
        "customer": {"id": 770001000200, "first_name": "Canaria", "last_name": "Birdsong"},
        "shipping_address": {"address1": "Feather Lane", "name": "Canaria Birdsong"},
        "discount_codes": [{"code": "CANARYCODE", "amount": "1.00", "type": "percentage"}],
        "line_items": [],
    }
    return json.dumps(told).encode()


def deliver(at: str, topic: str, raw: bytes, name: str, **headers: str) -> int:
    """Delivers as the store does; how it was answered."""
    told = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": signature.sign(raw, SECRET).decode(),
        "X-Shopify-Shop-Domain": DOMAIN,
        "X-Shopify-Webhook-Id": name,
        **headers,
    }
    return requests.post(f"{at}/webhooks/shopify/{topic}", data=raw, headers=told, timeout=30).status_code


def test_no_canary_is_in_the_log(tmp_path: Path) -> None:
    """Deliveries, hostile calls, tokens, failing commits and failing work leave lines of known fields and no canary."""
    path = tmp_path / "shop.db"
    more = (("REGULARS_SHOPIFY_CLIENT_SECRET", SECRET), ("REGULARS_LOG_FORMAT", "json"))
    place = Place(f"sqlite:///{path}", more)
    place.connect(token="shpat_canary_token")
    port = free_port()
    at = f"http://127.0.0.1:{port}"
    running = subprocess.Popen(
        [*REGULARS, "serve", "--port", str(port)], env=place.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        _wait_until_ready(f"{at}/readyz")
        _live(at, path)
    finally:
        running.send_signal(signal.SIGTERM)
        written = running.communicate(timeout=PATIENCE)[0].decode()

    assert [canary for canary in CANARIES if canary in written] == []
    for told in ("a signed delivery was answered wrong_topic", "delivery ", "inbox commit failed", "error "):
        assert told in written
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert {name for line in lines for name in line} == set(logs.FIELDS)
    assert all("/" in place for line in lines for place in line.get("where", []))


def _live(at: str, path: Path) -> None:
    assert deliver(at, "orders/create", order(1), "kept") == 200
    assert deliver(at, "orders/create", b'{"id":"canary@example.com"}', "poison") == 200
    assert deliver(at, "orders/create", order(2), "unsigned", **{"X-Shopify-Hmac-Sha256": "canary@example.com"}) == 401
    assert deliver(at, "orders/create", order(3), "wrong", **{"X-Shopify-Topic": "canary@example.com"}) == 401
    bearer = {"Authorization": "Bearer eyJcanary.eyJcanary.x"}
    for address in ("/api/v1/customers/canary@example.com", "/app/customers/770001000200?id_token=eyJcanary"):
        assert requests.get(at + address, headers=bearer, timeout=30).status_code < 500
    # what fails below the program quotes what it was given
    with closing(sqlite3.connect(path, timeout=30)) as db:
        fault = "SELECT RAISE(ABORT, 'Canaria Birdsong canary@example.com CANARYCODE')"
        db.execute(f"CREATE TRIGGER a BEFORE INSERT ON orders BEGIN {fault}; END")
        db.commit()
    assert deliver(at, "orders/create", order(4), "unrecorded") == 200
    _wait_until_set_aside(path)
    with closing(sqlite3.connect(path, timeout=30)) as db:
        db.execute("ALTER TABLE inbox RENAME COLUMN body TO canary_body")
        db.execute("ALTER TABLE programs RENAME TO canary_programs")
        db.commit()
    assert deliver(at, "orders/create", order(5), "unkept") == 503
    assert requests.get(f"{at}/metrics", timeout=30).status_code >= 500


def _wait_until_set_aside(path: Path) -> None:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        with closing(sqlite3.connect(path, timeout=30)) as db:
            if db.execute("SELECT 1 FROM inbox WHERE reason LIKE '%while it was recorded'").fetchone():
                return
        time.sleep(0.2)
    pytest.fail("the delivery was not set aside in time")


def test_only_the_listed_fields_and_plain_words_get_into_a_line() -> None:
    """Whatever a record carries: no field more, no text with blanks or signs, no words of a library, no exception's."""
    record = logging.LogRecord("regulars.x", logging.WARNING, "x", 1, "seen %s, %d and %s", ("a b@c", 7, "plain"), None)
    record.customer = "Canaria"
    assert logs.fields(record)["message"] == "seen …, 7 and plain"
    assert set(logs.fields(record)) <= set(logs.FIELDS)
    library = logging.LogRecord("urllib3.pool", logging.WARNING, "x", 1, "Retrying canary@example.com", (), None)
    assert "canary" not in json.dumps(logs.fields(library))
    error = LookupError("Canaria")
    error.__cause__ = ValueError("Birdsong")
    failed = logging.LogRecord("plugin.x", logging.ERROR, "x", 1, "failed", (), (LookupError, error, None))
    told = logs.fields(failed)
    assert told["error"] == "LookupError from ValueError"
    assert "Canaria" not in logs.Text().format(failed) + logs.Json().format(failed)
    wrong = logging.LogRecord("plugin.x", logging.ERROR, "x", 1, "%d of %s", ("Canaria",), None)
    assert logs.fields(wrong)["message"] == "… of …"

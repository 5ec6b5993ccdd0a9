"""A sandbox store that runs, and the platform that speaks to it; what was sent is kept and held to Magento's schema."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema_rs
import pytest

from plugin.platforms.line import Line, Reply
from plugin.platforms.magento.access import Credentials, SignedAccess
from plugin.platforms.magento.client import MagentoClient
from plugin.platforms.magento.platform import MagentoPlatform
from plugin.platforms.protocol import DiscountSpec
from plugin.sandbox.magento.server import serve
from plugin.sandbox.magento.store import MagentoStore
from tests.platforms.magento.captures import SCHEMA
from webhooks.magento.people import People

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
ZONE = "America/New_York"


@dataclass
class World:
    """A store, the way to it, and the clock of both."""

    store: MagentoStore
    url: str
    line: KeepingLine
    now: datetime = START
    #: codes in upper case → offers, as the database would tell
    offers: dict[str, str] = field(default_factory=dict)
    nonces: Any = field(default_factory=count)

    def platform(self) -> MagentoPlatform:
        """A platform for one batch of calls."""
        people = People(secret=b"secret", websites={1: 1}, currency="USD")
        return MagentoPlatform(
            self.client(), people=people, timezone=ZONE, whose=self.whose, now=lambda: self.now
        )  # fmt: skip

    def client(self) -> MagentoClient:
        """The REST client."""
        keys = self.store.keys
        held = Credentials(
            base_url=self.url, consumer_key=keys.consumer_key, consumer_secret=keys.consumer_secret,
            access_token=keys.access_token, access_token_secret=keys.access_token_secret,
        )  # fmt: skip
        access = SignedAccess(held, now=lambda: self.now, nonce=lambda: f"n{next(self.nonces)}")
        return MagentoClient(self.line, access=access, now=lambda: self.now)

    def whose(self, codes: Collection[str]) -> Mapping[str, str]:
        """The offers of these codes."""
        return {code: self.offers[code] for code in codes if code in self.offers}

    def spec(self, code: str = "BACK0123456789ABCDEF", **other: Any) -> DiscountSpec:
        """A discount of ten percent for two weeks, known to our database."""
        self.offers[code.upper()] = other.get("tag", f"offer-{code}".lower())
        told: dict[str, Any] = {
            "code": code, "title": "Regulars", "tag": self.offers[code.upper()], "customer_id": "7", "percent": 10,
            "minimum": 2000, "currency": "USD", "starts_at": START, "ends_at": START + timedelta(days=14),
        }  # fmt: skip
        return DiscountSpec(**told | other)

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """What the store's file holds."""
        with self.store.transaction() as connection:
            return [dict(row) for row in connection.execute(statement).fetchall()]


class KeepingLine(Line):
    """A line that keeps what went over it."""

    def __init__(self) -> None:
        super().__init__(allow_private_hosts=True, monotonic=lambda: 0.0)
        self.sent: list[tuple[str, str, Any]] = []

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        self.sent.append((method, url, None if body is None else json.loads(body)))
        return super().send(method, url, headers=headers, body=body)


def world(folder: Path) -> tuple[World, Any]:
    """A store that runs until what is beside it is closed."""
    held: dict[str, Any] = {}
    store = MagentoStore(folder / "magento.db", now=lambda: held["world"].now, timezone=ZONE)
    running = serve(store)
    line = KeepingLine()
    made = held["world"] = World(store=store, url=running.url, line=line)

    def close() -> None:
        line.close()
        running.close()
        store.close()

    return made, close


def hold_to_schema(sent: list[tuple[str, str, Any]]) -> None:
    """Every request names a path of Magento 2.4.8's schema, its body is valid, and no key in it is unknown there."""
    document = schema()
    for method, url, body in sent:
        parts = urlsplit(url)
        path = parts.path.removeprefix("/rest/all")
        operation = next(
            (
                held[method.lower()]
                for template, held in document["paths"].items()
                if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path) and method.lower() in held
            ),
            None,
        )
        assert operation is not None, f"{method} {path}"
        known = {one["name"].partition("[")[0] for one in operation.get("parameters", ()) if one["in"] == "query"}
        asked = {name.partition("[")[0] for name, _ in parse_qsl(parts.query)}
        # the projection is Magento's own, for every path
        assert asked <= known | {"fields"}, f"{method} {path}: {asked}"
        if body is None:
            continue
        wanted = next(one["schema"] for one in operation["parameters"] if one["in"] == "body")
        errors = list(_validator(json.dumps(wanted)).iter_errors(body))
        assert not errors, f"{method} {path}: {errors[0]}"


def schema() -> dict[str, Any]:
    """Magento's own description of its API; skips where it is not at hand."""
    if not SCHEMA.is_file():
        pytest.skip(f"Magento's schema is not at hand ({SCHEMA.name} in ../shared/schemas/magento)")
    return _read()


@cache
def _read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found


@cache
def _validator(wanted: str) -> Any:
    closed = {name: _closed(one) for name, one in _read()["definitions"].items()}
    return jsonschema_rs.Draft4Validator({**_closed(json.loads(wanted)), "definitions": closed})


def _closed(value: Any) -> Any:
    """The same, with nothing allowed beside the properties that are named."""
    if isinstance(value, list):
        return [_closed(one) for one in value]
    if not isinstance(value, dict):
        return value
    held = {name: _closed(one) for name, one in value.items()}
    return held | ({"additionalProperties": False} if held.get("type") == "object" and "properties" in held else {})

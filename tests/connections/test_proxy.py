"""A shopper's request is believed only as Shopify signed it, however the signed text could be read otherwise."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from plugin import assembly
from plugin.platforms.shopify import proxy
from plugin.platforms.shopify.proxy import BadProxyQuery, Shopper
from storage import shops
from tests.connections.conftest import BEGIN, DOMAIN, SECRET, World

PREFIX = "/apps/regulars"
QUERIES = 50_000
SECONDS = str(int(BEGIN.timestamp()))
GIVEN = {"logged_in_customer_id": "42", "path_prefix": PREFIX, "shop": DOMAIN, "timestamp": SECONDS}


def _query(**changed: str) -> list[tuple[str, str]]:
    given = {**GIVEN, **changed}
    return [*given.items(), ("signature", proxy.sign(given, SECRET))]


def _believes(query: list[tuple[str, str]]) -> Shopper | None:
    try:
        return proxy.shopper(query, prefix=PREFIX, secrets=("new", SECRET), now=BEGIN)
    except BadProxyQuery:
        return None


@pytest.fixture
def shop_page(world: World) -> Iterator[FlaskClient]:
    """A browser in the store's shop."""
    web = assembly.web(world.runtime)
    yield web.app.test_client()
    web.close()


def test_a_signed_query_tells_whose_browser_it_is() -> None:
    """Of a customer or of nobody; under the new secret and under the old."""
    assert _believes(_query()) == Shopper(shop_domain=DOMAIN, customer_id="42")
    assert _believes(_query(logged_in_customer_id="")) == Shopper(shop_domain=DOMAIN, customer_id=None)


def test_what_can_be_read_in_two_ways_is_read_in_none() -> None:
    """50,000 readings of texts that Shopify would sign for a visitor who adds parameters of their own: all refused."""
    rng = random.Random(42)
    believed, signed_right = [], 0
    for query in itertools.islice(_readings(rng), QUERIES):
        told = dict(query)
        signed_right += proxy.sign(told, SECRET) == told["signature"]
        if (asks := _believes(query)) is not None:
            believed.append((asks, query))

    assert believed == []
    assert signed_right > QUERIES // 10


def test_the_known_forgery_is_refused() -> None:
    """A visitor who is not signed in adds a parameter whose value looks like the rest, and moves the border."""
    real = {**GIVEN, "logged_in_customer_id": "", "a": "1logged_in_customer_id=7"}
    signature = proxy.sign(real, SECRET)
    forged = {"a": "1", "logged_in_customer_id": "7logged_in_customer_id=", **{k: GIVEN[k] for k in list(GIVEN)[1:]}}

    assert proxy.sign(forged, SECRET) == signature
    assert _believes([*forged.items(), ("signature", signature)]) is None
    assert _believes([*real.items(), ("signature", signature)]) is None


BAD = {
    "nothing": [],
    "no signature": list(GIVEN.items()),
    "another's signature": [*GIVEN.items(), ("signature", proxy.sign(GIVEN, "other"))],
    "a signature with nothing": [*GIVEN.items(), ("signature", proxy.sign(GIVEN, ""))],
    "a signature in capitals": [*GIVEN.items(), ("signature", proxy.sign(GIVEN, SECRET).upper())],
    "not ASCII": [*GIVEN.items(), ("signature", "é" * 64)],
    "two stores": [*_query(), ("shop", DOMAIN)],
    "a foreign store": _query(shop="evil.example.com"),
    "a store's name behind": _query(shop=f"evil.example/{DOMAIN}"),
    "a line's end": _query(shop=f"{DOMAIN}\n"),
    "another's prefix": _query(path_prefix="/apps/others"),
    "a prefix with more": _query(path_prefix=f"{PREFIX}/x"),
    "a customer that is none": _query(logged_in_customer_id="42 OR 1"),
    "digits of another script": _query(logged_in_customer_id="４２"),
    "old": _query(timestamp=str(int(SECONDS) - 91)),
    "from the future": _query(timestamp=str(int(SECONDS) + 91)),
    "a time that is none": _query(timestamp="now"),
    "an endless time": _query(timestamp="9" * 400),
    "one more": _query(page="2"),
}


def test_a_bad_query_is_refused(shop_page: FlaskClient) -> None:
    """Whatever is wrong with it: 401, and nothing of the store is told."""
    for name, query in BAD.items():
        answer = shop_page.get("/proxy/shopify", query_string=query)
        assert (answer.status_code, DOMAIN in answer.text) == (401, False), name


def test_a_shop_is_told_whether_it_is_served(shop_page: FlaskClient, world: World) -> None:
    """Nothing about a person, as JSON that no page of the store runs; a store that we do not serve gets 404."""
    answer = shop_page.get("/proxy/shopify", query_string=_query())
    assert (answer.status_code, answer.json) == (200, {"serving": True, "signed_in": True})
    assert answer.mimetype == "application/json"
    assert shop_page.get("/proxy/shopify", query_string=_query(shop="other.myshopify.com")).status_code == 404
    assert shop_page.get("/proxy/shopify", query_string=[("x", "y" * 3000)]).status_code == 400

    with world.runtime.database.transaction() as db:
        shops.uninstall(db, world.shop().shop_id, world.clock.at + timedelta(days=1))
    assert shop_page.get("/proxy/shopify", query_string=_query()).status_code == 404


def _readings(rng: random.Random) -> Iterator[list[tuple[str, str]]]:
    """What Shopify signs when a visitor adds parameters, read anew with its borders elsewhere."""
    names = ["a", "b", "logged_in_customer_id", "m", "path_prefix", "q", "s", "shop", "t", "timestamp", "z"]
    while True:
        real = {**GIVEN, "logged_in_customer_id": rng.choice(("", "7"))}
        for name in rng.sample([name for name in names if name not in GIVEN], rng.randint(1, 2)):
            inside = rng.choice(("logged_in_customer_id=8", f"shop={DOMAIN}", f"timestamp={SECONDS}", "", "9"))
            real[name] = rng.choice(("", "1", "x&")) + inside
        text, signature = "".join(sorted(f"{name}={value}" for name, value in real.items())), proxy.sign(real, SECRET)
        for _ in range(8):
            if (found := _cut(text, names, rng)) is not None and found != real:
                yield [*found.items(), ("signature", signature)]


def _cut(text: str, names: list[str], rng: random.Random) -> dict[str, str] | None:
    """One way to read the text as parameters in their order; None for a way that does not lead to its end."""
    starts = sorted({place for name in names for place in _places(text, f"{name}=")})
    chosen = [0, *sorted(rng.sample(starts[1:], rng.randint(0, len(starts) - 1)))] if starts[:1] == [0] else []
    found: dict[str, str] = {}
    for start, end in itertools.pairwise([*chosen, len(text)]):
        name, _, value = text[start:end].partition("=")
        if name in found:
            return None
        found[name] = value
    return found or None


def _places(text: str, part: str) -> Iterator[int]:
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + 1)

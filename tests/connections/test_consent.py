"""The way in by consent: out with a state, back with a signed code, and nowhere else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from plugin import assembly
from plugin.platforms.shopify import consent
from plugin.platforms.shopify.consent import BadQuery
from plugin.sandbox import tokens
from plugin.sandbox.shop.consent import come_back
from storage import access
from tests.connections.conftest import DOMAIN, SECRET, World

CALLBACK = "/auth/shopify/callback"


@pytest.fixture
def browser(empty_world: World) -> Iterator[FlaskClient]:
    """A merchant's browser at the app's own address."""
    web = assembly.web(empty_world.runtime)
    yield web.app.test_client()
    web.close()


def _code(world: World) -> str:
    with world.store.transaction() as connection:
        return tokens.issue_code(connection, now=world.clock.at)


def _goes_out(browser: FlaskClient, shop: str = DOMAIN) -> str:
    """The state that travels along."""
    answer = browser.get(f"/auth/shopify?shop={shop}")
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer.headers["Location"]).query)["state"][0]


def _comes_back(browser: FlaskClient, world: World, state: str, **changed: str) -> TestResponse:
    given = {
        name: value for name, value in come_back(world.store, code=_code(world), state=state).items() if name != "hmac"
    }
    given |= changed
    return browser.get(CALLBACK, query_string={**given, "hmac": consent.sign(given, SECRET)})


def test_a_merchant_goes_out_to_the_store_and_comes_back_connected(empty_world: World, browser: FlaskClient) -> None:
    """The scopes of the manifest are asked for, the code is traded for an expiring pair, the app opens in the admin."""
    world = empty_world
    out = browser.get(f"/auth/shopify?shop={DOMAIN}")
    asked = parse_qs(urlsplit(out.headers["Location"]).query)
    answer = _comes_back(browser, world, asked["state"][0])

    assert out.headers["Location"].startswith(f"{world.url}/admin/oauth/authorize?")
    assert asked["scope"] == [",".join(world.runtime.manifest.shopify.scopes)]
    assert asked["redirect_uri"] == [f"https://regulars.example.com{CALLBACK}"]
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{world.url}/admin/apps/client")
    assert world.shop().state == "active"
    assert world.credentials().refresh_token is not None


def test_the_cookie_opens_nothing_and_is_gone_afterwards(empty_world: World, browser: FlaskClient) -> None:
    """It stays with the way it is for, no script reads it, no other site sends it along."""
    set_out = browser.get(f"/auth/shopify?shop={DOMAIN}").headers["Set-Cookie"]
    state = _goes_out(browser)
    set_back = _comes_back(browser, empty_world, state).headers["Set-Cookie"]

    for word in ("HttpOnly", "SameSite=Lax", "Path=/auth/shopify", "Secure", "Max-Age=600"):
        assert word in set_out
    assert "Max-Age=0" in set_back


def test_a_way_back_that_nobody_went_out_on_is_refused(empty_world: World, browser: FlaskClient) -> None:
    """Another browser's state, another store's, one used before, an old one, a forged one, none: all 400, nothing begins."""
    world, other = empty_world, browser.application.test_client()
    state = _goes_out(browser)
    assert _comes_back(other, world, state).status_code == 400
    assert _comes_back(browser, world, _goes_out(browser, "other.myshopify.com")).status_code == 400
    assert _comes_back(browser, world, state[:-3] + "AAA").status_code == 400
    assert _comes_back(browser, world, "").status_code == 400
    old = _goes_out(browser)
    world.passes(minutes=11)
    assert _comes_back(browser, world, old).status_code == 400

    again = _goes_out(browser)
    assert [_comes_back(browser, world, again).status_code for _ in range(2)] == [302, 400]


def test_a_code_that_the_store_does_not_know_is_the_browsers_fault(empty_world: World, browser: FlaskClient) -> None:
    """Not a fault of ours: 400."""
    assert _comes_back(browser, empty_world, _goes_out(browser), code="f" * 32).status_code == 400


EVIL = (
    "evil.example.com", "corner.myshopify.com.evil.example", "evil.example/corner.myshopify.com", "a@corner.myshopify.com",
    "corner.myshopify.com:8443", "corner.myshopify.com\n", "CORNER.MYSHOPIFY.COM", "//evil.example", ".myshopify.com", "",
    "corner.myshopify.com/../x", "https://corner.myshopify.com", "a" * 300 + ".myshopify.com", "cörner.myshopify.com",
)  # fmt: skip


@pytest.mark.parametrize("shop", EVIL)
def test_nobody_is_sent_to_a_foreign_place(browser: FlaskClient, empty_world: World, shop: str) -> None:
    """Out only to a store's own name; back only with one, even where all is signed; and never by ``host`` or ``return_to``."""
    assert browser.get("/auth/shopify", query_string={"shop": shop}).status_code == 400
    assert _comes_back(browser, empty_world, _goes_out(browser), shop=shop).status_code == 400
    state = _goes_out(browser)
    answer = _comes_back(browser, empty_world, state, host="ZXZpbC5leGFtcGxl", return_to=f"https://{shop}")
    assert urlsplit(answer.headers.get("Location", empty_world.url)).netloc == urlsplit(empty_world.url).netloc


def test_two_stores_in_one_address_are_none(browser: FlaskClient) -> None:
    """A parameter that stands twice is refused, whichever would have been meant."""
    assert browser.get(f"/auth/shopify?shop={DOMAIN}&shop=other.myshopify.com").status_code == 400


def test_in_a_frame_there_is_a_link_out_of_it(browser: FlaskClient) -> None:
    """The store's page of consent is shown in the whole window."""
    text = browser.get(f"/auth/shopify?shop={DOMAIN}&embedded=1").text

    assert f'href="/auth/shopify?shop={DOMAIN}" target="_top"' in text


def test_without_an_app_there_is_no_way(empty_world: World) -> None:
    """Nothing answers where no client id is set."""
    config = replace(empty_world.runtime.config, shopify_client_id="", shopify_client_secret="")
    web = assembly.web(replace(empty_world.runtime, config=config))
    assert web.app.test_client().get(f"/auth/shopify?shop={DOMAIN}").status_code == 404
    web.close()


def test_a_query_is_good_for_ninety_seconds_and_as_it_was_signed(empty_world: World) -> None:
    """Under the new secret and the old; not with a letter changed, added, taken away or moved across a border."""
    now = empty_world.clock.at
    given = come_back(empty_world.store, code="c0de", state="s.t-a_te")
    pairs = list(given.items())
    assert consent.checked(pairs, secrets=["new", SECRET], now=now)["shop"] == DOMAIN

    rng = random.Random(5)
    for _ in range(300):
        name, value = rng.choice(pairs)
        place = rng.randrange(len(value))
        letter = rng.choice("abc019&=%.-_/")
        bent = value[:place] + rng.choice(("", letter, letter + value[place])) + value[place + 1 :]
        if bent != value:
            with pytest.raises(BadQuery):
                consent.checked([*((n, v) for n, v in pairs if n != name), (name, bent)], secrets=[SECRET], now=now)
    for moved in (
        [("code", "c0de&host=x"), *pairs[2:]], [*pairs, ("extra", "1")], [*pairs, pairs[0]], pairs[1:], pairs[:-1],
    ):  # fmt: skip
        with pytest.raises(BadQuery):
            consent.checked(moved, secrets=[SECRET], now=now)
    for seconds in (-91, 91):
        with pytest.raises(BadQuery):
            consent.checked(pairs, secrets=[SECRET], now=now.fromtimestamp(now.timestamp() + seconds, now.tzinfo))


def test_the_signature_is_that_of_the_document(empty_world: World) -> None:
    """The sandbox signs by its own hand, from the same description."""
    given = come_back(empty_world.store, code="c0de", state="state")

    assert consent.sign(given, SECRET) == given["hmac"]
    assert urlencode(given)


def test_a_page_names_what_is_not_granted_and_where_to_grant_it(world: World) -> None:
    """In the store's admin, above every page; the link leaves the frame. Nothing where all is granted."""
    web = assembly.web(world.runtime)
    page = web.app.test_client().get("/app/rules", query_string={"id_token": world.store.id_token()})
    assert "has not granted" not in page.text
    with world.runtime.database.transaction() as db:
        sealed = world.runtime.seal(DOMAIN, world.credentials())
        access.grant(
            db, world.shop().shop_id, credentials=sealed, scopes="read_orders write_discounts", now=world.clock.at
        )
    page = web.app.test_client().get("/app/rules", query_string={"id_token": world.store.id_token()})
    web.close()

    assert "read_customer_merge, read_customers, read_products, write_app_proxy" in page.text
    assert f'<a href="/auth/shopify?shop={DOMAIN}" target="_top"' in page.text

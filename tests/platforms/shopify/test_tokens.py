"""Session tokens become pairs of tokens, pairs are renewed, and nobody else gets to see one."""

from __future__ import annotations

import traceback
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from plugin.platforms.line import Line
from plugin.platforms.protocol import (
    AppUnknown,
    InDoubt,
    NotSent,
    PlatformError,
    ShopUnavailable,
    Throttled,
    Unauthorized,
)
from plugin.platforms.shopify.tokens import App, Credentials, exchange, refresh
from tests.platforms.loopback import answers, free_port, resets, store
from tests.platforms.shopify.samples import NOW, SHOP

SESSION, CLIENT_SECRET, KEPT = "session.token.of-a-merchant", "shpss_never_to_be_seen", "shprt_old"
PAIR = {
    "access_token": "shpat_new",
    "scope": "write_discounts, read_orders",
    "expires_in": 3600,
    "refresh_token": "shprt_new",
    "refresh_token_expires_in": 7_776_000,
}
CREDENTIALS = Credentials(
    access_token="shpat_new",
    expires_at=NOW + timedelta(hours=1),
    refresh_token="shprt_new",
    refresh_expires_at=NOW + timedelta(days=90),
    scopes=("read_orders", "write_discounts"),
)


def _app(origin: str) -> App:
    return App(client_id="client", client_secret=CLIENT_SECRET, origin=origin)


def _exchange(line: Line, origin: str) -> Credentials:
    return exchange(line, _app(origin), shop=SHOP, session_token=SESSION, now=NOW)


def _refresh(line: Line, origin: str) -> Credentials:
    return refresh(line, _app(origin), shop=SHOP, refresh_token=KEPT, now=NOW)


def test_a_session_token_is_exchanged_for_an_expiring_pair(line: Line) -> None:
    """The request asks for an offline pair that expires, names the store, and goes to the store's token address."""
    with store(answers(PAIR)) as shop:
        assert _exchange(line, shop.origin) == CREDENTIALS

    (heard,) = shop.heard
    assert (heard.path, heard.headers["X-Shopify-Shop-Domain"]) == ("/admin/oauth/access_token", SHOP)
    assert parse_qs(heard.body.decode()) == {
        "client_id": ["client"],
        "client_secret": [CLIENT_SECRET],
        "grant_type": ["urn:ietf:params:oauth:grant-type:token-exchange"],
        "subject_token": [SESSION],
        "subject_token_type": ["urn:ietf:params:oauth:token-type:id_token"],
        "requested_token_type": ["urn:shopify:params:oauth:token-type:offline-access-token"],
        "expiring": ["1"],
    }


def test_a_pair_is_renewed(line: Line) -> None:
    """The refresh token brings the next pair, with ends counted from now."""
    with store(answers(PAIR)) as shop:
        assert _refresh(line, shop.origin) == CREDENTIALS

    sent = parse_qs(shop.heard[0].body.decode())
    assert (sent["grant_type"], sent["refresh_token"]) == (["refresh_token"], [KEPT])


ANSWERS: dict[str, tuple[Any, type[PlatformError]]] = {
    "the grant does not hold": (answers({"error": "invalid_subject_token"}, status=400), Unauthorized),
    "the app is not known": (answers({"error": "invalid_client"}, status=401), AppUnknown),
    "the app is not known either": (answers({"error": "application_cannot_be_found"}, status=400), AppUnknown),
    "not known": (answers({}, status=401), Unauthorized),
    "not allowed": (answers({}, status=403), ShopUnavailable),
    "gone": (answers({}, status=404), ShopUnavailable),
    "locked": (answers({}, status=423), ShopUnavailable),
    "too many": (answers({}, status=429), Throttled),
    "520 while rotating": (answers({}, status=520), InDoubt),
    "moved": (answers({}, status=302, Location="https://evil.example"), InDoubt),
    "reset": (resets, InDoubt),
    "a page": (answers(b"<html>"), InDoubt),
    "a list": (answers([PAIR]), InDoubt),
    "no token": (answers({**PAIR, "access_token": None}), InDoubt),
    "an empty token": (answers({**PAIR, "access_token": ""}), InDoubt),
    "a token with a line's end": (answers({**PAIR, "access_token": "shpat\r\nX: y"}), InDoubt),
    "an odd refresh token": (answers({**PAIR, "refresh_token": 5}), InDoubt),
    "an odd life": (answers({**PAIR, "expires_in": "3600"}), InDoubt),
    "a negative life": (answers({**PAIR, "expires_in": -1}), InDoubt),
    "odd scopes": (answers({**PAIR, "scope": ["read_orders"]}), InDoubt),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_without_a_pair_says_what_happened(name: str, line: Line) -> None:
    """Lost and odd answers are in doubt, so that the same refresh token is tried again; no secret is repeated."""
    act, expected = ANSWERS[name]
    with store(act) as shop, pytest.raises(PlatformError) as raised:
        _refresh(line, shop.origin)

    told = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + repr(vars(raised.value))
    assert type(raised.value) is expected
    assert not [secret for secret in (CLIENT_SECRET, KEPT, "shprt_new", "shpat") if secret in told]


def test_nobody_listening_means_not_sent(line: Line) -> None:
    """The refresh token is as good as before."""
    with pytest.raises(NotSent):
        _refresh(line, f"http://127.0.0.1:{free_port()}")


def test_a_store_that_is_none_is_not_asked(line: Line) -> None:
    """The client secret goes to stores only."""
    with store(answers(PAIR)) as shop, pytest.raises(ValueError, match="not a domain"):
        exchange(line, _app(shop.origin), shop="evil.example.com", session_token=SESSION, now=NOW)

    assert shop.heard == []


def test_a_life_that_is_not_told_is_over(line: Line) -> None:
    """A missing expires_in never makes a token that is trusted for ever; the refresh token is worth a try."""
    short = {name: PAIR[name] for name in ("access_token", "refresh_token", "scope")}
    with store(answers(short)) as shop:
        credentials = _exchange(line, shop.origin)

    assert not credentials.usable(NOW)
    assert credentials.refreshable(NOW + timedelta(days=1000))


def test_a_token_is_renewed_five_minutes_before_its_end() -> None:
    """No request dies on its way; a custom app's token has no end."""
    assert CREDENTIALS.usable(NOW + timedelta(minutes=54))
    assert not CREDENTIALS.usable(NOW + timedelta(minutes=55))
    assert Credentials(access_token="shpat_custom").usable(NOW + timedelta(days=10_000))


def test_a_refresh_token_lives_ninety_days() -> None:
    """After that only the merchant can help, and without one nobody else can."""
    assert CREDENTIALS.refreshable(NOW + timedelta(days=89))
    assert not CREDENTIALS.refreshable(NOW + timedelta(days=90))
    assert not Credentials(access_token="shpat_custom").refreshable(NOW)


@pytest.mark.parametrize("credentials", [CREDENTIALS, Credentials(access_token="shpat_custom")])
def test_what_is_stored_comes_back(credentials: Credentials) -> None:
    """Every field survives sealing's bytes."""
    assert Credentials.from_json(credentials.to_json()) == credentials


@pytest.mark.parametrize(
    "stored", [b"", b"{}", b"[]", b'{"access_token": "x"}', b"null", CREDENTIALS.to_json()[:-1] + b', "x": 1}']
)
def test_what_was_never_stored_is_refused(stored: bytes) -> None:
    """Only what to_json wrote is read; the complaint does not repeat it."""
    with pytest.raises(ValueError, match=r".") as raised:
        Credentials.from_json(stored)
    assert "shpat" not in str(raised.value)


def test_no_token_is_shown() -> None:
    """Neither credentials nor the app print their secrets."""
    shown = repr(CREDENTIALS) + str(CREDENTIALS) + repr(_app("https://{shop}"))

    assert not [secret for secret in ("shpat", "shprt", CLIENT_SECRET) if secret in shown]

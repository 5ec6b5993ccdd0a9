"""Tokens: exchanged, refreshed, expired, refused."""

from __future__ import annotations

import jwt
import pytest

from plugin.sandbox.tokens import session_token
from tests.sandbox.conftest import DOMAIN, SECRET
from tests.sandbox.documents import SHOP


def refresh(client, token):
    return client.grant(grant_type="refresh_token", refresh_token=token)


def works(client, token):
    client.token = token
    return client.post(SHOP).status_code == 200


def test_a_session_token_is_what_the_documentation_says(store, clock):
    """The claims are the store's, it lives one minute, and no two are alike."""
    token = store.id_token("42")
    claims = jwt.decode(token, SECRET, algorithms=["HS256"], audience="client", options={"verify_exp": False})
    assert claims["iss"] == f"https://{DOMAIN}/admin"
    assert claims["dest"] == f"https://{DOMAIN}"
    assert claims["sub"] == "42"
    assert claims["exp"] - claims["nbf"] == 60
    assert claims["nbf"] == int(clock.at.timestamp())
    assert token != store.id_token("42")


def test_an_exchange_gives_an_expiring_pair(client):
    """expiring=1 gives an access token of one hour with a refresh token of 90 days."""
    got = client.exchange().json()
    assert got["access_token"].startswith("shpat_")
    assert got["refresh_token"].startswith("shprt_")
    assert (got["expires_in"], got["refresh_token_expires_in"]) == (3600, 7_776_000)
    assert (
        got["scope"] == "read_customer_merge,read_customers,read_orders,read_products,write_app_proxy,write_discounts"
    )
    assert works(client, got["access_token"])


def test_without_expiring_there_is_no_refresh_token(client, clock):
    """The default is a token that never ends."""
    got = client.exchange(expiring="0").json()
    assert "refresh_token" not in got
    clock.forward(days=1000)
    assert works(client, got["access_token"])


def test_an_access_token_ends_after_an_hour(client, clock):
    """An expired token is answered with 401."""
    token = client.exchange().json()["access_token"]
    clock.forward(minutes=59)
    assert works(client, token)
    clock.forward(minutes=2)
    assert not works(client, token)


def test_a_refresh_gives_a_new_pair_and_leaves_the_old_token(client):
    """Both access tokens work until their own end."""
    first = client.exchange().json()
    second = refresh(client, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert works(client, first["access_token"])
    assert works(client, second["access_token"])


def test_a_lost_answer_can_be_asked_for_again_until_its_successor_is_used(client):
    """The old refresh token stays good until one that replaced it is used."""
    first = client.exchange().json()["refresh_token"]
    refresh(client, first)
    second = refresh(client, first).json()["refresh_token"]
    assert refresh(client, second).status_code == 200
    assert refresh(client, first).status_code == 400


def test_a_refresh_token_cannot_be_tried_again_for_ever(client, clock):
    """30 days after its first use it is no good even if its successor was never used."""
    first = client.exchange().json()["refresh_token"]
    assert refresh(client, first).status_code == 200
    clock.forward(days=30)
    assert refresh(client, first).status_code == 400


def test_a_refresh_token_ends_after_90_days(client, clock):
    """An expired refresh token is invalid_grant."""
    first = client.exchange().json()["refresh_token"]
    clock.forward(days=90)
    answer = refresh(client, first)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_new_exchange_kills_the_refresh_token_before(client):
    """Only one refreshable token lives per app and store; the access token lives on."""
    first = client.exchange().json()
    client.exchange()
    assert refresh(client, first["refresh_token"]).status_code == 400
    assert works(client, first["access_token"])


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client"),
        ({"subject_token": "x.y.z"}, "invalid_subject_token"),
        ({"subject_token_type": "x"}, "invalid_request"),
        ({"requested_token_type": "x"}, "invalid_request"),
        ({"expiring": "yes"}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
    ],
)
def test_bad_input_is_400(client, fields, error):
    """What cannot be granted is refused with 400 and its OAuth word."""
    answer = client.exchange(**fields)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    "changed", [{"domain": "other.myshopify.com"}, {"client_id": "x"}, {"client_secret": "x" * 40}]
)
def test_a_session_token_of_others_is_refused(client, clock, changed):
    """Another store, another app, another key: invalid_subject_token."""
    known = {"domain": DOMAIN, "client_id": "client", "client_secret": SECRET, "user_id": "1", "now": clock.now()}
    assert client.exchange(subject_token=session_token(**(known | changed))).status_code == 400


def test_an_old_session_token_is_refused(client, store, clock):
    """A minute and the leeway later the session token is no good."""
    token = store.id_token()
    clock.forward(seconds=71)
    assert client.exchange(subject_token=token).json()["error"] == "invalid_subject_token"


@pytest.mark.parametrize("token", ["-", "shpat_wrong"])
def test_no_token_is_401(client, token):
    """The API answers nobody without a token that it gave."""
    client.token = token
    answer = client.post(SHOP)
    assert answer.status_code == 401
    assert answer.headers["X-Shopify-API-Version"] == "2026-10"


def test_another_store_is_404(client, store):
    """A call for a store that this is not finds nothing."""
    client.exchange()
    store.domain, domain = "other.myshopify.com", store.domain
    answer = client.session.post(
        f"{client.url}/admin/api/2026-10/graphql.json", json={}, headers={"X-Shopify-Shop-Domain": domain}, timeout=5
    )
    assert answer.status_code == 404

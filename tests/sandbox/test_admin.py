"""The page like the store's admin, without a browser."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from bs4 import BeautifulSoup

from tests.sandbox.conftest import DOMAIN, SECRET


def page(client, query=""):
    answer = client.session.get(f"{client.url}/admin{query}", timeout=10)
    return answer, BeautifulSoup(answer.text, "html.parser")


def test_the_app_is_framed_as_the_admin_does_it(client, store):
    """The frame's address names shop and host, carries a session token, and its query is signed."""
    _, admin = page(client)
    address = urlsplit(admin.iframe["src"])
    given = dict(parse_qsl(address.query))
    assert f"{address.scheme}://{address.netloc}" == store.app_url
    assert address.path == "/app/overview"
    assert (given["shop"], given["embedded"], given["locale"]) == (DOMAIN, "1", "en")
    claims = jwt.decode(
        given["id_token"],
        SECRET,
        algorithms=["HS256"],
        audience="client",
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert claims["dest"] == f"https://{DOMAIN}"
    signature = given.pop("hmac")
    message = "&".join(f"{key}={value}" for key, value in sorted(given.items()))
    assert hmac.new(SECRET.encode(), message.encode(), hashlib.sha256).hexdigest() == signature


def test_another_page_in_another_language(client):
    """The admin opens any page of the app, in the language that it was asked for."""
    _, admin = page(client, "?page=/app/rules&locale=zh-CN")
    address = urlsplit(admin.iframe["src"])
    assert address.path == "/app/rules"
    assert dict(parse_qsl(address.query))["locale"] == "zh-CN"
    assert admin.html["lang"] == "zh-CN"


@pytest.mark.parametrize("query", ["?page=//evil.example", "?page=/admin", "?locale=xx"])
def test_nothing_else_is_framed(client, query):
    """Only the app's own pages, only known languages."""
    assert page(client, query)[0].status_code == 404


def test_the_policy_lets_only_the_app_in(client, store):
    """Own scripts, no inline ones, one frame: the app; nobody frames the admin."""
    answer, admin = page(client)
    policy = answer.headers["Content-Security-Policy"]
    assert f"frame-src {store.app_url}" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert all(script.get("src") for script in admin.select("script"))


def test_tokens_are_for_the_admins_own_page(client):
    """A fresh token for each question from the admin's own page; other sites get none."""
    ask = lambda site: client.session.get(f"{client.url}/admin/id_token", headers={"Sec-Fetch-Site": site}, timeout=10)  # noqa: E731
    assert ask("same-origin").text != ask("same-origin").text
    assert "Access-Control-Allow-Origin" not in ask("same-origin").headers
    assert ask("cross-site").status_code == 403
    assert ask("same-site").status_code == 403


def test_the_bridge_is_served(client):
    """The stand-in for App Bridge lies where the app loads it from."""
    answer = client.session.get(f"{client.url}/app-bridge.js", timeout=10)
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "window.shopify" in answer.text

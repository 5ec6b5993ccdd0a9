"""Who brings a token that does not hold gets in nowhere, learns nothing, and breaks nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from plugin import assembly
from storage import shops
from tests.connections.conftest import DOMAIN, SECRET, World
from tests.platforms.shopify import test_auth as tokens
from tests.platforms.shopify.samples import NOW

#: longer than a server takes in one line; it comes as a header then
LONGEST_LINE = 100_000


@pytest.fixture
def strange(world: World) -> Iterator[FlaskClient]:
    """A browser at an app with the tests' client id and secrets, at the tests' moment."""
    world.clock.at = NOW
    config = replace(
        world.runtime.config, shopify_client_id=tokens.CLIENT, shopify_client_secret=tokens.SECRET,
        shopify_client_secret_old=tokens.OLD,
    )  # fmt: skip
    web = assembly.web(replace(world.runtime, config=config))
    yield web.app.test_client()
    web.close()


def test_bad_tokens_open_nothing(strange: FlaskClient, world: World) -> None:
    """More than forty: in a header 401, in an address an empty shell; no store is connected, none is asked, none is named."""
    assert len(tokens.BAD) > 40
    for name, token in tokens.BAD.items():
        clean = token.encode("utf-8", "replace").decode()
        by_header = strange.get(
            "/api/v1/program", headers={"Authorization": f"Bearer {clean}".encode("ascii", "replace").decode()}
        )
        assert by_header.status_code == 401, name
        assert DOMAIN not in by_header.text
        if len(clean) < LONGEST_LINE:
            page = strange.get("/app/overview", query_string={"id_token": clean})
            assert (page.status_code, "data-shell" in page.text) == (200, True), name
            assert not [secret for secret in (tokens.SECRET, SECRET, "Corner Records") if secret in page.text]
    with world.runtime.database.reading() as db:
        assert [shop.domain for shop in shops.every(db)] == [DOMAIN]
    assert len(world.pairs()) == 1


@pytest.mark.parametrize(
    "shop", ["evil.example.com", "corner.myshopify.com.evil.example", "x" * 4000, "\u202e", "'--", ""]
)
def test_a_foreign_store_in_the_address_frames_nothing(strange: FlaskClient, shop: str) -> None:
    """Whatever ``shop`` and ``host`` say: no page is framed by it, nobody is sent there."""
    answer = strange.get(
        "/app/overview", query_string={"shop": shop, "host": "ZXZpbC5leGFtcGxlLmNvbS9hZG1pbg", "embedded": "1"}
    )

    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
    assert "evil" not in answer.headers["Content-Security-Policy"] + answer.headers.get("Location", "")


@pytest.mark.parametrize(
    "path", ["//evil.example.com", "/\\evil.example.com", "/app//evil.example.com", "/auth/shopify/callback"]
)
def test_no_address_leads_elsewhere(strange: FlaskClient, path: str) -> None:
    """With whatever it is asked to lead to."""
    for name in ("return_to", "redirect", "redirect_uri", "next", "url", "host", "shop"):
        given = {name: "https://evil.example.com"}
        # as a server passes it on: the tests' client would take two slashes for a host
        answer = strange.get("/x", query_string=given, environ_overrides={"PATH_INFO": path})
        assert answer.status_code < 500
        assert urlsplit(answer.headers.get("Location", "")).netloc in {"", "localhost"}

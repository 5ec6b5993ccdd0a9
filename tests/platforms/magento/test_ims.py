"""Adobe Commerce as a Cloud Service: its tokens, and whether its API has what we ask for."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from plugin.platforms.line import Line
from plugin.platforms.magento import coupons, reading, rulebook, store
from plugin.platforms.magento.access import CloudCredentials
from plugin.platforms.magento.ims import SCOPES, CloudTokens
from plugin.platforms.protocol import InDoubt, ShopUnavailable, Throttled, Unauthorized
from tests.platforms import loopback
from tests.platforms.magento.captures import SCHEMA
from tests.platforms.magento.conftest import NOW

CLIENT = CloudCredentials(base_url="https://na1.example/t", client_id="me", client_secret="hush", organisation="o@x")
TOKEN = {"access_token": "tok-1", "token_type": "bearer", "expires_in": 86399}
#: what we ask of either edition, and by which method
ASKED = [
    ("get", path)
    for path in (
        reading.ORDERS, f"{reading.ORDERS}/{{id}}", reading.CREDITMEMOS, "/V1/customers/search", rulebook.GROUPS,
        rulebook.RULE_SEARCH, coupons.SEARCH, f"{coupons.COUPONS}/{{couponId}}", store.CONFIGS, store.VIEWS,
        store.WEBSITES, store.MODULES, "/V1/customers/{customerId}", "/V1/customerGroups/{id}",
    )
] + [("post", coupons.COUPONS), ("post", rulebook.RULES), ("put", f"{coupons.COUPONS}/{{couponId}}")]  # fmt: skip


def test_a_token_is_asked_for_once_and_again_before_it_runs_out(line: Line) -> None:
    """The form is what Adobe documents; a token that holds is not asked for twice."""
    with loopback.store(loopback.answers(TOKEN), loopback.answers(TOKEN | {"access_token": "tok-2"})) as service:
        tokens = CloudTokens(origin=service.origin)
        told = [tokens.token(line, CLIENT, now=NOW + timedelta(hours=hours)) for hours in (0, 23, 24)]
    assert told == ["tok-1", "tok-1", "tok-2"]
    assert service.heard[0].path == "/ims/token/v3"
    assert parse_qs(service.heard[0].body.decode()) == {
        "grant_type": ["client_credentials"], "client_id": ["me"], "client_secret": ["hush"], "scope": [SCOPES],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (loopback.answers({"error": "invalid_client"}, status=400), Unauthorized),
        (loopback.answers({}, status=401), Unauthorized),
        (loopback.answers({}, status=403), ShopUnavailable),
        (loopback.answers({}, status=429), Throttled),
        (loopback.answers({}, status=503), InDoubt),
        (loopback.answers(b"<html>"), InDoubt),
        (loopback.answers({"access_token": "a b", "expires_in": 5}), InDoubt),
        (loopback.answers({"access_token": "a", "expires_in": -5}), InDoubt),
    ],
)
def test_what_is_no_token_is_never_used(line: Line, answer: loopback.Act, error: type) -> None:
    """Each refusal has its name, and none of them repeats the secret."""
    with loopback.store(answer) as service, pytest.raises(error) as caught:
        CloudTokens(origin=service.origin).token(line, CLIENT, now=NOW)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("name", ["accs_saas", "admin_2.4.8", "adobe_commerce_2.4.9", "magento_open_source_2.4.6"])
def test_every_edition_has_what_is_asked_for(name: str) -> None:
    """Each method and path that we use is described for the cloud edition, and for every other line we support."""
    path = SCHEMA.with_name(f"{name}.json")
    if not path.is_file():
        pytest.skip(f"Magento's schema is not at hand ({path.name} in ../shared/schemas/magento)")
    paths = json.loads(path.read_text(encoding="utf-8"))["paths"]
    known = {(method, _bare(one)) for one, held in paths.items() for method in held}
    assert [(method, one) for method, one in ASKED if (method, _bare(one)) not in known] == []


def _bare(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)

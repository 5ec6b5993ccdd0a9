"""The sandbox's handshake is the captured one: the same request is let in, and the answers are of the same kind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, quote

import pytest
from flask.testing import FlaskClient

from plugin.sandbox.magento import oauth
from plugin.sandbox.magento.server import application
from plugin.sandbox.magento.store import MagentoStore
from tests.platforms.magento import captures

NOW = datetime(2026, 11, 22, 2, 36, 11, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MagentoStore]:
    """A store that takes the captured one's address for its own."""
    made = MagentoStore(tmp_path / "magento.db", now=lambda: NOW)
    yield made
    made.close()


@pytest.mark.parametrize("name", captures.HANDSHAKES)
def test_a_captured_handshake_is_answered_alike(store: MagentoStore, name: str) -> None:
    """What is posted has the captured fields; the captured signature is let in; the same exchange is refused the second time."""
    held = captures.handshake(name)
    posted = dict(parse_qsl(held["callback_post"]["body"]))
    base = posted["store_base_url"]
    consumer = posted["oauth_consumer_key"], posted["oauth_consumer_secret"]
    made = store.add_integration("Regulars", callback="http://127.0.0.1:18999/callback", consumer=consumer)
    assert not made.active
    told = store.activate(made.consumer_key).hello(base)
    assert {name: len(value) for name, value in told.items()} == {name: len(value) for name, value in posted.items()}
    client, (first, second, third) = application(store).test_client(), held["exchange"]
    kept = _alike(client, base, "request", first[4], first)
    head = _signed(f"{base}oauth/token/access", consumer, kept, told["oauth_verifier"])
    _alike(client, base, "access", head, second)
    again = client.post("/oauth/token/access", base_url=base, headers={"Authorization": head})
    assert (again.status_code, again.text) == (third[1], third[2])


@pytest.mark.parametrize("part", ["oauth_signature", "oauth_consumer_key"])
def test_an_exchange_that_is_not_signed_by_the_consumer_is_refused(store: MagentoStore, part: str) -> None:
    """Neither another signature nor another key gets a token, and no answer to it is JSON."""
    made = store.add_integration("Regulars", callback="http://127.0.0.1:18999/callback")
    store.activate(made.consumer_key)
    consumer = made.consumer_key, made.consumer_secret
    head = _signed("http://127.0.0.1/oauth/token/request", consumer, {}, "")
    real = dict(oauth.header({"Authorization": head}))[part]
    wrong = head.replace(quote(real, safe="~"), "x" * 32)
    client = application(store).test_client()
    refused = client.post("/oauth/token/request", base_url="http://127.0.0.1", headers={"Authorization": wrong})
    assert refused.status_code == 401
    assert refused.text.startswith("oauth_problem=")
    taken = client.post("/oauth/token/request", base_url="http://127.0.0.1", headers={"Authorization": head})
    assert taken.status_code == 200


def _alike(client: FlaskClient, base: str, kind: str, head: str, real: list[str]) -> dict[str, str]:
    answer = client.post(f"/oauth/token/{kind}", base_url=base, headers={"Authorization": head})
    ours, theirs = dict(parse_qsl(answer.text)), dict(parse_qsl(real[3]))
    assert (answer.status_code, answer.headers["Content-Type"]) == (real[1], real[2])
    assert {name: len(value) for name, value in ours.items()} == {name: len(value) for name, value in theirs.items()}
    return ours


def _signed(url: str, consumer: tuple[str, str], token: dict[str, str], verifier: str) -> str:
    told = {
        "oauth_consumer_key": consumer[0], "oauth_signature_method": oauth.METHOD, "oauth_nonce": "n1",
        "oauth_timestamp": str(int(NOW.timestamp())), "oauth_version": "1.0",
    }  # fmt: skip
    if token:
        told |= {"oauth_token": token["oauth_token"], "oauth_verifier": verifier}
    secret = token.get("oauth_token_secret", "")
    told["oauth_signature"] = oauth.sign("POST", url, list(told.items()), consumer[1], secret)
    return "OAuth " + ", ".join(f'{name}="{quote(value, safe="~")}"' for name, value in told.items())

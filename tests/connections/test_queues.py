"""Amazon's queue and Google's push fill the same inbox as HTTPS does: once each, and only what is Shopify's."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from flask.testing import FlaskClient
from jwt.algorithms import RSAAlgorithm
from moto.server import ThreadedMotoServer
from sqlalchemy import select

from plugin import assembly
from plugin.cli import listening
from plugin.google_tokens import GoogleTokens
from storage.tables import inbox
from tests.connections.conftest import DOMAIN, SECRET, World, line
from tests.platforms.loopback import answers, store
from webhooks import pubsub
from webhooks.envelopes import BadEnvelope, from_eventbridge, from_pubsub
from webhooks.keeper import Keeper
from webhooks.shopify import signature

ORDER = {
    "id": 820982911946154508,
    "updated_at": "2026-03-02T10:00:00-05:00",
    "total_price": "10.00",
    "rate": 159.99,
    "名": "ü",
}
ACCOUNT, AUDIENCE = "push@project.iam.gserviceaccount.com", "https://regulars.example.com/webhooks/shopify-pubsub"
KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


def _headers(number: int = 1, **changed: str) -> dict[str, str]:
    told = {
        "Topic": "orders/create", "Shop-Domain": DOMAIN, "Webhook-Id": f"w{number}", "API-Version": "2026-10",
        "Triggered-At": "2026-03-02T15:00:00.123456Z", **changed,
    }  # fmt: skip
    return {f"X-Shopify-{name}": value for name, value in told.items()}


def _event(number: int = 1, **changed: str) -> str:
    detail = {"payload": {**ORDER, "number": number}, "metadata": _headers(number, **changed)}
    return json.dumps({"version": "0", "id": "e", "detail-type": "shopifyWebhook", "detail": detail})


def _message(number: int = 1, **changed: str) -> dict[str, Any]:
    data = base64.b64encode(json.dumps(ORDER).encode()).decode()
    return {"message": {"data": data, "attributes": _headers(number, **changed), "messageId": "m"}, "subscription": "s"}


def _kept(world: World) -> list[tuple[str, str]]:
    with world.runtime.database.reading() as db:
        return [(row.delivery_id, row.topic) for row in db.execute(select(inbox).order_by(inbox.c.delivery_row))]


# ---- Amazon


@pytest.fixture(scope="module")
def amazon() -> Iterator[str]:
    """A service that speaks SQS, on this machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def queue(amazon: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, str]:
    """An empty queue and a client of it."""
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
    ):
        monkeypatch.setenv(name, value)
    client = boto3.client("sqs", endpoint_url=amazon)
    address = client.create_queue(QueueName="deliveries", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    client.purge_queue(QueueUrl=address)
    return client, address


def test_what_eventbridge_puts_into_a_queue_reaches_the_inbox(world: World, queue: tuple[Any, str]) -> None:
    """The command takes all of it, once each, and leaves in the queue what it cannot read."""
    client, address = queue
    for text in [*(_event(number % 12) for number in range(24)), _event(99, Topic="themes/update"), "nonsense"]:
        client.send_message(QueueUrl=address, MessageBody=text)
    # hidden for a while, so that what stays is not given out again and again
    client.set_queue_attributes(QueueUrl=address, Attributes={"VisibilityTimeout": "600"})
    keeper = Keeper(world.runtime.database)
    heard = assembly.ear(world.runtime, keeper.keep)
    listening._listen(client, address, heard, threading.Event(), until_empty=True)
    keeper.close()

    assert sorted(_kept(world)) == sorted((f"w{number}", "orders/create") for number in range(12))
    left = client.get_queue_attributes(QueueUrl=address, AttributeNames=["All"])["Attributes"]
    assert int(left["ApproximateNumberOfMessages"]) + int(left["ApproximateNumberOfMessagesNotVisible"]) == 2


def test_a_message_is_done_with_when_it_is_durable_and_not_before(world: World) -> None:
    """Known ones and those of strangers are done with too; while nothing can be kept they stay."""
    keeper = Keeper(world.runtime.database)
    heard = assembly.ear(world.runtime, keeper.keep)
    assert [
        listening.taken(heard, text) for text in (_event(), _event(), _event(**{"Shop-Domain": "no.myshopify.com"}))
    ]
    for bent in (_event(Topic="orders"), _event(**{"Webhook-Id": ""}), "{}", "", "[" * 5000):
        assert not listening.taken(heard, bent)
    keeper.close()
    assert not listening.taken(heard, _event(2))
    assert _kept(world) == [("w1", "orders/create")]


# ---- Google


@pytest.fixture
def push(world: World) -> Iterator[FlaskClient]:
    """Google, which signs with a key that it tells at an address on this machine."""
    key = json.loads(RSAAlgorithm.to_jwk(KEY.public_key())) | {"kid": "one", "alg": "RS256", "use": "sig"}
    keeper = Keeper(world.runtime.database)
    with store(answers({"keys": [key]})) as google:
        tokens = GoogleTokens(
            line=line(),
            audience=AUDIENCE,
            account=ACCOUNT,
            now=world.clock,
            monotonic=lambda: 0.0,
            keys_at=google.origin,
        )
        web = assembly.web(world.runtime)
        door = pubsub.blueprint(assembly.ear(world.runtime, keeper.keep), proves=tokens.proves)
        web.app._got_first_request = False
        web.app.register_blueprint(door)
        yield web.app.test_client()
        web.close()
    keeper.close()


def _token(world: World, *, key: rsa.RSAPrivateKey = KEY, head: dict[str, Any] | None = None, **changed: Any) -> str:
    seconds = int(world.clock.at.timestamp())
    claims = {
        "iss": "https://accounts.google.com", "aud": AUDIENCE, "email": ACCOUNT, "email_verified": True, "sub": "1",
        "iat": seconds, "exp": seconds + 3600, **changed,
    }  # fmt: skip
    told = {name: value for name, value in claims.items() if value is not ...}
    return jwt.encode(told, key, algorithm="RS256", headers={"kid": "one", **(head or {})})


def _pushes(push: FlaskClient, token: str, message: Any) -> int:
    return push.post(pubsub.ADDRESS, json=message, headers={"Authorization": f"Bearer {token}"}).status_code


def test_what_google_pushes_reaches_the_inbox(world: World, push: FlaskClient) -> None:
    """Once each; what cannot be read is refused, so that the subscription sets it aside."""
    assert [_pushes(push, _token(world), _message()) for _ in range(2)] == [200, 200]
    assert _kept(world) == [("w1", "orders/create")]
    for bent in ({}, {"message": {"data": "é", "attributes": {}}}, {"message": {"data": ""}}, [], {"message": 1}):
        assert 400 <= _pushes(push, _token(world), bent) < 500


def test_a_push_that_google_did_not_sign_for_us_is_refused(world: World, push: FlaskClient) -> None:
    """Another key, algorithm, address, account, time, or a claim that is missing: 401, and nothing is kept."""
    seconds = int(world.clock.at.timestamp())
    bad = [
        "", "x.y.z", _token(world, key=OTHER_KEY), _token(world, head={"kid": "two"}),
        _token(world, aud="https://other.example.com"), _token(world, email="other@project.iam.gserviceaccount.com"),
        _token(world, email_verified=False), _token(world, iss="https://evil.example"), _token(world, exp=seconds - 61),
        _token(world, iat=seconds + 61), _token(world, exp=...), _token(world, email=...), _token(world, exp="9"),
        jwt.encode({"aud": AUDIENCE, "email": ACCOUNT}, "s" * 32, algorithm="HS256", headers={"kid": "one"}), "a" * 1_000_000,
    ]  # fmt: skip
    assert {_pushes(push, token, _message()) for token in bad} == {401}
    assert push.post(pubsub.ADDRESS, json=_message()).status_code == 401
    assert _kept(world) == []


def test_without_an_account_there_is_no_such_address(world: World) -> None:
    """Nobody can push who was not named; with one the address is there and asks for a token."""
    for account, status in (("", 404), (ACCOUNT, 401)):
        web = assembly.web(replace(world.runtime, config=replace(world.runtime.config, pubsub_account=account)))
        assert web.app.test_client().post(pubsub.ADDRESS, json=_message()).status_code in {
            status,
            405 if not account else 401,
        }
        web.close()


# ---- both


def test_the_letter_in_the_envelope_is_the_delivery() -> None:
    """Headers and values are those that HTTPS would have brought."""
    for letter in (from_eventbridge(_event()), from_pubsub(json.dumps(_message()).encode())):
        assert json.loads(letter.body) in (ORDER, {**ORDER, "number": 1})
        assert letter.headers == _headers()


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{}", '{"detail":1}', '{"detail":{"payload":[],"metadata":{}}}', "\ud800"]
)
def test_what_is_no_envelope_is_refused(text: str) -> None:
    """One error, which repeats nothing."""
    with pytest.raises(BadEnvelope):
        from_eventbridge(text)
    with pytest.raises(BadEnvelope):
        from_pubsub(text.encode("utf-8", "surrogatepass"))


def test_an_event_is_heard_under_its_own_family_of_headers(world: World) -> None:
    """Without a prefix, with the kind of thing as topic; the order is fetched, since an event does not say how it stands."""
    told = {"topic": "Order", "action": "update", "handle": "orders", "fields_changed": {
        "added": [], "removed": [], "updated": ["order[id: 'gid://shopify/Order/820982911946154508'].totalPriceSet"],
    }}  # fmt: skip
    raw = json.dumps(told).encode()
    heads = {
        "shopify-topic": "Order", "shopify-shop-domain": DOMAIN, "shopify-webhook-id": "e1", "shopify-action": "update",
        "shopify-handle": "orders", "shopify-hmac-sha256": signature.sign(raw, SECRET).decode(),
    }  # fmt: skip
    web = assembly.web(world.runtime)
    browser = web.app.test_client()
    statuses = [
        browser.post(f"/webhooks/shopify/{topic}", data=raw, headers=heads).status_code
        for topic in ("orders/updated", "orders/updated", "customers/update", "shop/redact")
    ]
    web.close()

    assert statuses == [200, 200, 401, 401]
    assert _kept(world) == [("e1", "orders/updated")]

"""The addresses of Magento's deliveries, over Flask's own client: who is believed, what is kept, what is answered."""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from storage.inbox import Delivery
from tests.webhooks import bodies
from webhooks import views
from webhooks.hearing import Ear, Sender
from webhooks.keeper import CannotKeep
from webhooks.magento import signature

CONNECTION = "0123456789abcdef0123456789abcdef"
SECRET = "what-the-modules-sign-with"
ADOBE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEY_PATH = "/prod/keys/pub-key-2A6sVS2.pem"
HINT = json.dumps({"data": {"entity_id": 18}}).encode()
EVENT = json.dumps({
    "type": "com.adobe.commerce.observer.sales_order_save_commit_after",
    "recipientclientid": "client", "data": {"value": {"entity_id": "18"}},
}).encode()  # fmt: skip


class Opened:
    """A door, and what came through it."""

    def __init__(self, *, shop_id: int | None = 7, full: bool = False) -> None:
        self.kept: dict[str, Delivery] = {}
        self.outcomes: Counter[str] = Counter()
        self.logged: list[tuple[str, str, str]] = []
        self.full = full
        sender = Sender(shop_id=shop_id, domain="shop.example", secrets=(SECRET,), adobe_client_id="client")
        pem = ADOBE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        ear = Ear(
            topics=frozenset(), secrets_for=lambda _p, _d: (), shop_id_of=lambda _p, _d: None, keep=self._keep,
            now=lambda: bodies.RECEIVED, count=lambda outcome: self.outcomes.update([outcome]),
            magento_topics=frozenset({"sales.order.created", "adobe", "order"}),
            sender_of=lambda one: sender if one == CONNECTION else None,
            adobe_key=lambda path: pem if path == KEY_PATH else None,
            log=lambda *what: self.logged.append(what),
        )  # fmt: skip
        app = Flask(__name__)
        app.register_blueprint(views.blueprint(ear))
        self.client = app.test_client()

    def _keep(self, delivery: Delivery) -> bool:
        if self.full:
            raise CannotKeep
        return self.kept.setdefault(delivery.delivery_id, delivery) is delivery

    def post(self, topic: str, raw: bytes, headers: dict[str, str], connection: str = CONNECTION) -> int:
        return self.client.post(f"/webhooks/magento/{connection}/{topic}", data=raw, headers=headers).status_code


def signed(raw: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-Magento-Signature": signature.sign(raw, secret)}


def by_adobe(raw: bytes) -> dict[str, str]:
    fits = b64encode(ADOBE.sign(raw, PKCS1v15(), SHA256())).decode()
    return {
        "X-Adobe-Digital-Signature-1": b64encode(b"of a key that is gone").decode(),
        "X-Adobe-Digital-Signature-2": fits,
        "X-Adobe-Public-Key1-Path": "/prod/keys/pub-key-gone.pem",
        "X-Adobe-Public-Key2-Path": KEY_PATH,
    }


@pytest.mark.parametrize(
    ("topic", "raw", "headers"),
    [
        ("sales.order.created", HINT, signed(HINT)),
        ("order", HINT, {"X-Regulars-Signature": signature.sign(HINT, SECRET)}),
        ("order", HINT, {"X-Regulars-Secret": SECRET}),
        ("adobe", EVENT, by_adobe(EVENT)),
    ],
)
def test_what_is_proved_is_kept_once(topic, raw, headers):
    """A proved delivery of each kind is 200 and kept byte for byte; replayed it is 200 and nothing new."""
    door = Opened()
    assert [door.post(topic, raw, headers) for _ in range(3)] == [200] * 3
    (kept,) = door.kept.values()
    assert (kept.shop_id, kept.topic, kept.body) == (7, f"magento/{topic}", raw)
    assert door.outcomes == {"kept": 1, "known": 2}


@pytest.mark.parametrize(
    "headers",
    [
        {}, signed(HINT, "another"), {"X-Regulars-Secret": "another"}, {"X-Magento-Signature": "ü"},
        {**signed(HINT, "another"), "X-Regulars-Secret": SECRET}, by_adobe(EVENT),
    ],
)  # fmt: skip
def test_what_is_not_proved_is_refused_and_leaves_nothing(headers):
    """Without a proof, or with a stronger one that fails, the answer is 401 and nothing is kept or logged of it."""
    door = Opened()
    assert door.post("order", HINT, headers) == 401
    assert not door.kept
    assert door.logged == [("bad_signature", "order", "-")]


def test_an_address_that_nobody_has_looks_like_a_wrong_secret():
    """Whoever guesses addresses cannot tell one that is used from one that is not."""
    door = Opened()
    for connection in ("f" * 32, "no-connection", "0"):
        assert door.post("order", HINT, signed(HINT), connection) == 401
    assert door.client.get(f"/webhooks/magento/{'f' * 32}/adobe?challenge=abc").status_code == 404


def test_adobe_signs_for_everybody_so_the_body_must_mean_us():
    """An event that is truly Adobe's and meant for another client is refused."""
    raw = EVENT.replace(b'"client"', b'"someone-else"')
    assert Opened().post("adobe", raw, by_adobe(raw)) == 401


def test_adobes_question_is_answered():
    """The challenge at registration comes back as plain text; one that is no challenge does not."""
    door = Opened()
    answer = door.client.get(f"/webhooks/magento/{CONNECTION}/adobe?challenge=8ec8d794-e0ab")
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "8ec8d794-e0ab", "text/plain")
    assert door.client.get(f"/webhooks/magento/{CONNECTION}/adobe?challenge=<b>").status_code == 404


def test_a_topic_that_nobody_reads_a_store_that_left_and_a_full_disk_have_their_own_answers():
    """404 for a topic that is not read, 200 and nothing kept once the store is gone, 503 to come again later."""
    assert Opened().post("sales.unheard.of", HINT, signed(HINT)) == 404
    gone = Opened(shop_id=None)
    assert gone.post("order", HINT, signed(HINT)) == 200
    assert not gone.kept
    full = Opened(full=True)
    answer = full.client.post(f"/webhooks/magento/{CONNECTION}/order", data=HINT, headers=signed(HINT))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


@given(st.text(max_size=40), st.text(max_size=40), st.binary(max_size=40))
def test_nothing_that_comes_is_an_error_of_ours(connection: str, topic: str, raw: bytes):
    """Any address and body is answered with one of the promised answers."""
    door: Any = Opened()
    address = f"/webhooks/magento/{connection}/{topic}".replace("?", "").replace("#", "")
    assert door.client.post(address, data=raw).status_code in {401, 404, 405}

"""The door over real HTTP: who is heard, what is answered, what is kept."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from sqlalchemy import select

from storage.engine import Database
from storage.inbox import Delivery
from storage.tables import inbox
from tests.webhooks import bodies, door
from tests.webhooks.door import DOMAIN, OLD, TOPICS, Door, request_bytes, signed
from webhooks.hearing import OUTCOMES, SHOP_IN_BODY
from webhooks.keeper import CannotKeep
from webhooks.shopify import signature
from webhooks.shopify.translate import TRANSLATORS

BODY = bodies.raw("order")
COMPLIANCE = {
    "customers/data_request": "customer_data_request",
    "customers/redact": "customer_redact",
    "shop/redact": "shop_redact",
}
VERSIONS = ("order", "refund", "customer")
MEANT_AGAIN = (
    "customer_data_request", "customer_deleted", "customer_redact", "customers_merged", "order_edited", "order_id_only",
    "shop", "shop_redact",
)  # fmt: skip


def kept(database: Database) -> list[Any]:
    """The rows of the inbox, in the order of arrival."""
    with database.reading() as db:
        return list(db.execute(select(inbox).order_by(inbox.c.delivery_row)))


def test_every_declared_topic_is_read() -> None:
    """The topics of the manifest are exactly those that the intake can read."""
    assert set(TRANSLATORS) == TOPICS


def test_a_delivery_is_kept_byte_for_byte(open_door: Door, sqlite_database: Database, quiet_goods: int) -> None:
    """200 means that the raw bytes and what the headers say are in the inbox."""
    answer = open_door.post("orders/create", BODY, webhook_id="w-1")

    (row,) = kept(sqlite_database)
    assert (answer.status, answer.text) == (200, "kept\n")
    assert zlib.decompress(row.body) == BODY
    assert (row.shop_id, row.delivery_id, row.topic) == (quiet_goods, "w-1", "orders/create")
    assert (row.triggered_at, row.received_at) == (bodies.TRIGGERED, bodies.RECEIVED)
    assert (row.api_version, row.event_id) == ("2026-10", "98880550-7158-44d4-b7cd-2c97c8a091b5")
    assert open_door.outcomes == {"kept": 1}
    assert open_door.logged == []


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_every_topic_is_kept(open_door: Door, sqlite_database: Database, topic: str) -> None:
    """Each topic of the manifest has its address, and is kept whatever its body, if that names no other shop."""
    answer = open_door.post(topic, f'{{"id":1,"{SHOP_IN_BODY.get(topic, "x")}":"{DOMAIN}"}}'.encode())

    assert (answer.status, len(kept(sqlite_database))) == (200, 1)


def test_the_same_delivery_again_is_known(open_door: Door, sqlite_database: Database) -> None:
    """A second delivery with the same id is answered 200 and changes nothing."""
    answers = [open_door.post("orders/create", BODY, webhook_id="w-1") for _ in range(3)]

    assert [answer.text for answer in answers] == ["kept\n", "known\n", "known\n"]
    assert len(kept(sqlite_database)) == 1


@pytest.mark.parametrize("name", VERSIONS)
def test_the_same_event_under_another_id_is_known(open_door: Door, sqlite_database: Database, name: str) -> None:
    """A version that is told again under a new webhook id is answered 200 and kept once; under another topic it is new."""
    topic = bodies.topic_of(name)
    answers = [open_door.post(topic, bodies.raw(name)) for _ in range(3)]

    assert [answer.text for answer in answers] == ["kept\n", "known\n", "known\n"]
    assert len(kept(sqlite_database)) == 1
    assert open_door.post("orders/paid", bodies.raw(name)).text == "kept\n"


@pytest.mark.parametrize("name", MEANT_AGAIN)
def test_what_may_be_meant_again_is_kept_again(open_door: Door, sqlite_database: Database, name: str) -> None:
    """Deleting, merging, requests about privacy and bodies without a version count each time they come."""
    topic = bodies.topic_of(name)
    domain = {SHOP_IN_BODY[topic]: DOMAIN} if topic in SHOP_IN_BODY else {}
    raw = json.dumps(bodies.body(name) | domain).encode()

    assert [open_door.post(topic, raw).text for _ in range(2)] == ["kept\n", "kept\n"]
    assert len(kept(sqlite_database)) == 2


def test_the_old_secret_is_still_good(open_door: Door) -> None:
    """For an hour after a rotation Shopify signs with the old secret."""
    assert open_door.post("orders/create", BODY, secret=OLD).status == 200


def test_the_events_family_of_headers_is_heard(open_door: Door) -> None:
    """The un-prefixed headers of Shopify's events say the same."""
    headers = {name.replace("X-Shopify-", "shopify-"): value for name, value in signed("orders/create", BODY).items()}
    raw = request_bytes([*headers.items(), ("Content-Length", str(len(BODY)))], BODY)

    assert open_door.write(raw).startswith(b"HTTP/1.1 200")


BAD: dict[str, dict[str, Any]] = {
    "wrong secret": {"secret": "shpss_other"},
    "empty secret": {"secret": ""},
    "missing": {"hmac_sha256": None},
    "empty": {"hmac_sha256": ""},
    "non-ASCII": {"hmac_sha256": "é" * 44},
    "not base64": {"hmac_sha256": "*" * 44},
    "hex instead": {"hmac_sha256": "a" * 64},
    "a scheme before it": {"hmac_sha256": "sha256=" + signature.sign(BODY, door.NEW).decode()},
    "twice in one": {"hmac_sha256": ",".join([signature.sign(BODY, door.NEW).decode()] * 2)},
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_signature_is_401(open_door: Door, sqlite_database: Database, name: str) -> None:
    """On every address, known or not, and whatever else is wrong, a bad signature is 401 and nothing is kept."""
    topics = ("orders/create", "products/update", "", *COMPLIANCE)

    answers = {open_door.post(topic, BODY, **BAD[name])[:2] for topic in topics}

    assert answers == {(401, "bad signature\n")}
    assert kept(sqlite_database) == []
    assert open_door.outcomes == {"bad_signature": len(topics)}


def test_nothing_of_a_stranger_is_logged(open_door: Door) -> None:
    """An unproved topic or shop does not get into the log."""
    open_door.post("forged/entry", BODY, secret="no", shop_domain="forged.example")

    assert open_door.logged == [("bad_signature", "-", "-")]


def test_a_doubled_signature_is_401(open_door: Door, sqlite_database: Database) -> None:
    """Two signature headers, the good one first or last, are none."""
    for extra in (signature.sign(BODY, door.NEW).decode(), "AAAA"):
        headers = [*signed("orders/create", BODY).items(), ("X-Shopify-Hmac-Sha256", extra)]
        raw = request_bytes([*headers, ("Content-Length", str(len(BODY)))], BODY)
        assert open_door.write(raw).startswith(b"HTTP/1.1 401")
        raw = request_bytes([*reversed(headers), ("Content-Length", str(len(BODY)))], BODY)
        assert open_door.write(raw).startswith(b"HTTP/1.1 401")

    assert kept(sqlite_database) == []


def test_an_unknown_topic_is_404_for_those_who_may_ask(open_door: Door, sqlite_database: Database) -> None:
    """Only a good signature learns which addresses there are."""
    for topic in ("products/update", "orders//create", "orders/create/x", "ORDERS/CREATE"):
        assert open_door.post(topic, BODY).status == 404
    assert open_door.post("", BODY, path="/webhooks/shopify").status == 404
    assert open_door.post("", BODY, path="/webhooks/shopify/").status == 404
    assert kept(sqlite_database) == []


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("webhook_id", None),
        ("webhook_id", ""),
        ("webhook_id", "x" * 256),
        ("webhook_id", "é"),
        ("topic", None),
        ("shop_domain", None),
        ("shop_domain", "a,b"),
        ("shop_domain", "../etc"),
        ("shop_domain", "quiet goods"),
    ],
)
def test_a_header_that_is_needed_is_400(open_door: Door, sqlite_database: Database, header: str, value: str) -> None:
    """Signed, but without a webhook id, topic or shop that can be used."""
    assert open_door.post("orders/create", BODY, **{header: value}).status == 400
    assert kept(sqlite_database) == []


@pytest.mark.parametrize("name", ["api_version", "event_id", "triggered_at"])
@pytest.mark.parametrize("value", [None, "é", "x" * 300, "2026-13-45T00:00:00Z"])
def test_other_headers_are_not_needed(open_door: Door, sqlite_database: Database, name: str, value: str) -> None:
    """The rest is kept where it is there and sound, and missed by nobody."""
    assert open_door.post("orders/create", BODY, **{name: value}).status == 200

    told = kept(sqlite_database)[0]._mapping[name]
    assert told is None or (told == value and name != "triggered_at")


def test_the_topic_must_be_the_addresses(open_door: Door, sqlite_database: Database) -> None:
    """The topic is not signed: a header that contradicts the address is 401."""
    assert open_door.post("orders/create", BODY, topic="shop/redact").status == 401
    assert open_door.post("shop/redact", bodies.raw("shop_redact"), topic="orders/create").status == 401
    assert kept(sqlite_database) == []


@pytest.mark.parametrize("topic", sorted(SHOP_IN_BODY))
def test_the_shop_must_be_the_bodys(open_door: Door, sqlite_database: Database, topic: str) -> None:
    """The shop is not signed: a body that names another shop than the header touches neither."""
    name = COMPLIANCE.get(topic, "shop")
    raw = bodies.raw(name).replace(DOMAIN.encode(), b"loud-goods.myshopify.com")

    assert open_door.post(topic, raw).status == 401
    assert kept(sqlite_database) == []
    assert open_door.post(topic, bodies.raw(name).replace(DOMAIN.encode(), DOMAIN.upper().encode())).status == 200


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b'{"shop_domain":5}', b"[" * 100_000])
def test_what_cannot_be_read_is_kept(open_door: Door, sqlite_database: Database, raw: bytes) -> None:
    """A signed body that nobody understands is kept, to be set aside with its reason later."""
    assert open_door.post("shop/redact", raw).status == 200
    assert zlib.decompress(kept(sqlite_database)[0].body) == raw


def test_an_unknown_shop_is_a_number(open_door: Door, sqlite_database: Database) -> None:
    """A signed delivery of a shop that has not installed us is 200, counted, and not kept."""
    answer = open_door.post("orders/create", BODY, shop_domain="loud-goods.myshopify.com")

    assert (answer.status, kept(sqlite_database)) == (200, [])
    assert open_door.outcomes == {"unknown_shop": 1}
    assert open_door.logged == [("unknown_shop", "orders/create", "loud-goods.myshopify.com")]


def test_shop_domains_have_no_case(open_door: Door, sqlite_database: Database) -> None:
    """The header's domain is the shop's in any case of letters."""
    assert open_door.post("orders/create", BODY, shop_domain=DOMAIN.title()).status == 200
    assert len(kept(sqlite_database)) == 1


def test_what_cannot_be_kept_is_503(quiet_goods: int) -> None:
    """No 200 without durability: the store is asked to come again."""

    def refuse(_delivery: Delivery) -> bool:
        raise CannotKeep("too many wait")

    with door.opened(refuse, shop_id=quiet_goods) as shut:
        answer = shut.post("orders/create", BODY)

    assert (answer.status, answer.text) == (503, "cannot keep\n")
    assert int(answer.headers["Retry-After"]) > 0
    assert shut.outcomes == {"cannot_keep": 1}


def test_answers_are_plain_and_small() -> None:
    """Every outcome has one status, and a name to be counted by."""
    assert len({outcome.name for outcome in OUTCOMES}) == len(OUTCOMES)
    assert {outcome.status for outcome in OUTCOMES} == {200, 400, 401, 404, 413, 503}

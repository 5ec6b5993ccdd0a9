"""Webhooks signed and delivered: every header, every body, duplicates, disorder, failures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import re
from collections import Counter

import pytest

from plugin.sandbox.postman import Chaos, Delivered, Postman
from tests.sandbox.conftest import DOMAIN, SECRET, TOPICS


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def shop(make_store, receiver):
    made = make_store(app_url=receiver.url)
    made.subscribe({topic: f"/webhooks/shopify/{topic}" for topic in TOPICS})
    return made


@pytest.fixture
def postman(shop, pauses):
    made = Postman(shop, threads=2, timeout=5.0, sleep=pauses.append)
    yield made
    made.close()


def ids(receiver):
    return [headers["x-shopify-webhook-id"] for _, headers, _ in receiver.got]


def test_a_delivery_proves_who_sent_it(shop, postman, receiver):
    """The signature holds over the raw bytes, and every documented header is there."""
    shop.add_customer(7, "Björn Müller")
    assert postman.deliver() == Delivered(sent=1, duplicates=0, failed=0, lost=0)
    ((path, headers, body),) = receiver.got
    signed = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    assert path == "/webhooks/shopify/customers/create"
    assert headers["x-shopify-hmac-sha256"] == signed
    assert headers["x-shopify-topic"] == "customers/create"
    assert headers["x-shopify-shop-domain"] == DOMAIN
    assert headers["x-shopify-api-version"] == "2026-10"
    assert re.fullmatch(r"2026-03-01T12:00:00\.\d{6}Z", headers["x-shopify-triggered-at"])
    assert re.fullmatch(r"[0-9a-f-]{36}", headers["x-shopify-webhook-id"])
    assert headers["content-type"] == "application/json"
    assert json.loads(body)["last_name"] == "Müller"


def test_one_event_many_deliveries(shop, postman, receiver):
    """Deliveries of one event share its id and have each their own; another event has another."""
    shop.checkout(customer_id=None, total="1.00")
    shop.checkout(customer_id=None, total="1.00")
    postman.deliver()
    events = Counter(headers["x-shopify-event-id"] for _, headers, _ in receiver.got)
    assert sorted(events.values()) == [2, 2]
    assert len(set(ids(receiver))) == 4


def test_what_fails_is_tried_again_with_the_same_id(shop, postman, receiver, pauses):
    """A delivery that was answered 500 and 302 comes again, the same in every byte, with growing pauses."""
    receiver.decide = lambda count: {1: 500, 2: 302}.get(count, 200)
    shop.add_customer(7, "A B")
    assert postman.deliver() == Delivered(sent=1, duplicates=0, failed=0, lost=0)
    assert len(set(ids(receiver))) == 1
    assert len({body for _, _, body in receiver.got}) == 1
    assert pauses == [0.05, 0.1]


def test_after_eight_tries_it_stays_queued(shop, postman, receiver):
    """What the app never accepts is not lost: the next round brings it."""
    receiver.decide = lambda _: 503
    shop.add_customer(7, "A B")
    assert postman.deliver() == Delivered(sent=0, duplicates=0, failed=1, lost=0)
    assert len(receiver.got) == 8
    receiver.decide = lambda _: 200
    assert postman.deliver().sent == 1
    assert postman.deliver().sent == 0


def test_nobody_there(make_store, pauses):
    """An app that does not listen gets its deliveries later."""
    shop = make_store(app_url="http://127.0.0.1:9")
    shop.subscribe({"customers/create": "/hook"})
    shop.add_customer(7, "A B")
    postman = Postman(shop, sleep=pauses.append)
    assert postman.deliver().failed == 1
    postman.close()


def test_a_retry_goes_where_it_was_to_go_at_first(shop, postman, receiver):
    """The address is the one of the time when the event happened."""
    shop.add_customer(7, "A B")
    shop.subscribe({"customers/create": "/elsewhere"})
    shop.add_customer(8, "A B")
    postman.deliver()
    assert sorted(path for path, _, _ in receiver.got) == ["/elsewhere", "/webhooks/shopify/customers/create"]


def test_chaos_sends_twice_and_in_disorder_but_loses_nothing(shop, postman, receiver):
    """Duplicates carry the same id; each delivery arrives at least once; the same seed makes the same chaos."""
    for number in range(60):
        shop.add_customer(number + 1, "A B")
    done = postman.deliver(chaos=Chaos(rng=random.Random(1), duplicate_share=0.5, shuffle=True))
    times = Counter(ids(receiver))
    assert len(times) == 60
    assert done == Delivered(sent=60, duplicates=sum(times.values()) - 60, failed=0, lost=0)
    assert 15 < done.duplicates < 45
    order = [json.loads(body)["id"] for _, _, body in receiver.got]
    assert order != sorted(order)


def test_chaos_loses_what_it_says(shop, postman, receiver):
    """Lost deliveries are counted and never come."""
    for number in range(60):
        shop.add_customer(number + 1, "A B")
    done = postman.deliver(chaos=Chaos(rng=random.Random(1), lose_share=0.5))
    assert done.sent + done.lost == 60
    assert 15 < done.lost < 45
    assert len(receiver.got) == done.sent
    assert postman.deliver().sent == 0


def test_connections_are_kept(shop, postman, receiver):
    """Many deliveries need few connections."""
    for number in range(30):
        shop.add_customer(number + 1, "A B")
    postman.deliver()
    assert len(receiver.connections) <= 2

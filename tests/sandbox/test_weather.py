"""Failures to order, and what is true after them."""

from __future__ import annotations

import random

import pytest
import requests

from plugin.sandbox.weather import Mishap, Weather
from tests.sandbox.conftest import CUSTOMER
from tests.sandbox.documents import CREATE, FIND, discount


def exists(client):
    return client.ask(FIND, code="REG-ABC123")["codeDiscountNodeByCode"] is not None


@pytest.fixture
def impatient(client):
    client.exchange()
    client.timeout = 0.4
    yield client
    client.store.weather.clear()


@pytest.mark.parametrize(("mishap", "done"), [(Mishap.TIMEOUT_BEFORE, False), (Mishap.TIMEOUT_AFTER, True)])
def test_no_answer_in_time(impatient, store, mishap, done):
    """The caller runs out of time; the discount exists only when the mishap came after it was made."""
    store.weather.expect(mishap, only="discountCodeBasicCreate")
    with pytest.raises(requests.exceptions.ReadTimeout):
        impatient.post(CREATE, input=discount(CUSTOMER))
    assert exists(impatient) is done


@pytest.mark.parametrize(("mishap", "done"), [(Mishap.RESET, False), (Mishap.LOST_ANSWER, True)])
def test_a_broken_connection(client, store, mishap, done):
    """The connection ends without an answer, before or after the effect."""
    client.exchange()
    store.weather.expect(mishap, only="discountCodeBasicCreate")
    with pytest.raises(requests.exceptions.ConnectionError):
        client.post(CREATE, input=discount(CUSTOMER))
    assert exists(client) is done


@pytest.mark.parametrize(
    ("mishap", "status", "done"),
    [(Mishap.SERVER_ERROR, 503, False), (Mishap.BAD_GATEWAY, 502, True), (Mishap.TOO_MANY, 429, False)],
)
def test_errors_of_gateways(client, store, mishap, status, done):
    """Errors come as HTML with their status, whatever became of the call."""
    client.exchange()
    store.weather.expect(mishap)
    answer = client.post(CREATE, input=discount(CUSTOMER))
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert exists(client) is done


def test_read_lag_hides_a_discount_once(client, store):
    """A look-up that lags finds nothing, the next one finds it."""
    client.ask(CREATE, input=discount(CUSTOMER))
    store.weather.expect(Mishap.READ_LAG)
    assert not exists(client)
    assert exists(client)


def test_throttled_on_order(client, store):
    """Throttling can be ordered; the wait that it tells is true."""
    store.weather.expect(Mishap.THROTTLED)
    answer = client.post(FIND, code="x").json()
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert answer["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 0


def test_chances_strike_as_often_as_they_say():
    """Over many calls each mishap has its share, the same with the same seed."""
    weather = Weather()
    weather.chances({Mishap.RESET: 0.2, Mishap.THROTTLED: 0.3}, random.Random(7))
    struck = [weather.strike(b"") for _ in range(2000)]
    assert abs(struck.count(Mishap.RESET) / 2000 - 0.2) < 0.04
    assert abs(struck.count(Mishap.THROTTLED) / 2000 - 0.3) < 0.04
    weather.chances({Mishap.RESET: 0.2, Mishap.THROTTLED: 0.3}, random.Random(7))
    assert struck == [weather.strike(b"") for _ in range(2000)]
    with pytest.raises(ValueError, match="add up to 1"):
        weather.chances({Mishap.RESET: 1.1}, random.Random(7))

"""Every class of answer that a store can give, and what it is taken for."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses

from plugin.platforms.protocol import (
    InDoubt,
    NotSent,
    PlatformError,
    ShopUnavailable,
    Throttled,
    Unauthorized,
)
from plugin.platforms.shopify.admin import AdminClient
from plugin.platforms.shopify.documents import FIND_DISCOUNT
from tests.platforms.loopback import answers, resets, store, writes
from tests.platforms.shopify.samples import SHOP, TOKEN, failed, throttled

ORIGIN = "https://{shop}"
URL = f"https://{SHOP}/admin/api/2026-10/graphql.json"
FOUND: dict[str, Any] = {"data": {"codeDiscountNodeByCode": None}}
ClientAt = Callable[[str], AdminClient]


def _ask(client: AdminClient) -> Any:
    return client.run(FIND_DISCOUNT, {"code": "X"})


@responses.activate
def test_the_question_goes_to_the_stores_own_address(client_at: ClientAt) -> None:
    """The setting's {shop} is the store's domain; token, domain, document and variables travel along."""
    call = responses.post(URL, json=FOUND)
    answer = _ask(client_at(ORIGIN))
    request = call.calls[0].request

    assert request.headers["X-Shopify-Access-Token"] == TOKEN
    assert request.headers["X-Shopify-Shop-Domain"] == SHOP
    assert (answer.data, answer.errors, answer.api_version) == (FOUND["data"], (), "2026-10")


def test_an_origin_without_a_place_for_the_shop_learns_it_from_the_header(client_at: ClientAt) -> None:
    """One machine may stand for all stores."""
    with store(answers(FOUND)) as shop:
        _ask(client_at(shop.origin))

    assert shop.heard[0].path == "/admin/api/2026-10/graphql.json"
    assert shop.heard[0].headers["X-Shopify-Shop-Domain"] == SHOP
    assert shop.heard[0].json == {"query": FIND_DISCOUNT, "variables": {"code": "X"}}


STATUSES = {
    401: Unauthorized,
    402: ShopUnavailable,
    403: ShopUnavailable,
    404: ShopUnavailable,
    423: ShopUnavailable,
    429: Throttled,
    **dict.fromkeys(
        (201, 204, 301, 302, 307, 400, 405, 406, 409, 413, 422, 430, 500, 502, 503, 504, 520, 530), InDoubt
    ),
}


@pytest.mark.parametrize("status", STATUSES)
@responses.activate
def test_a_status_is_taken_for_what_it_means(status: int, client_at: ClientAt) -> None:
    """A definite no only where Shopify means one; everything else, success of another kind included, is in doubt."""
    responses.post(URL, status=status, json=FOUND)

    with pytest.raises(PlatformError) as raised:
        _ask(client_at(ORIGIN))
    assert type(raised.value) is STATUSES[status]


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("2.0", 2.0), ("7", 7.0), ("0", 0.0), ("0.25", 0.25), (None, 2.0), ("soon", 2.0), ("nan", 2.0), ("-5", 2.0),
     ("inf", 2.0), ("1e9", 3600.0), ("Sun, 22 Nov 2026 12:00:00 GMT", 2.0)],
)  # fmt: skip
@responses.activate
def test_the_wait_is_what_the_store_says(told: str | None, seconds: float, client_at: ClientAt) -> None:
    """Shopify writes seconds as "2.0"; nonsense is two seconds, and nothing is more than an hour."""
    responses.post(URL, status=429, headers={"Retry-After": told} if told else {})

    with pytest.raises(Throttled) as raised:
        _ask(client_at(ORIGIN))
    assert raised.value.retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("requested", "available", "rate", "seconds"),
    [(52, 2, 100, 0.6), (1000, 0, 50, 20.1), (10, 500, 100, 0.1), (10, 0, 0, 1.0), (10, 0, -1, 1.0), (10, 0, None, 1.0),
     (10, 0, "fast", 1.0), (10**9, 0, 1, 3600.0)],
)  # fmt: skip
@responses.activate
def test_a_throttled_question_waits_for_the_bucket(
    requested: Any, available: Any, rate: Any, seconds: float, client_at: ClientAt
) -> None:
    """(requested - available) / restore rate and a tenth of a second, an hour at most, and a second for a bucket that says nothing."""
    responses.post(URL, json=throttled(requested=requested, available=available, rate=rate))

    with pytest.raises(Throttled) as raised:
        _ask(client_at(ORIGIN))
    assert raised.value.retry_after_seconds == pytest.approx(seconds)


ROOT = ["codeDiscountNodeByCode"]
UNUSABLE: dict[str, tuple[Any, type[PlatformError]]] = {
    "throttled without a cost": (failed("THROTTLED"), Throttled),
    "shop inactive": (failed("SHOP_INACTIVE"), ShopUnavailable),
    "the operation is denied": (
        failed("ACCESS_DENIED", path=ROOT, data={"codeDiscountNodeByCode": None}),
        ShopUnavailable,
    ),
    "a part is denied and takes all with it": (failed("ACCESS_DENIED", path=[*ROOT, "id"]), InDoubt),
    "too dear": (failed("MAX_COST_EXCEEDED"), InDoubt),
    "broken inside": (failed("INTERNAL_SERVER_ERROR"), InDoubt),
    "an error without a code": (failed(None), InDoubt),
    "errors are text": ({"errors": "Not Found"}, InDoubt),
    "errors are numbers": ({"errors": [1, None]}, InDoubt),
    "errors with odd insides": ({"errors": [{"message": 1, "path": "x", "extensions": []}]}, InDoubt),
    "no data": ({}, InDoubt),
    "data is a list": ({"data": []}, InDoubt),
    "no object": ([], InDoubt),
    "a text": ("fine", InDoubt),
    "nothing": (b"", InDoubt),
    "a page": (b"<!doctype html><title>Be right back</title>", InDoubt),
    "cut JSON": (b'{"data": {"codeDis', InDoubt),
    "a key twice": (b'{"data": {}, "data": {}}', InDoubt),
    "not a number": (b'{"data": {"x": NaN}}', InDoubt),
    "not UTF-8": (b'{"data": {"x": "\xff"}}', InDoubt),
    "half a character": (b'{"data": {"x": "\\ud800"}}', InDoubt),
    "a NUL": (b'{"data": {"x": "\\u0000"}}', InDoubt),
    "a very long number": (b'{"data": {"x": ' + b"9" * 5000 + b"}}", InDoubt),
    "very deep": (b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", InDoubt),
}


@pytest.mark.parametrize("name", UNUSABLE)
@responses.activate
def test_an_answer_without_data_is_an_error(name: str, client_at: ClientAt) -> None:
    """A 200 is a yes only when it holds data; what cannot be understood may have happened."""
    body, expected = UNUSABLE[name]
    responses.post(URL, **({"body": body} if isinstance(body, bytes) else {"json": body}))

    with pytest.raises(PlatformError) as raised:
        _ask(client_at(ORIGIN))
    assert type(raised.value) is expected


FAULTS: dict[str, tuple[Exception, type[PlatformError]]] = {
    "connect timeout": (requests.ConnectTimeout(), NotSent),
    "invalid address": (requests.exceptions.InvalidURL(), NotSent),
    "read timeout": (requests.ReadTimeout(), InDoubt),
    "connection lost": (requests.ConnectionError(), InDoubt),
    "TLS broken on the way": (requests.exceptions.SSLError(), InDoubt),
    "chunks broken": (requests.exceptions.ChunkedEncodingError(), InDoubt),
    "packing broken": (requests.exceptions.ContentDecodingError(), InDoubt),
    "anything else": (requests.RequestException(), InDoubt),
}


@pytest.mark.parametrize("name", FAULTS)
@responses.activate
def test_a_fault_of_the_wire_is_taken_for_what_it_means(name: str, client_at: ClientAt) -> None:
    """Not sent only where no byte can have left; else in doubt."""
    fault, expected = FAULTS[name]
    responses.post(URL, body=fault)

    with pytest.raises(PlatformError) as raised:
        _ask(client_at(ORIGIN))
    assert type(raised.value) is expected


@pytest.mark.parametrize("act", [resets, writes(b"HTTP/1.1 200 OK\r\nContent-Le"), answers(b"")])
def test_an_answer_cut_anywhere_is_in_doubt(act: Any, client_at: ClientAt) -> None:
    """Before, in and after the headers."""
    with store(act) as shop, pytest.raises(InDoubt):
        _ask(client_at(shop.origin))


@responses.activate
def test_data_and_errors_are_both_kept(client_at: ClientAt) -> None:
    """A field that could not be given does not throw away those that could; what it hides is not "there is none"."""
    body = failed("ACCESS_DENIED", path=["shop", "name"], data={"shop": {"name": None}, "other": None})
    body["errors"].append({"message": "x", "path": ["other", 0, "id"]})
    responses.post(URL, json=body)
    answer = _ask(client_at(ORIGIN))

    assert answer.root("shop") == {"name": None}
    assert [(error.code, error.path) for error in answer.errors] == [
        ("ACCESS_DENIED", ("shop", "name")),
        ("", ("other", "0", "id")),
    ]
    with pytest.raises(InDoubt, match="parts of shop"):
        answer.whole("shop")
    with pytest.raises(InDoubt, match="other could not be given"):
        answer.root("other")
    with pytest.raises(InDoubt, match="lacks"):
        answer.root("missing")


@responses.activate
def test_what_a_question_cost_is_told(client_at: ClientAt) -> None:
    """The store's bucket comes with every answer."""
    status = {"maximumAvailable": 2000.0, "currentlyAvailable": 1990, "restoreRate": 100.0}
    responses.post(URL, json={**FOUND, "extensions": {"cost": {"requestedQueryCost": 10, "throttleStatus": status}}})
    cost = _ask(client_at(ORIGIN)).cost

    assert (cost.requested, cost.available, cost.maximum, cost.restore_rate) == (10, 1990, 2000, 100)


@responses.activate
def test_another_version_is_noticed(client_at: ClientAt, caplog: pytest.LogCaptureFixture) -> None:
    """When Shopify answers in another version than asked, the log says so."""
    responses.post(URL, json=FOUND, headers={"X-Shopify-API-Version": "2027-01"})

    assert _ask(client_at(ORIGIN)).api_version == "2027-01"
    assert "2027-01" in caplog.text


@pytest.mark.parametrize("name", ["401", "reset", "page"])
def test_no_trace_holds_the_token(name: str, client_at: ClientAt, caplog: pytest.LogCaptureFixture) -> None:
    """Neither errors, with all that hangs on to them, nor the logs of any library at any level."""
    acts = {"401": answers({"errors": "x"}, status=401), "reset": resets, "page": answers(b"<html>")}
    caplog.set_level(logging.DEBUG)
    with store(acts[name]) as shop, pytest.raises(PlatformError) as raised:
        _ask(client_at(shop.origin))

    error = raised.value
    assert error.__cause__ is None
    assert TOKEN not in "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error)) + caplog.text


@pytest.mark.parametrize("token", ["", "shpat é", "shpat\r\nX: y", "shpat ", "x" * 600])
def test_a_token_that_cannot_stand_in_a_header_is_refused(token: str, client_at: ClientAt) -> None:
    """The complaint does not repeat it."""
    client = client_at(ORIGIN)

    with pytest.raises(ValueError, match="visible ASCII") as raised:
        AdminClient(client._line, shop=SHOP, origin=ORIGIN, api_version="2026-10", access_token=token)
    assert not token or token not in str(raised.value)


@pytest.mark.parametrize(
    "shop",
    ["", "evil.example.com", "a.myshopify.com.evil.example", "a.myshopify.com\n", "A.myshopify.com", "-a.myshopify.com",
     "a.b.myshopify.com", "a@b.myshopify.com", "a/.myshopify.com", "myshopify.com", ".myshopify.com", "ä.myshopify.com"],
)  # fmt: skip
def test_only_a_stores_domain_makes_an_address(shop: str, client_at: ClientAt) -> None:
    """The name is matched whole, in lower case; nothing can be put before, behind or into it."""
    with pytest.raises(ValueError, match="not a domain"):
        AdminClient(client_at(ORIGIN)._line, shop=shop, origin=ORIGIN, api_version="2026-10", access_token=TOKEN)

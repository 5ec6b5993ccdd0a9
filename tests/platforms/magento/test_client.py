"""One attempt over REST: what is sent, and what each answer is taken for."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest

from plugin.platforms.line import Line
from plugin.platforms.magento import answers
from plugin.platforms.magento.access import CloudAccess, CloudCredentials, Credentials, SignedAccess, credentials_from
from plugin.platforms.magento.answers import ClockSkew, Missing, NotAllowed
from plugin.platforms.magento.client import MagentoClient
from plugin.platforms.magento.search import Filter, Search, where
from plugin.platforms.protocol import InDoubt, NotSent, Rejected, ShopUnavailable, Throttled, Unauthorized
from tests.platforms import loopback
from tests.platforms.magento import captures
from tests.platforms.magento.conftest import NOW, VALUES

ClientAt = Callable[[str], MagentoClient]
WANTED = Search(
    groups=where(Filter("updated_at", "2026-11-22 02:39:19", "gteq"), Filter("store_id", "1")),
    order=(("updated_at", True), ("entity_id", True)),
    page_size=100,
    fields="items[entity_id],total_count",
)
FOUND = {"items": [{"entity_id": 3}], "search_criteria": {}, "total_count": 1}


def test_a_search_is_asked_with_every_part_written_out(client_at: ClientAt) -> None:
    """Direction, page size and page are always in the query, and the answer's items and total come back."""
    with loopback.store(loopback.answers(FOUND)) as store:
        found = client_at(store.origin).search("/V1/orders", WANTED)
    asked = urlsplit(store.heard[0].path)
    query = dict(parse_qsl(asked.query))
    assert (store.heard[0].method, asked.path) == ("GET", "/rest/all/V1/orders")
    assert query["searchCriteria[filterGroups][0][filters][0][conditionType]"] == "gteq"
    assert query["searchCriteria[sortOrders][1][direction]"] == "ASC"
    assert query["searchCriteria[pageSize]"] == "100"
    assert (found.items, found.total) == (({"entity_id": 3},), 1)


def test_every_request_is_signed_over_its_query_and_with_a_nonce_of_its_own(client_at: ClientAt) -> None:
    """HMAC-SHA256 over method, address and sorted parameters (RFC 5849, 3.4) gives the signature that was sent."""
    with loopback.store(loopback.answers(FOUND)) as store:
        client = client_at(store.origin)
        client.search("/V1/orders", WANTED)
        client.search("/V1/orders", WANTED)
    nonces = set()
    for heard in store.heard:
        told = {
            name: unquote(value) for name, value in re.findall(r'(oauth_\w+)="([^"]*)"', heard.headers["Authorization"])
        }
        asked = urlsplit(heard.path)
        signed = [(k, v) for k, v in told.items() if k != "oauth_signature"] + parse_qsl(asked.query)
        pairs = sorted((quote(k, safe="~"), quote(v, safe="~")) for k, v in signed)
        joined = "&".join(f"{k}={v}" for k, v in pairs)
        base = "&".join(quote(one, safe="~") for one in ("GET", f"{store.origin}{asked.path}", joined))
        key = f"{VALUES['consumer_secret']}&{VALUES['access_token_secret']}".encode()
        assert told["oauth_signature"] == b64encode(hmac.digest(key, base.encode(), hashlib.sha256)).decode()
        assert told["oauth_timestamp"] == str(int(NOW.timestamp()))
        nonces.add(told["oauth_nonce"])
    assert len(nonces) == 2


@pytest.mark.parametrize("body", [{"items": None, "total_count": 16}, {"total_count": 16}, {"items": []}])
def test_null_and_absent_items_are_none(client_at: ClientAt, body: object) -> None:
    """Past the last page Magento says an empty list, null, or with a projection nothing at all."""
    with loopback.store(loopback.answers(body)) as store:
        assert client_at(store.origin).search("/V1/orders", Search()).items == ()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (loopback.answers(b"<html>", status=404), ShopUnavailable),
        (loopback.answers({"message": "No such entity."}, status=404), Missing),
        (loopback.answers({"message": "no"}, status=400), Rejected),
        (loopback.answers({"message": "no"}, status=401), Unauthorized),
        (loopback.answers(b"<html>blocked", status=403), ShopUnavailable),
        (loopback.answers(b"", status=301, Location="https://elsewhere.example/"), ShopUnavailable),
        (loopback.answers(b"slow down", status=429, Retry_After="7"), Throttled),
        (loopback.answers(b"<html>maintenance", status=503), InDoubt),
        (loopback.answers({"message": "Internal Error. Report ID: webapi-6b0254f62f86d"}, status=500), InDoubt),
        (loopback.answers(b"<html><body>cached", status=200), InDoubt),
        (loopback.answers(b'{"a":1,"a":2}', status=200), InDoubt),
        (loopback.answers(b"", status=502), InDoubt),
        (loopback.resets, InDoubt),
        (loopback.writes(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n[1,"), InDoubt),
    ],
)
def test_every_answer_says_what_became_of_it(client_at: ClientAt, answer: loopback.Act, error: type) -> None:
    """The status and the shape decide, and what is not understood is in doubt."""
    with loopback.store(answer) as store, pytest.raises(error) as caught:
        client_at(store.origin).post("/V1/coupons", {"coupon": {}})
    assert type(caught.value) is error


def test_who_is_not_there_was_not_asked(client_at: ClientAt) -> None:
    """A refused connection is NotSent."""
    with pytest.raises(NotSent):
        client_at(f"http://127.0.0.1:{loopback.free_port()}").get("/V1/store/storeConfigs")


def test_a_masked_failure_names_the_number_in_the_stores_log(client_at: ClientAt) -> None:
    """The merchant can find a 500 in Magento's log by its report."""
    raw = loopback.answers({"message": "Internal Error. Report ID: webapi-6b0254f62f86d"}, status=500)
    with loopback.store(raw) as store, pytest.raises(InDoubt, match="webapi-6b0254f62f86d"):
        client_at(store.origin).get("/V1/orders/1")


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("auth_anonymous_401", NotAllowed, "Magento_Sales::actions_view"),
        ("auth_limited_forbidden", NotAllowed, "Magento_SalesRule::quote"),
        ("auth_limited_storeConfigs", NotAllowed, "Magento_Backend::store"),
        ("oauth_bad_signature", Unauthorized, "signature is invalid"),
        ("oauth_unknown_token", Unauthorized, "token does not exist"),
        ("oauth_unknown_consumer", Unauthorized, "consumer"),
        ("oauth_nonce_reuse", Unauthorized, "nonce"),
        ("oauth_hmac_sha1", Rejected, "Signature method HMAC-SHA1 is not supported"),
        ("coupon_create_duplicate", Rejected, "Coupon with the same code already exists."),
        ("coupon_create_no_type_on_autogen", Rejected, "Specified rule only allows auto generated coupons"),
        ("err_customer_not_found", Missing, "No such entity with customerId = 999"),
        ("err_orders_without_searchCriteria", Rejected, '"searchCriteria" is required'),
        ("err_order_not_found", Missing, "doesn't exist"),
        ("err_unknown_route", Missing, "route"),
        ("err_unknown_field", InDoubt, "webapi-"),
        ("err_unknown_filter_field", InDoubt, "webapi-"),
        ("orders_bad_sort_dir", Rejected, "ASC for ascending order or DESC"),
        ("rule_bad_date_order", Rejected, "End Date must follow Start Date"),
    ],
)
def test_captured_refusals_are_understood(name: str, error: type, message: str) -> None:
    """A real refusal is classified, and told with its placeholders filled in."""
    told = answers.refusal(captures.reply(name), now=NOW, store_time=NOW)
    assert type(told) is error
    assert message in str(told)


@pytest.mark.parametrize("name", captures.names())
def test_every_captured_answer_is_a_value_or_an_error(name: str) -> None:
    """200 and 202 give the value itself; every other status is an error whose sentence holds no placeholder."""
    held, reply = captures.one(name), captures.reply(name)
    if held["status"] in {200, 202}:
        assert answers.value(reply, now=NOW, store_time=NOW) is not None
        return
    told = answers.refusal(reply, now=NOW, store_time=NOW)
    assert str(told)
    assert not re.search(r"%[A-Za-z0-9]", str(told))


@pytest.mark.parametrize(("hours", "word"), [(-2, "behind"), (2, "ahead of")])
def test_a_wrong_clock_is_called_by_its_name(client_at: ClientAt, hours: int, word: str) -> None:
    """A refused signature from an hour that is not the store's tells of the clock, not of the values."""
    refused = loopback.answers({"message": "whatever the language"}, status=401, Date="Sun, 22 Nov 2026 12:00:00 GMT")
    with loopback.store(refused) as store:
        client = client_at(store.origin)
        client._now = lambda: NOW + timedelta(hours=hours)
        with pytest.raises(ClockSkew, match=f"120 minutes {word} the store's"):
            client.get("/V1/orders/1")


def test_the_clouds_edition_has_its_own_address_and_headers(line: Line) -> None:
    """No /rest, no view in the path; a bearer token, the client, the organisation and the view in headers."""
    with loopback.store(loopback.answers([])) as store:
        held = CloudCredentials(
            base_url=f"{store.origin}/tenant", client_id="cl", client_secret="se", organisation="o@x"
        )
        client = MagentoClient(line, access=CloudAccess(held, token=lambda: "tok"), now=lambda: NOW)
        client.get("/V1/store/storeConfigs")
    heard = store.heard[0]
    assert heard.path == "/tenant/V1/store/storeConfigs"
    assert heard.headers["Authorization"] == "Bearer tok"
    assert (heard.headers["x-api-key"], heard.headers["x-gw-ims-org-id"], heard.headers["Store"]) == (
        "cl",
        "o@x",
        "all",
    )


def test_secrets_are_kept_and_never_shown() -> None:
    """Credentials of both editions come back from their sealed form, and their repr holds no secret."""
    server = Credentials(base_url="https://shop.example/", **VALUES)
    cloud = CloudCredentials(
        base_url="https://na1.api.example/t", client_id="c", client_secret="hush", organisation="o"
    )
    for held in (server, cloud):
        assert credentials_from(held.to_json()) == held
    assert not any(value in repr(server) for value in VALUES.values())
    assert "hush" not in repr(cloud)
    with pytest.raises(ValueError, match="credentials"):
        Credentials.from_json(cloud.to_json())


@pytest.mark.parametrize("address", ["ftp://shop.example", "https://", "https://u:p@shop.example", "https://a.b/?c=d"])
def test_only_an_address_is_an_address(address: str) -> None:
    """A user, a query or another scheme in the store's address is refused before anything is signed."""
    held = Credentials(base_url=address, **VALUES)
    with pytest.raises(ValueError, match="address"):
        SignedAccess(held, now=lambda: NOW, nonce=lambda: "n")

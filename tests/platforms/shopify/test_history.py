"""What a store answers about its past is taken for what it means; its file is read without a token, to its end."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import responses

from plugin.platforms import download
from plugin.platforms.download import Gone
from plugin.platforms.line import Patience
from plugin.platforms.protocol import InDoubt, NotSent, PlatformError, Rejected, Throttled
from plugin.platforms.shopify.admin import AdminClient
from plugin.platforms.shopify.history import PastOrders, Span
from tests.platforms.shopify.samples import NOW

ClientAt = Callable[[str], AdminClient]
ORIGIN = "http://127.0.0.1:9"
URL = f"{ORIGIN}/admin/api/2026-10/graphql.json"
SHORT = Patience(connect_seconds=0.5, read_seconds=0.3)


def _operation(**told: Any) -> dict[str, Any]:
    return {
        "id": "gid://shopify/BulkOperation/5", "status": "CREATED", "errorCode": None, "createdAt": "2026-11-22T12:00:00Z",
        "query": Span().query, "objectCount": "0", "rootObjectCount": "0", "fileSize": None, "url": None,
        "partialDataUrl": None, **told,
    }  # fmt: skip


def _ran(operation: Any = None, *errors: str) -> dict[str, Any]:
    found = [{"field": ["query"], "code": code, "message": "A sentence."} for code in errors]
    return {"data": {"bulkOperationRunQuery": {"bulkOperation": operation, "userErrors": found}}}


def _past(client_at: ClientAt) -> PastOrders:
    return PastOrders(client_at(ORIGIN), allow_private_hosts=True)


REFUSED: dict[str, tuple[Any, type[PlatformError]]] = {
    "five are running": (_ran(None, "LIMIT_REACHED"), Throttled),
    "one is running": (_ran(None, "OPERATION_IN_PROGRESS"), Throttled),
    "the query is wrong": (_ran(None, "INVALID"), Rejected),
    "nothing at all": (_ran(), InDoubt),
    "no count": (_ran(_operation(objectCount="-1")), InDoubt),
    "a number": (_ran(_operation(objectCount=5)), InDoubt),
    "an address that is none": (_ran(_operation(url=7)), InDoubt),
}


@pytest.mark.parametrize("name", REFUSED)
@responses.activate
def test_a_refusal_is_told_for_what_it_is(name: str, client_at: ClientAt) -> None:
    """Too much to do is a wait, a wrong query is no for good, and what is not understood may have begun."""
    body, expected = REFUSED[name]
    responses.post(URL, json=body)

    with pytest.raises(expected) as raised:
        _past(client_at).run(Span())
    assert not isinstance(raised.value, Throttled) or raised.value.retry_after_seconds == 60


@responses.activate
def test_only_a_hopeful_operation_of_the_same_query_is_adopted(client_at: ClientAt) -> None:
    """Begun since then, not known to be of no use, and neither failed nor cancelled; white space does not matter."""
    mine = _operation(query=" ".join(Span().query.split()), id="gid://shopify/BulkOperation/9")
    others = [
        _operation(query=Span(since=NOW).query), _operation(status="FAILED"), _operation(status="CANCELED"),
        _operation(id="gid://shopify/BulkOperation/7"), _operation(createdAt="2026-11-22T11:59:59Z"),
    ]  # fmt: skip
    for nodes in (others, [*others, mine]):
        responses.post(URL, json={"data": {"bulkOperations": {"nodes": nodes}}})
    past = _past(client_at)

    assert past.find(Span(), since=NOW, but="gid://shopify/BulkOperation/7") is None
    found = past.find(Span(), since=NOW, but="gid://shopify/BulkOperation/7")
    assert found is not None
    assert found.operation_id == mine["id"]


@responses.activate
def test_an_operation_that_is_gone_is_none(client_at: ClientAt) -> None:
    """A store that does not know it says null, without an error about it."""
    responses.post(URL, json={"data": {"bulkOperation": None}})

    assert _past(client_at).look("gid://shopify/BulkOperation/5") is None


@contextmanager
def served(*answers: tuple[int, bytes, int]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A file's address that gives these answers, one after the other: status, bytes sent, bytes announced."""
    heard: list[dict[str, str]] = []
    left = list(answers)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append({name.lower(): value for name, value in self.headers.items()})
            status, body, length = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            self.send_header("Content-Length", str(length))
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Silence."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/file", heard
    server.shutdown()
    thread.join()
    server.server_close()


def _lines(url: str) -> list[bytes]:
    return list(download.lines(url, allow_private_hosts=True, patience=SHORT))


WHOLE = b"".join(b'{"line": %d}\n' % number for number in range(3_000))


def test_a_file_is_read_line_by_line() -> None:
    """Without a token, a cookie or an encoding that could not be counted; the last line needs no end."""
    with served((200, WHOLE + b"{}", len(WHOLE) + 2)) as (url, heard):
        assert _lines(url) == [*WHOLE.splitlines(), b"{}"]
    assert heard[0]["accept-encoding"] == "identity"
    assert not {"x-shopify-access-token", "cookie", "authorization"} & heard[0].keys()


@pytest.mark.parametrize("status", [200, 206])
def test_a_download_goes_on_where_it_broke(status: int) -> None:
    """By Range; one who does not know it begins again, and what is here already is passed over."""
    first = WHOLE[:20_000]
    rest = WHOLE if status == 200 else WHOLE[16_384:]
    with served((200, first, len(WHOLE)), (status, rest, len(rest))) as (url, heard):
        assert _lines(url) == WHOLE.splitlines()
    assert [one["range"] for one in heard] == ["bytes=0-", "bytes=16384-"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [((403, b"", 0), Gone), ((400, b"", 0), Gone), ((404, b"", 0), Gone), ((503, b"", 0), InDoubt), ((302, b"", 0), InDoubt),
     ((200, b"", 100), InDoubt)],
)  # fmt: skip
def test_a_file_that_is_not_there_ends_soon(answer: tuple[int, bytes, int], expected: type[PlatformError]) -> None:
    """Gone for good, or in doubt; no redirect is followed; an address that brings nothing is not tried for ever."""
    with served(answer) as (url, heard):
        with pytest.raises(expected) as raised:
            _lines(url)
        assert len(heard) <= download.MOST_VAIN
    assert url not in str(raised.value)
    assert raised.value.__cause__ is None


def test_only_public_addresses_over_https_are_called() -> None:
    """A store's answer cannot lead us into a private network, nor off the encrypted way."""
    with served((200, b"{}", 2)) as (url, heard):
        for wrong in (url, url.replace("http://", "https://")):
            with pytest.raises(NotSent):
                list(download.lines(wrong, allow_private_hosts=False, patience=SHORT))
        assert heard == []


def test_a_line_without_end_is_refused() -> None:
    """What does not come to an end does not fill the memory."""
    endless = b"x" * (download.LONGEST_LINE_BYTES + 100_000)
    with served((200, endless, len(endless))) as (url, _), pytest.raises(InDoubt, match="longer"):
        _lines(url)

"""One attempt over a real connection: a whole answer, nothing sent, or in doubt, and nothing else."""

from __future__ import annotations

import gzip
import itertools
import threading
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

import pytest

from plugin.platforms.line import Line, Patience
from plugin.platforms.protocol import InDoubt, NotSent, PlatformError
from tests.platforms.loopback import Act, answers, free_port, resets, store, writes

SECRET = "shpat_never_to_be_seen"
HEADERS = {"X-Shopify-Access-Token": SECRET}
SHORT = Patience(connect_seconds=0.5, read_seconds=0.2, whole_seconds=0.5, longest_bytes=1000)


@pytest.fixture
def line() -> Iterator[Line]:
    """A line that may call loopback and has little patience."""
    opened = Line(allow_private_hosts=True, monotonic=lambda: 0.0, patience=SHORT)
    yield opened
    opened.close()


def _post(line: Line, origin: str) -> object:
    return line.post(f"{origin}/x", headers=HEADERS, body=b"{}")


def test_a_whole_answer_comes_back_as_it_is(line: Line) -> None:
    """Status, headers of any case and body; the request carried what it was given."""
    with store(answers(b"yes", status=503, Retry_After="2.0")) as shop:
        reply = line.post(f"{shop.origin}/x", headers=HEADERS, body=b"{}")

    assert (reply.status, reply.headers["retry-after"], reply.body) == (503, "2.0", b"yes")
    assert (shop.heard[0].path, shop.heard[0].body) == ("/x", b"{}")
    assert shop.heard[0].headers["X-Shopify-Access-Token"] == SECRET


DATES = (b"Mon, 02 Mar 2026 15:00:00 GMT", b"soon")


def test_the_stores_clock_is_heard(line: Line) -> None:
    """The last answer's date is known, to the second; one that has none or a wrong one is no clock."""
    told = [b"HTTP/1.1 200 OK\r\nDate: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % date for date in DATES]
    with store(*map(writes, told)) as shop:
        _post(line, shop.origin)
        assert line.store_time == datetime(2026, 3, 2, 15, tzinfo=UTC)
        _post(line, shop.origin)
        assert line.store_time is None


def test_a_packed_answer_is_unpacked(line: Line) -> None:
    """What a store compresses is read like anything else."""
    with store(answers(gzip.compress(b"yes"), Content_Encoding="gzip")) as shop:
        assert line.post(f"{shop.origin}/x", headers={}, body=b"").body == b"yes"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LOST: dict[str, Callable[[threading.Event], Act]] = {
    "reset": lambda _: resets,
    "closed without a word": lambda _: writes(b""),
    "half a status line": lambda _: writes(b"HTTP/1.1 2"),
    "not HTTP": lambda _: writes(b"SMTP ready\r\n\r\n"),
    "cut in the body": lambda _: writes(HEAD, b"{"),
    "cut in a chunk": lambda _: writes(CHUNKED, b"ff\r\n{"),
    "a chunk of nonsense": lambda _: writes(CHUNKED, b"zz\r\n{}\r\n"),
    "silent before the headers": writes,
    "silent in the body": lambda over: writes(HEAD, b"{", over),
    "broken packing": lambda _: answers(b"not gzip", Content_Encoding="gzip"),
    "too long": lambda _: answers(b"x" * 1001),
    "too long once unpacked": lambda _: answers(gzip.compress(b"x" * 10_000_000), Content_Encoding="gzip"),
    "endless headers": lambda _: writes(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n"),
}


@pytest.mark.parametrize("name", LOST)
def test_a_lost_answer_is_in_doubt(name: str, line: Line) -> None:
    """Whatever goes wrong once the request is out, it may have happened; the store heard it exactly once."""
    over = threading.Event()
    with store(LOST[name](over)) as shop:
        with pytest.raises(InDoubt):
            _post(line, shop.origin)
        over.set()

    assert len(shop.heard) == 1


def test_an_answer_that_drips_is_given_up() -> None:
    """Each piece may come in time and the whole still take too long."""
    clock = itertools.count()
    line = Line(allow_private_hosts=True, monotonic=lambda: float(next(clock)), patience=SHORT)
    with store(answers(b"drip")) as shop, pytest.raises(InDoubt, match="slowly"):
        _post(line, shop.origin)
    line.close()


def test_nobody_listening_means_not_sent(line: Line) -> None:
    """A refused connection carried nothing."""
    with pytest.raises(NotSent):
        _post(line, f"http://127.0.0.1:{free_port()}")


def test_a_name_that_leads_nowhere_means_not_sent(line: Line) -> None:
    """The reserved top-level name "invalid" never resolves."""
    with pytest.raises(NotSent):
        _post(line, "http://shop.invalid")


def test_a_failed_handshake_means_not_sent(line: Line) -> None:
    """Where TLS does not come about, no byte of the request was written."""
    with store(answers(b"")) as shop, pytest.raises(NotSent):
        _post(line, shop.origin.replace("http://", "https://"))

    assert shop.heard == []


@pytest.mark.parametrize("headers", [{"X-Token": f"{SECRET}\r\nX: y"}, {"X-Token": f"{SECRET}é漢"}, {"X\n": SECRET}])
def test_a_header_that_cannot_be_sent_is_not(headers: dict[str, str], line: Line) -> None:
    """No header is smuggled, and the complaint does not repeat it."""
    with store(answers(b"")) as shop, pytest.raises(NotSent) as raised:
        line.post(f"{shop.origin}/x", headers=headers, body=b"")

    assert shop.heard == []
    assert SECRET not in _everything(raised.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status: int, line: Line) -> None:
    """The token goes nowhere but where it was meant to go."""
    with store(answers(b"")) as elsewhere, store(answers(b"", status=status, Location=elsewhere.origin)) as shop:
        assert line.post(f"{shop.origin}/x", headers=HEADERS, body=b"").status == status

    assert elsewhere.heard == []


def test_cookies_are_forgotten(line: Line) -> None:
    """A store cannot mark a line."""
    with store(answers(b"", Set_Cookie="seen=1; Path=/")) as shop:
        _post(line, shop.origin)
        _post(line, shop.origin)

    assert "Cookie" not in shop.heard[1].headers


def test_nothing_comes_from_the_environment(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy set for other programs sees no token."""
    with store(answers(b"")) as proxy, store(answers(b"")) as shop:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.origin)
        monkeypatch.setenv("no_proxy", "")
        _post(line, shop.origin)

    assert (len(proxy.heard), len(shop.heard)) == (0, 1)


def test_plain_http_needs_private_hosts_to_be_allowed() -> None:
    """Otherwise a store is only spoken to over https."""
    line = Line(allow_private_hosts=False, monotonic=lambda: 0.0)
    with store(answers(b"")) as shop, pytest.raises(NotSent, match="https"):
        _post(line, shop.origin)

    assert shop.heard == []


@pytest.mark.parametrize("act", [resets, writes(HEAD, b"{")])
def test_no_error_knows_the_token(act: Callable[[BaseHTTPRequestHandler], None], line: Line) -> None:
    """Neither what is raised nor anything hanging on to it holds a header."""
    with store(act) as shop, pytest.raises(PlatformError) as raised:
        _post(line, shop.origin)

    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert SECRET not in _everything(raised.value)


def _everything(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))

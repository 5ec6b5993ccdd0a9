"""The gateway answers as the application behind it would, and whoever is slow there holds nobody up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.gateway import Answer, Gateway
from plugin.turnstile import LONGEST_BODY_BYTES, SMALL_BODY_BYTES
from storage.inbox import Delivery
from tests import loops
from tests.webhooks import door
from tests.webhooks.test_door import Told, requests
from webhooks.door import Door
from webhooks.keeper import CannotKeep, Settled, Ticket

CHUNK = 64 * 1024


@dataclass
class Heads:
    """Headers as granian tells them."""

    lines: Sequence[tuple[str, str]]

    def keys(self) -> list[str]:
        return [name for name, _ in self.lines]

    def items(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self.lines if value.isascii()]


@dataclass
class Asked:
    """A request as granian tells it."""

    path: str
    method: str = "POST"
    lines: Sequence[tuple[str, str]] = ()
    query_string: str = ""
    http_version: str = "1.1"
    scheme: str = "http"
    server: str = "127.0.0.1:8000"
    client: str = "127.0.0.1:50000"

    @property
    def headers(self) -> Heads:
        return Heads(self.lines)


@dataclass
class Line:
    """Where the body comes from, in parts; ``comes`` is awaited before it is there."""

    raw: bytes = b""
    comes: Callable[[], Awaitable[object]] | None = None
    said: list[Answer] = field(default_factory=list)

    async def __call__(self) -> bytes:
        if self.comes:
            await self.comes()
        return self.raw

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.raw), CHUNK):
            yield self.raw[start : start + CHUNK]
            if self.comes:
                await self.comes()

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.said.append(Answer(status, headers, body))


class Kept:
    """A keeper that answers at once, what it is told to."""

    patience_seconds = 4.0

    def __init__(self, keep: Callable[[Delivery], bool]) -> None:
        self._keep = keep

    def enter(self, delivery: Delivery, settled: Settled) -> Ticket:
        new = self._keep(delivery)
        ticket = Ticket(None, 0, settled)  # type: ignore[arg-type]
        ticket.new = new
        settled([ticket])
        return ticket


def _of(environ: dict[str, Any]) -> Asked:
    """The request that a WSGI environment tells of."""
    named = {name[5:]: value for name, value in environ.items() if name.startswith("HTTP_")}
    named |= {name: environ[name] for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if name in environ}
    lines = [(name.lower().replace("_", "-"), value) for name, value in named.items()]
    path = environ["PATH_INFO"].encode("latin-1", "replace").decode("utf-8", "replace")
    return Asked(path=path, method=environ["REQUEST_METHOD"], lines=lines, query_string=environ["QUERY_STRING"])


def _through(told: Told, asked: Asked, raw: bytes, *, remembers: bool) -> tuple[Any, ...]:
    app = door.app(
        told.keep, shop_id=7, count=told.counted.append, log=lambda *what: told.logged.append(what), remembers=remembers
    )
    app.logger.disabled = True
    assert isinstance(app.wsgi_app, Door)
    made = Gateway(app, door=app.wsgi_app, keeper=Kept(told.keep), threads=2)  # type: ignore[arg-type]
    answer = _run(made, asked, Line(raw))
    return answer.status, sorted(answer.headers), answer.body


def _run(made: Gateway, asked: Asked, line: Line) -> Answer:
    async def ask() -> None:
        loop = asyncio.get_running_loop()
        made.__rsgi_init__(loop)
        await made.__rsgi__(asked, line)
        made.__rsgi_del__(loop)

    loops.run(ask())
    return line.said[0]


@given(requests(), st.sampled_from([True, False, CannotKeep("full"), OSError("no disk")]), st.booleans())
def test_the_gateway_answers_and_does_the_same(
    environ: dict[str, Any], keeps: bool | Exception, remembers: bool
) -> None:
    """Status, headers, body, the row, what is counted and what is logged are those of the application."""
    raw = environ.pop("body")
    # what is cut off, or not read to its end, ends elsewhere here
    environ["CONTENT_LENGTH"] = str(len(raw))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    asked, quick, slow = _of(environ), Told(front=True, keeps=keeps), Told(front=True, keeps=keeps)
    environ["PATH_INFO"] = asked.path.encode().decode("latin-1")
    for name, value in [*environ.items()]:
        if name.startswith("HTTP_") and not value.isascii():
            environ[name] = ""

    status, headers, body = slow.ask({**environ, "wsgi.input": BytesIO(raw)})

    assert _through(quick, asked, raw, remembers=remembers) == (int(status[:3]), headers, body)
    assert (quick.counted, quick.logged, quick.kept) == (slow.counted, slow.logged, slow.kept)


@pytest.mark.parametrize("topic", sorted(door.TOPICS))
def test_a_plain_delivery_needs_no_thread(topic: str) -> None:
    """A signed delivery of a store that is remembered is answered on the loop."""
    told, raw = Told(front=True), b'{"id":1}'
    app = door.app(told.keep, shop_id=7, remembers=True)
    assert isinstance(app.wsgi_app, Door)
    lines = [(name.lower(), value) for name, value in door.signed(topic, raw).items()]
    asked = Asked(f"/webhooks/shopify/{topic}", lines=[*lines, ("content-length", str(len(raw)))])

    # whoever gets to the application finds nothing
    nothing: Any = None
    answer = _run(Gateway(nothing, door=app.wsgi_app, keeper=Kept(told.keep), threads=1), asked, Line(raw))  # type: ignore[arg-type]

    assert (answer.status, len(told.kept)) == (200, 1)


def _reader(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """An application that answers how much it could read."""
    start_response("200 OK", [])
    return [str(len(environ["wsgi.input"].read())).encode()]


SIZES = st.one_of(
    st.integers(0, 100),
    st.integers(SMALL_BODY_BYTES - 2, SMALL_BODY_BYTES + 2),
    st.integers(LONGEST_BODY_BYTES - 2, LONGEST_BODY_BYTES),
)


@given(size=SIZES, chunked=st.booleans())
def test_any_body_comes_through_whole(size: int, *, chunked: bool) -> None:
    """The application reads every byte, whichever way it came."""
    lines = [("transfer-encoding", "chunked")] if chunked else [("content-length", str(size))]

    answer = _run(
        Gateway(_reader, door=None, keeper=None, threads=1), Asked("/webhooks/x", lines=lines), Line(bytes(size))
    )

    assert answer.body == str(size).encode()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/webhooks/x", str(LONGEST_BODY_BYTES + 1)),
        ("/webhooks/x", "9" * 5_000),
        ("/api/v1/program", str(2 * SMALL_BODY_BYTES)),
    ],
)
def test_a_body_that_is_too_long_is_not_read(path: str, told: str) -> None:
    """What says that it is longer than anything we read stays where it is."""

    async def never() -> None:
        raise AssertionError("read")

    asked = Asked(path, lines=[("content-length", told)])

    assert _run(Gateway(_reader, door=None, keeper=None, threads=1), asked, Line(b"x", never)).body == b"0"


@pytest.mark.parametrize(
    "lines", [("content-length", "9"), ("content-length", "200000"), ("transfer-encoding", "chunked")]
)
def test_a_body_that_is_cut_off_is_400(lines: tuple[str, str]) -> None:
    """Who hangs up before the end is told so, as the door promises, and nothing is kept."""

    async def hung_up() -> None:
        raise RuntimeError("closed")

    told, asked = Told(front=True), Asked("/webhooks/shopify/orders/create", lines=[lines])
    app = door.app(told.keep, shop_id=7, count=told.counted.append)
    made = Gateway(app, door=None, keeper=None, threads=1)

    assert _run(made, asked, Line(b"{}", hung_up)).status == 400
    assert (told.counted, told.kept) == (["truncated"], [])


@pytest.mark.parametrize(
    "lines", [("content-length", "9"), ("content-length", "200000"), ("transfer-encoding", "chunked")]
)
def test_a_body_that_does_not_come_to_its_end_is_given_up(lines: tuple[str, str]) -> None:
    """After its time it is answered like one that was cut off, whatever of it came, and its place is free for the next."""

    async def never() -> None:
        await asyncio.Event().wait()

    told, asked = Told(front=True), Asked("/webhooks/shopify/orders/create", lines=[lines])
    app = door.app(told.keep, shop_id=7, count=told.counted.append)
    made = Gateway(app, door=None, keeper=None, threads=1, large=1, body_seconds=0.02)

    assert _run(made, asked, Line(bytes(SMALL_BODY_BYTES), never)).status == 400
    assert (told.counted, told.kept, made._large) == (["truncated"], [], 1)


def test_a_server_that_ends_ends_who_waits_for_a_body() -> None:
    """Cancelled by somebody else, a request does not go on."""
    made = Gateway(_reader, door=None, keeper=None, threads=1)

    async def ask() -> bool:
        made.__rsgi_init__(asyncio.get_running_loop())
        waits = asyncio.create_task(
            made.answer(Asked("/", lines=[("content-length", "9")]), Line(b"", asyncio.Event().wait))
        )
        await asyncio.sleep(0)
        waits.cancel()
        await asyncio.wait([waits])
        return waits.cancelled()

    assert loops.run(ask())


def test_large_bodies_are_few_at_a_time() -> None:
    """While the places for large bodies are taken the next one is 503, a small one is not; then it is taken as well."""
    made = Gateway(_reader, door=None, keeper=None, threads=1, large=1)
    large = Asked("/webhooks/x", lines=[("content-length", str(2 * SMALL_BODY_BYTES))])
    small = Asked("/", lines=[("content-length", "1")])
    raw = bytes(2 * SMALL_BODY_BYTES)

    async def ask() -> list[int]:
        made.__rsgi_init__(asyncio.get_running_loop())
        go_on = asyncio.Event()
        first = asyncio.create_task(made.answer(large, Line(raw, go_on.wait)))
        second = asyncio.create_task(made.answer(large, Line(raw, go_on.wait)))
        await asyncio.sleep(0)
        beside = await made.answer(small, Line(b"x"))
        go_on.set()
        both = sorted([(await first).status, (await second).status])
        return [*both, beside.status, (await made.answer(large, Line(raw))).status]

    assert loops.run(ask()) == [200, 503, 200, 200]


def test_slow_bodies_hold_nobody_up() -> None:
    """Hundreds of bodies that never end take no thread: the next request is answered."""
    made = Gateway(_reader, door=None, keeper=None, threads=1)

    async def ask() -> int:
        made.__rsgi_init__(asyncio.get_running_loop())
        ends = asyncio.Event()
        slow = Asked("/", lines=[("content-length", "100")])
        waiting = [asyncio.create_task(made.answer(slow, Line(b"", ends.wait))) for _ in range(300)]
        await asyncio.sleep(0)
        answer = await asyncio.wait_for(made.answer(Asked("/", method="GET"), Line()), 10)
        ends.set()
        await asyncio.gather(*waiting)
        return answer.status

    assert loops.run(ask()) == 200

"""What only a socket can bring: bytes that are no HTTP, or not quite, or twice; lengths that lie; clients that go away."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import MappingProxyType

from tests.campaigns.hostile import Request
from tests.campaigns.wire import Answer, Line, NoAnswer

#: whoever has not answered or hung up by then waits for the rest of a request, and is left
PATIENCE_SECONDS = 0.2
LINES = (
    b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 99999999999999999999", b"Content-Length: 1e3", b"Content-Length:",
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding : chunked",
    b"Expect: 100-continue", b"Connection: upgrade", b"Upgrade: h2c", b"Upgrade: websocket", b"Host: a\r\nHost: b", b"Host:",
    b"X: " + b"y" * 20_000, b"X" * 9_000 + b": y", b" folded: 1", b"no colon", b"\x00: \x00", b"X: \xff\xfe", b"\r\n", b"X:y\nZ:w",
)  # fmt: skip
STARTS = (
    b"POST /webhooks/shopify/orders/create HTTP/1.1", b"GET / HTTP/1.1", b"GET /livez HTTP/1.0", b"GET /livez HTTP/9.9", b"GET  /livez  HTTP/1.1",
    b"GET http://evil.example/livez HTTP/1.1", b"CONNECT evil.example:443 HTTP/1.1", b"OPTIONS * HTTP/1.1", b"PRI * HTTP/2.0",
    b"get /livez http/1.1", b"GET /" + b"a" * 20_000 + b" HTTP/1.1", b"GET /%", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"", b"\x00" * 50,
    b"GET /\xff HTTP/1.1", b"GET /\x00 HTTP/1.1", b"PUT /api/v1/program HTTP/1.1", b"GET /app/overview?" + b"&" * 5_000 + b" HTTP/1.1",
)  # fmt: skip
BODIES = (
    b"",
    b"{}",
    b'5\r\n{"a":\r\n',
    b"FFFFFFFFFFFFFFFFF\r\nx\r\n0\r\n\r\n",
    b"-1\r\n\r\n",
    b"0\r\n\r\nGET /livez HTTP/1.1\r\n\r\n",
    b"\x00" * 500,
)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

#: says something on a line; how many answers may come
Kind = Callable[[Line, Sequence[Request], random.Random], int]


def spelled_out(rng: random.Random, more: Sequence[bytes] = ()) -> bytes:
    """A request with mistakes, some of them with these headers too."""
    lines = [rng.choice(STARTS)] + [rng.choice(LINES) for _ in range(rng.randrange(4))]
    if more and rng.randrange(3) == 0:
        lines += more
        rng.shuffle(lines[1:])
    raw = b"\r\n".join([*lines, b"", b""]) + rng.choice(BODIES)
    if rng.randrange(4) == 0:
        raw = raw[: rng.randrange(1, len(raw) + 1)]
    if rng.randrange(5) == 0:
        place = rng.randrange(len(raw))
        raw = raw[:place] + rng.randbytes(3) + raw[place:]
    return raw


def misuse(port: int, kind: Kind, requests: Sequence[Request], rng: random.Random) -> list[Answer]:
    """One line that is misused with requests that would be sound; the answers until the server hangs up or waits."""
    found: list[Answer] = []
    with suppress(NoAnswer), Line(port, patience=PATIENCE_SECONDS) as line:
        for _ in range(kind(line, requests, rng)):
            found.append(line.answer())
            if found[-1].last:
                break
    return found


def _mistakes(line: Line, _requests: Sequence[Request], rng: random.Random) -> int:
    line.say(spelled_out(rng))
    line.say_no_more()
    return 2


def _cut_off(line: Line, requests: Sequence[Request], rng: random.Random) -> int:
    """Goes away in the middle; now and then without good-bye."""
    raw = requests[0].raw
    line.say(raw[: rng.randrange(1, len(raw) + 1)])
    if rng.randrange(2):
        line.break_off()
        return 0
    line.say_no_more()
    return 1


def _longer_than_it_is(line: Line, requests: Sequence[Request], rng: random.Random) -> int:
    line.say(_with_length(requests[0], len(requests[0].body) + rng.choice((1, 1_000, 10_000_000, 10**18))))
    line.say_no_more()
    return 1


def _shorter_than_it_is(line: Line, requests: Sequence[Request], rng: random.Random) -> int:
    """What is left over is taken for the next request."""
    line.say(_with_length(requests[0], rng.randrange(len(requests[0].body) + 1)))
    line.say_no_more()
    return 5


def _two_lengths(line: Line, requests: Sequence[Request], rng: random.Random) -> int:
    told = _with_length(requests[0], len(requests[0].body))
    other = rng.choice(
        (b"Content-Length: 0", b"Transfer-Encoding: chunked", b"Content-Length: 7", b"Transfer-Encoding: identity")
    )
    line.say(told.replace(b"\r\n", b"\r\n" + other + b"\r\n", 1))
    line.say_no_more()
    return 5


def _broken_chunks(line: Line, requests: Sequence[Request], rng: random.Random) -> int:
    head = _head(requests[0], b"Transfer-Encoding: chunked")
    size = rng.choice((b"zz", b"-5", b"5;x=" + b"y" * 20_000, b"FFFFFFFFFFFFFFFF", b"1" * 5_000, b"", b"5\n"))
    line.say(head + size + b"\r\n" + requests[0].body + b"\r\n0\r\nTrailer: " + rng.randbytes(50) + b"\r\n\r\n")
    line.say_no_more()
    return 2


def _many_at_once(line: Line, requests: Sequence[Request], _rng: random.Random) -> int:
    """The next before the answer to the one before, all in one piece."""
    plain = [one for one in requests if one.method != "HEAD"]
    line.say(b"".join(one.raw for one in plain))
    return len(plain)


def _flood_of_headers(line: Line, requests: Sequence[Request], rng: random.Random) -> int:
    flood = b"\r\n".join(b"X-%d: %d" % (number, number) for number in range(rng.choice((50, 90, 101, 5_000))))
    line.say(_head(requests[0], flood))
    line.say_no_more()
    return 1


def _enormous_header(line: Line, requests: Sequence[Request], rng: random.Random) -> int:
    line.say(_head(requests[0], b"Cookie: " + b"a=b;" * rng.choice((8_000, 100_000, 500_000))))
    line.say_no_more()
    return 1


def _another_protocol(line: Line, _requests: Sequence[Request], rng: random.Random) -> int:
    """TLS, HTTP/2 or noise where HTTP/1 is spoken."""
    greeting = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rng.randbytes(500)
    line.say(
        rng.choice(
            (greeting, PREFACE + b"\0\0\0\4\0\0\0\0\0", rng.randbytes(200), b"GET /livez\r\n\r\n", b"\r\n" * 5_000)
        )
    )
    line.say_no_more()
    return 1


#: each kind and its name
KINDS = MappingProxyType({
    kind.__name__[1:]: kind
    for kind in (
        _mistakes, _cut_off, _longer_than_it_is, _shorter_than_it_is, _two_lengths, _broken_chunks, _many_at_once,
        _flood_of_headers, _enormous_header, _another_protocol,
    )
})  # fmt: skip


def _head(one: Request, line: bytes) -> bytes:
    """The head of a request with other words about its body."""
    lines = [b"POST %s HTTP/1.1" % one.target, *(b"%s: %s" % header for header in one.headers), line, b"", b""]
    return b"\r\n".join(lines)


def _with_length(one: Request, length: int) -> bytes:
    return _head(one, b"Content-Length: %d" % length) + one.body

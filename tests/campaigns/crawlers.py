"""Clients that hold a server up: headers a line at a time, bodies a byte at a time, answers never read."""

from __future__ import annotations

import itertools
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection

HOST = "127.0.0.1"
#: between two crumbs of one client, in seconds
CRUMB_SECONDS = 0.5
DOOR = b"/webhooks/shopify/orders/create"
#: answers that nobody reads fill what the system keeps for them
UNREAD_REQUESTS = 200


@dataclass
class Crawler:
    """One slow client: what it says at once, and what it adds crumb by crumb."""

    begin: bytes
    crumbs: Iterator[bytes]
    line: socket.socket | None = None
    next_at: float = 0.0


@dataclass
class Crowd:
    """What became of the clients."""

    connected: int = 0
    #: how often a server hung up on one; it comes back at once
    thrown_out: int = field(default=0)


def slow_headers() -> Crawler:
    """Never comes to the end of its headers."""
    return Crawler(b"POST " + DOOR + b" HTTP/1.1\r\nHost: x\r\n", (b"X-%d: y\r\n" % n for n in itertools.count()))


def slow_body() -> Crawler:
    """Says that 10,000 bytes will follow, and sends them one by one."""
    head = b"POST " + DOOR + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n"
    return Crawler(head, itertools.repeat(b" "))


def slow_chunks() -> Crawler:
    """Sends a body in chunks of one byte."""
    head = b"POST " + DOOR + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    return Crawler(head, itertools.repeat(b"1\r\n \r\n"))


def never_reading() -> Crawler:
    """Asks and asks for something long, and reads no answer."""
    return Crawler(b"GET LONG HTTP/1.1\r\nHost: x\r\n\r\n" * UNREAD_REQUESTS, itertools.repeat(b""))


KINDS: tuple[Callable[[], Crawler], ...] = (slow_headers, slow_body, slow_chunks, never_reading)


@contextmanager
def crowd(port: int, clients: list[Crawler]) -> Iterator[Crowd]:
    """All of them at once, for as long as the block lasts; who is thrown out comes back."""
    told, stop = Crowd(), threading.Event()
    thread = threading.Thread(target=_drive, args=(port, clients, told, stop), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        stop.set()
        thread.join(10)


def _drive(port: int, clients: list[Crawler], told: Crowd, stop: threading.Event) -> None:
    long = _longest_script(port)
    for one in clients:
        one.begin = one.begin.replace(b"LONG", long)
    while not stop.is_set():
        now = time.monotonic()
        for one in clients:
            if one.next_at <= now:
                one.next_at = now + CRUMB_SECONDS
                _step(port, one, told)
        told.connected = sum(one.line is not None for one in clients)
        stop.wait(0.02)
    for one in clients:
        if one.line is not None:
            one.line.close()


def _longest_script(port: int) -> bytes:
    """The path of something that is long, and costs nothing to answer."""
    line = HTTPConnection(HOST, port, timeout=10)
    line.request("GET", "/app/overview")
    page = line.getresponse().read()
    line.close()
    found = re.search(rb'"(/[^"?]+\.js)"', page)
    assert found, "the pages have no script"
    return found.group(1)


def _step(port: int, one: Crawler, told: Crowd) -> None:
    if one.line is None:
        with suppress(OSError):
            made = socket.socket()
            # little room for answers that are not read
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            made.settimeout(2)
            made.connect((HOST, port))
            made.setblocking(False)
            one.line = made
            _say(one, one.begin)
        return
    try:
        _say(one, next(one.crumbs))
    except OSError:
        one.line.close()
        one.line = None
        told.thrown_out += 1


def _say(one: Crawler, told: bytes) -> None:
    assert one.line is not None
    with suppress(BlockingIOError):
        one.line.send(told)

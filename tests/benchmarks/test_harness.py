"""The benchmark measures what it says: different signed bodies, whole answers, honest ratios, nothing missing unseen."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
from itertools import islice

import pytest

from tests.benchmarks import bench_ack, deliveries, tables
from tests.benchmarks.load import Load, Sender

SECRET = "a secret of the benchmark"


def test_every_delivery_is_signed_and_different() -> None:
    """Each body is about 12 kB of JSON with an order of its own, signed over its very bytes, under a new delivery id."""
    requests = [
        request.partition(b"\r\n\r\n") for request in islice(deliveries.numbered(SECRET, run="a", host="h"), 120)
    ]
    for head, _, body in requests:
        assert base64.b64encode(hmac.digest(SECRET.encode(), body, hashlib.sha256)) in head
        assert f"Content-Length: {len(body)}".encode() in head
        assert 11_500 < len(body) < 13_500

    assert len({json.loads(body)["id"] for _, _, body in requests}) == len(requests)
    assert len({head.partition(b"Webhook-Id: ")[2].split(b"\r\n")[0] for head, _, _ in requests}) == len(requests)


def test_two_runs_never_send_the_same_order() -> None:
    """A second run's bodies differ from the first's, so that none is recognised as known."""
    first, second = (next(deliveries.numbered(SECRET, run=run, host="h")).partition(b"\r\n\r\n")[2] for run in "ab")

    assert first != second


def test_the_load_counts_whole_answers() -> None:
    """Only what was answered with 200 counts as acknowledged; a refusal and a broken connection are told apart."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=_answer_in_turn, args=(listening,), daemon=True)
        server.start()
        port = listening.getsockname()[1]
        load = Load(port=port, run="a", secret=SECRET, connections=1, seconds=0.3, warm_up_seconds=0)
        seen = Sender(load).run()
        server.join(10)

    assert seen.statuses["lost"] == 1
    assert seen.statuses["503"] == 1
    assert seen.statuses["200"] == len(seen.acknowledged) == seen.sent - 2
    assert {0, 1}.isdisjoint(seen.acknowledged)
    assert seen.p50 <= seen.p99 <= seen.p999


@pytest.mark.parametrize("stored", [["a-1"], ["a-1", "a-2", "a-2"]])
def test_a_missing_and_a_doubled_delivery_end_the_benchmark(stored: list[str]) -> None:
    """The figures of a server that lost or doubled something are worth nothing."""
    bench_ack.check("honest", ["a-1", "a-2"], ["a-2", "a-1", "a-3"])
    with pytest.raises(SystemExit):
        bench_ack.check("careless", ["a-1", "a-2"], stored)


def test_ratios_are_of_rounds() -> None:
    """A ratio is the median of each round's ratio, not the ratio of medians."""
    assert tables.ratio([10, 40, 90], [10, 20, 30]) == "2.00 (1.00–3.00)"


def test_columns_are_aligned() -> None:
    """Names stand to the left, figures to the right."""
    assert tables.table(["", "n"], [["a", "10"], ["bcd", "9"]]) == "      n\n---  --\na    10\nbcd   9"


def _answer_in_turn(listening: socket.socket) -> None:
    """Hangs up on the first delivery, refuses the second, and answers every other in two parts."""
    listening.accept()[0].close()
    line, refused = listening.accept()[0], False
    with line:
        while _read_request(line):
            status, refused = (b"200 OK" if refused else b"503 Busy"), True
            line.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 5\r\n\r\nke")
            line.sendall(b"pt\n")


def _read_request(line: socket.socket) -> bool:
    read = b""
    while b"\r\n\r\n" not in read:
        if not (part := line.recv(65_536)):
            return False
        read += part
    head, _, body = read.partition(b"\r\n\r\n")
    left = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0]) - len(body)
    while left:
        left -= len(line.recv(left))
    return True

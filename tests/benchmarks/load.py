"""The load: so many connections, each sending its next delivery as soon as the last is answered, from a process of its own.

``python -m tests.benchmarks.load`` reads a Load as JSON from standard input and writes what it saw to standard output.
A closed loop: while the server is slow, nobody sends; latencies are those of a sender that waits.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from tests.benchmarks import deliveries
from tests.house.sources import ROOT

#: how long an answer may take before the connection counts as failed
PATIENCE_SECONDS = 30
ANSWER_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What to send: ``run`` is the start of every delivery id, ``core`` where to run, None for anywhere."""

    port: int
    run: str
    secret: str
    connections: int
    seconds: float
    warm_up_seconds: float = 1.0
    core: int | None = None
    #: who take turns, and the day on which they buy
    customers: int = deliveries.TEMPLATES
    day: str = deliveries.DAY


@dataclass(slots=True)
class Seen:
    """What came back. Times in milliseconds; ``acknowledged`` holds the numbers of all deliveries answered with 200."""

    requests_per_second: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    p999: float = 0.0
    #: answers by status over the whole run; ``lost`` counts connections that broke
    statuses: dict[str, int] = field(default_factory=dict)
    acknowledged: list[int] = field(default_factory=list)
    sent: int = 0


class Line:
    """One keep-alive connection, with at most one delivery under way."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.number = -1
        self.sent_at = 0.0
        self.answer = b""
        self.socket = self._connect()

    def send(self, number: int, request: bytes) -> None:
        """Puts one delivery on its way."""
        self.number, self.answer, self.sent_at = number, b"", time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """The status once the answer is whole; None before. Raises OSError when the connection broke."""
        part = self.socket.recv(ANSWER_BYTES)
        if not part:
            raise ConnectionResetError
        self.answer += part
        head, end, body = self.answer.partition(b"\r\n\r\n")
        if not end or len(body) < _body_length(head):
            return None
        return int(head[9:12])

    def again(self) -> None:
        """A new connection in place of a broken one."""
        self.socket.close()
        self.socket = self._connect()

    def _connect(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


class Sender:
    """Drives all lines until the time is over, then waits for what is still under way."""

    def __init__(self, load: Load) -> None:
        self.load = load
        host = f"127.0.0.1:{load.port}"
        made = deliveries.numbered(load.secret, run=load.run, host=host, customers=load.customers, day=load.day)
        self.requests = enumerate(made)
        self.selector = selectors.DefaultSelector()
        self.statuses: Counter[str] = Counter()
        self.acknowledged: list[int] = []
        self.times: list[float] = []
        self.sent = 0

    def run(self) -> Seen:
        """Sends, and says what came back."""
        begin = time.perf_counter()
        opens, closes = begin + self.load.warm_up_seconds, begin + self.load.warm_up_seconds + self.load.seconds
        lines = [Line(self.load.port) for _ in range(self.load.connections)]
        for line in lines:
            self.selector.register(line.socket, selectors.EVENT_READ, line)
            self._next(line)
        self._listen(len(lines), opens=opens, closes=closes)
        for line in lines:
            line.socket.close()
        self.selector.close()
        return self._summary()

    def _listen(self, under_way: int, *, opens: float, closes: float) -> None:
        while under_way:
            ready = self.selector.select(PATIENCE_SECONDS)
            if not ready:
                self.statuses["lost"] += under_way
                return
            for key, _ in ready:
                if not self._heard(key.data, opens=opens, closes=closes):
                    continue
                if time.perf_counter() < closes:
                    self._next(key.data)
                else:
                    under_way -= 1

    def _next(self, line: Line) -> None:
        number, request = next(self.requests)
        self.sent += 1
        line.send(number, request)

    def _heard(self, line: Line, *, opens: float, closes: float) -> bool:
        """Whether the delivery under way is over, by an answer or by a broken connection."""
        try:
            status = line.receive()
        except OSError:
            self.statuses["lost"] += 1
            self.selector.unregister(line.socket)
            line.again()
            self.selector.register(line.socket, selectors.EVENT_READ, line)
            return True
        if status is None:
            return False
        now = time.perf_counter()
        self.statuses[str(status)] += 1
        if status == 200:
            self.acknowledged.append(line.number)
            if opens <= now < closes:
                self.times.append(now - line.sent_at)
        return True

    def _summary(self) -> Seen:
        times = sorted(self.times)
        p50, p99, p999 = (_share(times, share) * 1000 for share in (0.5, 0.99, 0.999))
        return Seen(len(times) / self.load.seconds, p50, p99, p999, dict(self.statuses), self.acknowledged, self.sent)


def _share(ordered: list[float], share: float) -> float:
    """The value that this share of all does not exceed; nought of nothing."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _body_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def sent_by_a_process(load: Load) -> Seen:
    """Runs the load in a process of its own."""
    said = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.load"],
        input=json.dumps(asdict(load)), stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    return Seen(**json.loads(said.stdout))


def ids(run: str, numbers: list[int]) -> Iterator[str]:
    """The delivery ids behind the numbers."""
    return (f"{run}-{number}" for number in numbers)


def main() -> None:
    """Reads the load, runs it, writes what was seen."""
    load = Load(**json.load(sys.stdin))
    if load.core is not None:
        os.sched_setaffinity(0, {load.core})
    json.dump(asdict(Sender(load).run()), sys.stdout)


if __name__ == "__main__":
    main()

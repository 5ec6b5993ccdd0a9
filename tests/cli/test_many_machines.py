"""Several web processes and workers on one PostgreSQL: what any of them acknowledged is there once and is done once."""

from __future__ import annotations

import itertools
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import requests
from sqlalchemy import select

from storage.engine import Database
from storage.tables import inbox, orders, snapshots
from tests.cli import running
from tests.cli.running import answers, deliver, order, wait_until
from tests.journeys.conftest import free_port

CUSTOMERS, ORDERS, SENDERS = 5, 60, 8


def test_two_web_sides_and_two_workers_lose_and_double_nothing(fresh_postgresql_url: str) -> None:
    """Deliveries sent to both, some twice and under other ids, while one worker is told to stop: each order counts once."""
    place = running.server_place(fresh_postgresql_url)
    place.connect()
    with ExitStack() as stack:
        sides = [free_port() for _ in range(2)]
        at = [f"http://127.0.0.1:{port}" for port in sides]
        web = [stack.enter_context(place.started("serve", "--port", str(port), "--no-worker")) for port in sides]
        workers = [stack.enter_context(place.started("worker")) for _ in range(2)]
        wait_until(lambda: all(answers(f"{one}/readyz") for one in at))
        _send(at, range(ORDERS // 2))
        workers[0].send_signal(signal.SIGTERM)
        _send(at, range(ORDERS // 2, ORDERS))
        wait_until(lambda: "regulars_inbox_waiting 0.0" in requests.get(f"{at[0]}/metrics", timeout=10).text)
        assert workers[0].wait(running.PATIENCE) == 0
        assert [one.poll() for one in (*web, workers[1])] == [None] * 3

    database = Database(fresh_postgresql_url)
    with database.reading() as db:
        told = db.execute(select(inbox.c.delivery_id, inbox.c.state)).all()
        bought = Counter(db.execute(select(orders.c.customer_id)).scalars())
        counted = dict(db.execute(select(snapshots.c.customer_id, snapshots.c.order_count)).all())
    database.close()
    assert Counter(row.state for row in told) == {"done": ORDERS}
    assert bought == {str(customer): ORDERS // CUSTOMERS for customer in range(1, CUSTOMERS + 1)} == counted


def _send(at: list[str], numbers: range) -> None:
    """Each order to one side, again to the other, and once more under another id: 200 every time, new once."""
    turns = itertools.cycle(at)

    def tell(number: int) -> list[str]:
        raw = order(number + 1, customer=number % CUSTOMERS + 1, at=f"2026-03-{number % 28 + 1:02d}T10:00:00Z")
        said = [deliver(next(turns), raw, name) for name in (f"d{number}", f"d{number}", f"e{number}")]
        assert {answer.status_code for answer in said} == {200}
        return [answer.text for answer in said]

    with ThreadPoolExecutor(SENDERS) as senders:
        assert all(texts == ["kept\n", "known\n", "known\n"] for texts in senders.map(tell, numbers))

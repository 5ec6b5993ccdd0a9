"""The web side as an operator starts and stops it."""

import signal
import subprocess
import time
from pathlib import Path

import pytest
import requests

from tests.cli.running import REGULARS, sqlite_place
from tests.journeys.conftest import free_port

#: for a start, and for a stop, on a busy machine, in seconds
PATIENCE = 60


REFUSED = 'regulars_webhook_answers_total{outcome="bad_signature"}'


@pytest.mark.parametrize("options", [[], ["--processes", "2"], ["--no-worker"]])
def test_serve_answers_until_it_is_told_to_stop(tmp_path: Path, options: list[str]) -> None:
    """After migrate, serve is ready, refuses unsigned webhooks, counts them, names no program under it, ends on SIGTERM."""
    place = sqlite_place(tmp_path)
    place.connect()
    port = free_port()
    running = subprocess.Popen(
        [*REGULARS, "serve", "--port", str(port), *options],
        env=place.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/readyz")
        for _ in range(12):
            refused = requests.post(f"http://127.0.0.1:{port}/webhooks/shopify/orders/create", data=b"{}", timeout=10)
            assert refused.status_code == 401
            assert refused.headers["Server"] == "regulars"
        told = [requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text for _ in range(4)]
        assert all(f"{REFUSED} 12.0" in text and "regulars_inbox_waiting 0.0" in text for text in told)
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=PATIENCE)


def test_a_worker_tells_its_metrics_where_it_is_asked_to(tmp_path: Path) -> None:
    """A worker of its own answers Prometheus on its port, and ends on SIGTERM with exit code 0."""
    place = sqlite_place(tmp_path)
    place.connect()
    port = free_port()
    running = subprocess.Popen(
        [*REGULARS, "worker", "--metrics-port", str(port)],
        env=place.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/metrics")
        assert "regulars_outbox_waiting 0.0" in requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=PATIENCE)
    assert running.returncode == 0


def _wait_until_ready(address: str) -> None:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        try:
            if requests.get(address, timeout=5).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.2)
    pytest.fail("serve was not ready in time")

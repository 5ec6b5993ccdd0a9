"""The web side as an operator starts and stops it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.journeys.conftest import free_port

#: for a start, and for a stop, on a busy machine, in seconds
PATIENCE = 60


@pytest.mark.parametrize("options", [[], ["--processes", "2"], ["--no-worker"]])
def test_serve_answers_until_it_is_told_to_stop(tmp_path: Path, options: list[str]) -> None:
    """After migrate, serve is ready, refuses an unsigned webhook, and ends on SIGTERM."""
    environ = {**os.environ, "REGULARS_DATABASE_URL": f"sqlite:///{tmp_path / 'shop.db'}"}
    regulars = [sys.executable, "-m", "plugin"]
    subprocess.run([*regulars, "migrate"], env=environ, check=True, capture_output=True)
    port = free_port()
    running = subprocess.Popen(
        [*regulars, "serve", "--port", str(port), *options],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/readyz")
        refused = requests.post(f"http://127.0.0.1:{port}/webhooks/shopify/orders/create", data=b"{}", timeout=10)
        assert refused.status_code == 401
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=PATIENCE)


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

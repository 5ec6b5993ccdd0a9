"""A disk that fails or is full: 503 for as long as it lasts, nothing acknowledged is lost, and work goes on by itself."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from plugin.sandbox.deliveries import Outgoing
from tests.campaigns import checks, running, senders
from tests.campaigns.programs import Starter, asked, is_ready, wait_until
from tests.campaigns.running import Say
from tests.campaigns.senders import Book
from tests.campaigns.town import Town
from tests.campaigns.trap import Calls, Trap, needs_trap

#: a disk that has room again is written to within this many seconds
RECOVERS_SECONDS = 5
DISK_MB, BALLAST_MB = 16, 4
#: bytes of each delivery that cannot be packed
NOISE = 24_000
PURCHASES = 15
ORDERED = "orders/create"
FAILURES = [(Calls.SYNC, errno.EIO), (Calls.SYNC, errno.ENOSPC), (Calls.WRITE, errno.EIO), (Calls.WRITE, errno.ENOSPC)]


@needs_trap
def test_a_disk_that_fails_for_a_while(
    starter: Starter, trapped: Trap, a_town: Callable[..., Town], sqlite_url: str
) -> None:
    """Whatever call fails and how, the answer is 503, what was acknowledged is there, and the next delivery is kept."""
    fail_servers(starter, trapped, a_town(sqlite_url), points=[1, 4])


@needs_trap
@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_disk_that_fails_at_every_point(
    starter: Starter, trapped: Trap, a_town: Callable[..., Town], sqlite_url: str, size: Callable[[str], int], say: Say
) -> None:
    """The same at so many calls of each kind, with each error."""
    points = range(1, size("kill-points") // len(FAILURES) + 2)
    failed = fail_servers(starter, trapped, a_town(sqlite_url, size("campaign-seed")), points=points)
    say(f"{failed} failures of the disk at {len(points) * len(FAILURES)} points")


def fail_servers(starter: Starter, trap: Trap, town: Town, *, points: list[int] | range) -> int:
    """One server all along; from each point on three calls fail, and all that was not acknowledged is sent again."""
    book, failed = Book(), 0
    with running.serving(starter, town) as (_, port):
        for calls, error in FAILURES:
            for number in points:
                trap.fail_at(number, calls, error=error, lasting=3)
                # many deliveries may share a commit: so many until that call has come
                while not trap.happened:
                    senders.deliver_all(port, town.live(PURCHASES), book)
                failed += trap.happened
                trap.clear()
        assert set(book.statuses) == {200, 503}, book.statuses
        assert not book.without_retry_after
        wait_until(lambda: is_ready(port), seconds=RECOVERS_SECONDS)
    checks.is_whole(town.runtime.database)
    assert checks.kept(town.runtime.database) == {senders.name(number) for number in book.sent}
    checks.nothing_is_doubled(town)
    running.bring_to_rest(starter, town)
    checks.all_is_told(town, town.orders)
    return failed


def test_a_full_disk(
    starter: Starter, a_town: Callable[..., Town], small_disk: Path, sqlite_template: Path, say: Say
) -> None:
    """Full, everything is answered 503 and nothing is lost; with room again deliveries are kept and taken in by themselves."""
    shutil.copyfile(sqlite_template, small_disk / "regulars.db")
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(BALLAST_MB << 20))
    town, book = a_town(f"sqlite:///{small_disk / 'regulars.db'}"), Book()
    coming = _heavy(town, random.Random(1))
    with running.serving(starter, town, worker_inside=True) as (server, port):
        postman = senders.Postman(port, book)
        while book.statuses[503] < 20:
            assert postman.deliver(next(coming)) in {200, 503}
        assert len(book.acknowledged) > 100
        # a commit of one page may still find room where a delivery does not; each takes some of it
        wait_until(lambda: asked(port, "/readyz") == 503, seconds=RECOVERS_SECONDS, lives=[server])
        assert asked(port, "/livez") == 200
        ballast.unlink()
        seconds = wait_until(lambda: postman.deliver(next(coming)) == 200, seconds=RECOVERS_SECONDS, lives=[server])
        # what it found is told again for a second
        wait_until(lambda: is_ready(port), seconds=RECOVERS_SECONDS, lives=[server])
        postman.close()
        checks.nothing_acknowledged_is_missing(town, book)
        assert set(book.statuses) == {200, 503}
        say(f"a full disk: {book.statuses[200]} kept, {book.statuses[503]} answered 503, {seconds:.2f} s to recover")
        senders.deliver_all(port, book.unanswered(), book)
        # the worker was without room as well: what it had taken and could not give back it tries again after the lease
        town.leases_end()
        wait_until(lambda: not town.waiting(), lives=[server])
    checks.is_whole(town.runtime.database)
    checks.all_is_told(town, {str(json.loads(one.body)["id"]) for one in book.sent.values() if one.topic == ORDERED})


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, with little room."""
    with _mounted(tmp_path / "disk") as folder:
        yield folder


@contextmanager
def _mounted(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(["mount", *options], check=False).returncode:
        pytest.skip("only root may mount a small disk here; the failing calls above stand for it")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _heavy(town: Town, rng: random.Random) -> Iterator[Outgoing]:
    """What happens in the town, each told with more that cannot be packed."""
    while True:
        for one in town.live(1):
            noise = b',"noise":"%s"}' % rng.randbytes(NOISE // 2).hex().encode()
            yield replace(one, body=one.body.removesuffix(b"}") + noise)

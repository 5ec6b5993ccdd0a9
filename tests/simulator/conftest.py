"""How many schedules are played: a fixed number in every run of the tests, or as many as the long campaign asks for."""

from __future__ import annotations

import gc
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from storage.engine import Database
from tests import databases
from tests.simulator.swift import opened_server, opened_swift


def pytest_addoption(parser: pytest.Parser) -> None:
    """The long campaign's share: any part of the seeds, so that it can be gone on with."""
    group = parser.getgroup("simulator")
    group.addoption("--seeds", type=int, default=1_000_000, help="schedules of the long campaign")
    group.addoption(
        "--first-seed", type=int, default=0, help="the seed to begin with; with --seeds 1 one is played again"
    )


@pytest.fixture(scope="module")
def one_database(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A SQLite file that many schedules use one after the other, and that nobody waits for the disk with.

    Here nothing dies but a worker's memory: whether the disk has it is asked by the tests that pull the plug.
    """
    copy = tmp_path_factory.mktemp("simulator") / "regulars.db"
    shutil.copyfile(sqlite_template, copy)
    with closing(opened_swift(copy)) as opened:
        _settle()
        yield opened


@pytest.fixture(scope="module")
def durable_database(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The same as the product opens it, for every tenth schedule."""
    with closing(Database(databases.sqlite_copy(sqlite_template, tmp_path_factory.mktemp("durable")))) as opened:
        yield opened


@pytest.fixture(scope="module")
def a_server(postgresql_url: str, postgresql_template: str) -> Iterator[Database]:
    """A PostgreSQL database that many schedules use one after the other."""
    with databases.server_copy(postgresql_url, postgresql_template) as url, closing(opened_server(url)) as opened:
        yield opened


@pytest.fixture(scope="module")
def seen() -> Counter[tuple[str, str]]:
    """How often each trouble met each phase in the schedules played so far; ("", "schedules") counts them."""
    return Counter()


@pytest.fixture
def aloud(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Says something that is to be read in every run."""

    def say(text: str) -> None:
        with capsys.disabled():
            print(text, flush=True)  # noqa: T201

    return say


def _settle() -> None:
    """What is loaded stays; the many short-lived objects of the schedules are then gone through without it."""
    gc.collect()
    gc.freeze()

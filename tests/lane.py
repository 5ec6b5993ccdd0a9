"""One lane of the suite, a pytest plugin: it takes files of tests from a queue that it shares with the lanes beside it.

Every lane collects the whole suite, then claims one file after the other until none is left, those that take longest
first. A file is run by the one lane that claimed it. A lane that ran nothing has failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

import pytest

#: begun first, so that none of them is alone at the end: what takes over ten seconds, longest first
LONGEST = (
    "tests/simulator/test_simulator.py", "tests/browser/test_states.py", "tests/journeys/test_pulled_plug.py",
    "tests/protocol/test_protocol.py", "tests/journeys/test_demo.py", "tests/browser/test_accessible.py",
    "tests/campaigns/test_synced.py", "tests/cli/test_backup.py", "tests/rewards/test_laws.py",
    "tests/cli/test_serving.py", "tests/cli/test_many_machines.py", "tests/storage/test_facts.py",
    "tests/api/test_document.py", "tests/journeys/test_history.py", "tests/campaigns/test_stopped.py",
    "tests/journeys/test_in_store.py", "tests/cli/test_import_and_signals.py", "tests/storage/test_erasure.py",
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--claims", type=Path, required=True, help="a folder that the lanes of a run share, empty before")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    if session.testsfailed:
        raise session.Interrupted("not everything could be collected")
    files, session.testscollected = by_file(session.items), 0
    for name in in_order(list(files)):
        if claim(session.config.option.claims, name):
            # none at the end is what pytest fails for
            session.testscollected += len(files[name])
            _run(session, files[name])
    return True


def by_file(items: Sequence[pytest.Item]) -> Mapping[str, list[pytest.Item]]:
    """The tests of each file, named by its path from the root."""
    return {name: list(tests) for name, tests in groupby(items, key=lambda item: item.nodeid.partition("::")[0])}


def in_order(files: Sequence[str]) -> list[str]:
    """The files, those that take longest first, the others as they came."""
    return [*(name for name in LONGEST if name in files), *(name for name in files if name not in LONGEST)]


def claim(claims: Path, file: str) -> bool:
    """Whether a file of tests is this lane's from now on; exactly one lane is told so."""
    try:
        (claims / file.replace("/", "|")).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _run(session: pytest.Session, items: Sequence[pytest.Item]) -> None:
    # what belongs to the session stays up after the last of a file, what belongs to the file does not
    for item, following in zip(items, [*items[1:], session], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)

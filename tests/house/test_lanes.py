"""The lanes of the suite leave nothing out, do nothing twice, and fail where something failed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import lane, lanes
from tests.house.sources import ROOT

#: passes only while the other file's test runs too, in another process
MEETING = """
import os, time
from pathlib import Path
HERE = Path(__file__).parent
def test_meets():
    (HERE / f"{Path(__file__).stem}.ran").open("a").write(f"{os.getpid()} ")
    ends = time.monotonic() + 60
    while len({told.read_text() for told in HERE.glob("*.ran")}) < 2:
        assert time.monotonic() < ends
        time.sleep(0.01)
"""


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small suites need no plugins of others, which take seconds to import."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def test_each_file_is_run_in_one_lane(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Two files of tests run side by side, each once, and both lanes end with their own summary."""
    for name in ("test_one.py", "test_two.py"):
        (tmp_path / name).write_text(MEETING, encoding="utf-8")

    assert lanes.side_by_side(*_of(tmp_path)) == 0

    ran = [path.read_text(encoding="utf-8").split() for path in tmp_path.glob("*.ran")]
    assert len(ran) == 2
    assert [len(processes) for processes in ran] == [1, 1]
    assert capfd.readouterr().out.count("1 passed in") == 2


@pytest.mark.parametrize("fails", ["test_one.py", "test_two.py"])
def test_a_failure_of_either_lane_fails_both(fails: str, tmp_path: Path) -> None:
    """The exit code is 1 whichever file a test fails in."""
    for name in ("test_one.py", "test_two.py"):
        end = "    assert False\n" if name == fails else ""
        (tmp_path / name).write_text(MEETING + end, encoding="utf-8")

    assert lanes.side_by_side(*_of(tmp_path)) == 1


def test_a_lane_with_nothing_to_do_fails(tmp_path: Path) -> None:
    """One file cannot be run in two lanes: the lane without one fails the whole."""
    (tmp_path / "test_one.py").write_text("def test_it():\n    pass\n", encoding="utf-8")

    assert lanes.side_by_side(*_of(tmp_path)) == 1


def test_the_lanes_heed_the_settings_of_the_suite(tmp_path: Path) -> None:
    """What the suite's pyproject.toml leaves out is run in no lane, wherever the lanes keep their claims."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest]\naddopts = ["-m", "not soak"]\nmarkers = ["soak"]\n', encoding="utf-8"
    )
    left_out = "import pytest\n@pytest.mark.soak\ndef test_left_out():\n    assert False\n"
    for name in ("test_one.py", "test_two.py"):
        (tmp_path / name).write_text(MEETING + left_out, encoding="utf-8")

    script = "import sys; from tests import lanes; sys.exit(lanes.side_by_side())"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, check=False).returncode == 0


def test_an_interruption_ends_every_lane(tmp_path: Path) -> None:
    """Interrupted, as by Ctrl-C, no lane goes on, and the exit code is 1."""
    endless = "import os, time\n\ndef test_it():\n    open(f'{__file__}.{os.getpid()}.ran', 'w').close()\n    time.sleep(120)\n"
    for name in ("test_one.py", "test_two.py"):
        (tmp_path / name).write_text(endless, encoding="utf-8")
    # who is started in the background by a shell is told to ignore it
    heeds = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"
    script = f"{heeds}; from tests import lanes; sys.exit(lanes.side_by_side(*{_of(tmp_path)!r}))"

    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, start_new_session=True) as running:
        processes = _pids(tmp_path, 2)
        os.killpg(running.pid, signal.SIGINT)
        assert running.wait(60) == 1
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_the_longest_are_files_of_tests() -> None:
    """Each file that is begun first is there, and named once."""
    assert all((ROOT / name).is_file() for name in lane.LONGEST)
    assert len(set(lane.LONGEST)) == len(lane.LONGEST)
    assert lane.in_order(["tests/other.py", *reversed(lane.LONGEST)]) == [*lane.LONGEST, "tests/other.py"]


def _of(folder: Path) -> list[str]:
    """The arguments for a suite of a folder of its own."""
    return ["-c", os.devnull, "--rootdir", str(folder), "-p", "no:cacheprovider", str(folder)]


def _pids(folder: Path, count: int) -> list[int]:
    """The processes in which that many tests have begun."""
    ends = time.monotonic() + 60
    while len(told := list(folder.glob("*.ran"))) < count:
        assert time.monotonic() < ends
        time.sleep(0.02)
    return [int(path.name.split(".")[-2]) for path in told]

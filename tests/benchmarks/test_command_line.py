"""The benchmarks' command line says what there is to run, before anything runs."""

from __future__ import annotations

import subprocess
import sys

from tests.house.sources import ROOT


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.benchmarks", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_help_names_what_can_be_said() -> None:
    """``--help`` answers and exits with 0: no sign in a text of help is taken for a placeholder."""
    said = _run("--help")

    assert (said.returncode, said.stderr) == (0, "")
    assert "usage" in said.stdout


def test_a_benchmark_that_is_not_there_is_wrong_use() -> None:
    """An unknown name ends with 2, and the message lists those there are."""
    said = _run("ack", "no-such-thing")

    assert said.returncode == 2
    assert all(name in said.stderr for name in ("ack", "process", "no-such-thing"))

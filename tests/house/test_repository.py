"""The repository is what a visitor expects: nothing strange at the top, everything owed there, every room described."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house import repository
from tests.house.sources import ROOT

GOOD_ENTRY = "flask==3.1.3 \\\n    --hash=sha256:" + 64 * "a" + "\n"


def test_nothing_strange_stands_at_the_top() -> None:
    """The tree's top level holds the rooms and what convention asks for, no more."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout, so nothing tells the repository's files from others")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert not list(repository.strangers({path.split("/")[0] for path in listed.split("\0") if path}))


def test_a_stranger_is_noticed() -> None:
    """A folder of helpers at the top is named."""
    assert list(repository.strangers(["plugin", "utils"])) == ["utils"]


def test_what_is_owed_is_there() -> None:
    """Licence, changes, readme, manifest, settings, commands and the check exist and are not empty."""
    assert not list(repository.missing_files(ROOT))


def test_a_missing_or_empty_file_is_noticed(tmp_path: Path) -> None:
    """An empty folder owes everything; an empty file counts as missing."""
    (tmp_path / "README.md").touch()

    assert tuple(repository.missing_files(tmp_path)) == repository.OWED


def test_the_licence_is_mit() -> None:
    """The licence is the MIT licence, in the contributors' name, as the package declares."""
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")

    assert text.startswith("MIT License\n")
    assert "Regulars contributors" in text
    assert 'license = "MIT"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_changes_have_a_place_for_the_next() -> None:
    """Whoever changes something finds the heading under which to say so."""
    assert "\n## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_room_says_what_it_promises() -> None:
    """Each room has a README."""
    assert not list(repository.rooms_without_readme(ROOT))


def test_a_room_without_readme_is_noticed(tmp_path: Path) -> None:
    """A package at the top and one inside the plugin are rooms; a README makes them whole."""
    for room in ("plugin", "plugin/signals", "storage"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").touch()
    (tmp_path / "storage" / "README.md").touch()

    assert list(repository.rooms_without_readme(tmp_path)) == ["plugin", "plugin/signals"]


@pytest.mark.parametrize("name", repository.LOCKS)
def test_locks_install_the_same_bytes_everywhere(name: str) -> None:
    """Every package is pinned with hashes, and no index address binds the file to one network."""
    text = (ROOT / name).read_text(encoding="utf-8")

    assert text.count("==") > 10
    assert not list(repository.lock_faults(text))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("flask==3.1.3\n", "flask==3.1.3 has no hash"),
        (GOOD_ENTRY.replace("==", ">="), "flask>=3.1.3 is not pinned"),
        (f"--index-url https://pypi.example.org/simple\n{GOOD_ENTRY}", "names an index"),
        (f"-i pypi.example.org\n{GOOD_ENTRY}".replace("-i pypi", "--find-links pypi"), "names an index"),
    ],
)
def test_a_loose_lock_is_noticed(text: str, fault: str) -> None:
    """A missing hash, an open version and an index are each named; a tight entry passes."""
    assert (list(repository.lock_faults(text)), list(repository.lock_faults(GOOD_ENTRY))) == ([fault], [])


def test_the_commands_exist() -> None:
    """The Makefile has the targets that the README and the check rely on."""
    assert not list(repository.missing_targets((ROOT / "Makefile").read_text(encoding="utf-8")))


def test_a_missing_command_is_noticed() -> None:
    """A variable or a longer name is no target."""
    assert list(repository.missing_targets("setup:\ndemo-fast:\ntest := x\nbench:\nsoak: setup\nlint:\n")) == [
        "demo",
        "test",
    ]


def test_the_check_is_the_whole_suite() -> None:
    """What runs on every push is make test, and a failure in it fails the check."""
    assert repository.runs_the_whole_suite((ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


@pytest.mark.parametrize(
    "script", ["set -euo pipefail\nmake lint\n", "set -euo pipefail\nmake test || true\n", "make test\n"]
)
def test_a_weakened_check_is_noticed(script: str) -> None:
    """A part of the suite, a swallowed failure and a shell that goes on are no check."""
    assert not repository.runs_the_whole_suite(script)

"""``tests/browser.sh`` finds a browser or installs one, says so in a line, and never fails the build.

The programs it calls are small stand-ins on a PATH of their own; they write down how they were called.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT

NEEDED = ("grep", "tail", "uname")


class Machine:
    """A machine with so many programs and no others; ``calls`` is what was asked of them."""

    def __init__(self, folder: Path) -> None:
        self.programs = folder / "bin"
        self.programs.mkdir()
        self.log = folder / "calls"
        self.log.touch()
        self.chromium = folder / "Chromium for tests"
        for name in NEEDED:
            (self.programs / name).symlink_to(_found(name))
        self.add("python", f'case "$*" in *playwright*) exit 1;; esac\nexec {sys.executable} "$@"')
        self.add("id", "echo 0")
        self.add("fc-list", "echo Noto")

    @property
    def calls(self) -> list[str]:
        return self.log.read_text().splitlines()

    def add(self, name: str, script: str) -> None:
        """A program that is written down when it is called."""
        program = self.programs / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >> "{self.log}"\n{script}\n')
        program.chmod(0o755)

    def run(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """What the script says on this machine."""
        return subprocess.run(
            ["/bin/sh", ROOT / "tests" / "browser.sh", self.programs / "python"],
            env={"PATH": str(self.programs), **environment}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine of the superuser without any browser."""
    return Machine(tmp_path)


def test_the_named_browser_is_taken(machine: Machine) -> None:
    """CHROMIUM wins over what lies on the PATH, and a space in its name does no harm."""
    machine.add("chromium", "")
    machine.add("named browser", "")
    said = machine.run(CHROMIUM=str(machine.programs / "named browser"))

    assert said.stdout == f"Browser for the tests: {machine.programs / 'named browser'}\n"
    assert (said.returncode, said.stderr) == (0, "")


def test_a_notice_is_no_browser(machine: Machine) -> None:
    """A chromium-browser that only tells how to get one is passed over."""
    machine.add("chromium-browser", "echo 'install the snap'; exit 1")
    machine.add("google-chrome", "")

    assert machine.run().stdout == f"Browser for the tests: {machine.programs / 'google-chrome'}\n"


@pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="what is tried is Debian's way to install")
def test_debian_installs_its_own(machine: Machine) -> None:
    """On Debian the distribution's Chromium is installed, with letters for Chinese, and nothing else along with it."""
    if "ID=debian" not in Path("/etc/os-release").read_text().splitlines():
        pytest.skip("a relative of Debian: there Playwright's browser is taken")
    machine.add("env", 'shift; exec "$@"')
    chromium = machine.programs / "chromium"
    machine.add(
        "apt-get",
        f'case "$*" in *install*) cp /bin/true {chromium} 2>/dev/null || ln -s {_found("true")} {chromium};; esac',
    )
    (machine.programs / "cp").symlink_to(_found("cp"))
    said = machine.run()

    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == "Installing chromium and fonts-noto-cjk with apt-get …\n"
    assert [call.split()[3:] for call in machine.calls if call.startswith("apt-get")] == [
        ["update"],
        ["install", "--yes", "--no-install-recommends", "chromium", "fonts-noto-cjk"],
    ]


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac's browsers lie outside of PATH, so none can be hidden")
def test_without_a_way_the_build_goes_on(machine: Machine) -> None:
    """Where nothing can be installed the script says how to get a browser, and succeeds."""
    machine.add("apt-get", "echo 'no network' >&2; exit 100")
    said = machine.run()

    assert said.returncode == 0
    assert "set CHROMIUM" in said.stderr


def _found(name: str) -> Path:
    return next(path for folder in os.get_exec_path() if (path := Path(folder) / name).exists())

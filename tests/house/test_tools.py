"""Layers, style and types hold, by the same tools and settings as ``make lint``; each tool is shown to be awake."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import PRODUCT, ROOT

TOOLS = Path(sys.executable).parent
PLANTED_IMPORTS = {
    "storage/money.py": "import plugin.config\n",
    "plugin/rewards/decision.py": "import time\n",
    "plugin/sandbox/__init__.py": "import storage.tables\n",
    "plugin/stray.py": '"""A module that no layer lists."""\n',
}


def run(tool: str, *args: str, cwd: Path = ROOT, given: str | None = None) -> subprocess.CompletedProcess[str]:
    """What a tool of this environment says, and its exit status."""
    return subprocess.run([TOOLS / tool, *args], cwd=cwd, input=given, capture_output=True, text=True, check=False)


def test_the_layers_hold() -> None:
    """Every import goes down the layers that pyproject.toml draws, and every module has its place in them."""
    said = run("lint-imports")

    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("module", PLANTED_IMPORTS)
def test_an_import_against_the_layers_is_noticed(module: str, tmp_path: Path) -> None:
    """An import upwards, an impure decision, a knowing sandbox and an unplaced module each break a contract."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in PRODUCT:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=lambda folder, names: _not_python(Path(folder), names))
    planted = tmp_path / module
    planted.write_text((planted.read_text() if planted.exists() else "") + PLANTED_IMPORTS[module])
    said = run("lint-imports", "--no-cache", cwd=tmp_path)

    assert said.returncode == 1, said.stdout + said.stderr
    assert "BROKEN" in said.stdout


def test_the_style_holds() -> None:
    """Ruff has nothing to say."""
    said = run("ruff", "check", "--output-format", "concise", ".")

    assert said.returncode == 0, said.stdout + said.stderr


def test_the_format_holds() -> None:
    """The formatter would change nothing."""
    said = run("ruff", "format", "--check", ".")

    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("text", ["import os\n", '"""Words."""\n\n\ndef give(x):\n    """Give it."""\n    return x\n'])
def test_bad_style_is_noticed(text: str) -> None:
    """An unused import and a missing type are each an error in the product."""
    assert run("ruff", "check", "--stdin-filename", "storage/planted.py", "-", given=text).returncode == 1


def test_bad_format_is_noticed() -> None:
    """A line that the formatter would write otherwise fails."""
    assert (
        run("ruff", "format", "--check", "--stdin-filename", "storage/planted.py", "-", given="x = ( 1 )\n").returncode
        == 1
    )


def test_the_types_hold() -> None:
    """Mypy in its strict mode finds no error in the product."""
    said = run("mypy")

    assert said.returncode == 0, said.stdout + said.stderr


def test_a_wrong_type_is_noticed(tmp_path: Path) -> None:
    """The settings are strict: an untyped function and a wrong value are errors."""
    (tmp_path / "planted.py").write_text("def give(x):\n    return x\n\n\nnumber: int = 'one'\n")
    said = run("mypy", "--config-file", str(ROOT / "pyproject.toml"), str(tmp_path / "planted.py"))

    assert said.returncode == 1, said.stdout + said.stderr
    assert "Found 2 errors" in said.stdout


def _not_python(folder: Path, names: list[str]) -> list[str]:
    return [name for name in names if name == "__pycache__" or not (name.endswith(".py") or (folder / name).is_dir())]

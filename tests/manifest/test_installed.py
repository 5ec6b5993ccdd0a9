"""A wheel carries the manifest and finds it after installation, without a second copy in the repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("plugin", "webhooks", "storage")
FILES = ("pyproject.toml", "manifest.json", "README.md", "LICENSE")
SHOW = "from plugin import manifest; print(manifest.__file__); print(manifest.load().name)"
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Regulars as a wheel, built from a copy, so that the clone stays clean."""
    folder = tmp_path_factory.mktemp("wheel")
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / "source" / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in FILES:
        if (ROOT / file).exists():
            shutil.copy(ROOT / file, folder / "source" / file)
    how = ["--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", str(folder)]
    subprocess.run([*PIP, "wheel", *how, str(folder / "source")], check=True)
    return next(folder.glob("*.whl"))


@pytest.mark.parametrize("way", ["--target", "--prefix"])
def test_an_installed_wheel_finds_its_manifest(way: str, wheel: Path, tmp_path: Path) -> None:
    """Installed under another folder and run from elsewhere, Regulars still knows what it declares."""
    how = ["--no-deps", "--no-index", "--no-compile", "--ignore-installed"]
    subprocess.run([*PIP, "install", *how, way, str(tmp_path / "there"), str(wheel)], check=True)
    site = next((tmp_path / "there").rglob("plugin/manifest.py")).parent.parent
    program = f"import sys; sys.path.insert(0, {str(site)!r}); {SHOW}"

    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=tmp_path)
    shown = run.stdout.splitlines()

    assert Path(shown[0]).is_relative_to(tmp_path)
    assert shown[1] == "Regulars"

"""A command line on an empty, migrated SQLite database."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from plugin.cli import run


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    def rows(self) -> list[dict[str, Any]]:
        """The JSON lines on standard output."""
        return [json.loads(line) for line in self.out.splitlines()]


Regulars = Callable[..., Said]


@pytest.fixture
def regulars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Regulars:
    """Runs one command line in this process."""
    monkeypatch.setenv("REGULARS_DATABASE_URL", f"sqlite:///{tmp_path / 'shop.db'}")

    def command(*arguments: str) -> Said:
        code = run(list(arguments))
        out, err = capsys.readouterr()
        return Said(code, out, err)

    assert command("migrate").code == 0
    return command


@pytest.fixture
def shop(regulars: Regulars, monkeypatch: pytest.MonkeyPatch) -> str:
    """A connected store that cannot be reached; its domain."""
    monkeypatch.setenv("REGULARS_SHOPIFY_ORIGIN", "http://127.0.0.1:9")
    monkeypatch.setenv("REGULARS_ALLOW_PRIVATE_HOSTS", "1")
    assert regulars("shops", "add", "shopify", "corner.myshopify.com", "--token", "shpat_test").code == 0
    return "corner.myshopify.com"

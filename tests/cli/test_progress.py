"""How long work tells how far it is: the program on a terminal, and without one."""

from __future__ import annotations

import json
import os
import pty
import termios
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from threading import Thread
from typing import TextIO

import pytest

from plugin.cli.measuring import LIST, NIGHT
from plugin.usecases.stages import Stage
from tests.cli.conftest import Regulars

HEADER = "order_id,customer_id,ordered_at,total,currency"


@pytest.fixture
def filled(regulars: Regulars, shop: str, tmp_path: Path) -> str:
    """A connected store with a few orders; its domain."""
    file = tmp_path / "orders.csv"
    rows = [
        f"{who}-{turn},{who},2026-0{turn + 1}-{10 + who},20.00,USD" for who in range(9) for turn in range(1 + who % 4)
    ]
    file.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    assert regulars("import", shop, "--from-csv", str(file)).code == 0
    return shop


@contextmanager
def terminal() -> Iterator[tuple[TextIO, list[str]]]:
    """A terminal to write on, and what stood on it once it is left."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    pieces: list[bytes] = []
    reader = Thread(target=_read, args=(ours, pieces))
    reader.start()
    seen: list[str] = []
    with os.fdopen(theirs, "w", encoding="utf-8") as screen:
        yield screen, seen
    reader.join()
    os.close(ours)
    seen.append(b"".join(pieces).decode())


def _read(end: int, pieces: list[bytes]) -> None:
    # a terminal whose other end is closed cannot be read
    with suppress(OSError):
        while piece := os.read(end, 65_536):
            pieces.append(piece)


def test_a_measurement_shows_a_bar_with_its_parts(regulars: Regulars, filled: str) -> None:
    """On a terminal each part is named beside the bar, which is gone at the end; what is printed is the result alone."""
    with terminal() as (screen, seen), redirect_stderr(screen):
        said = regulars("recompute", filled)
    names = [name for name, _ in NIGHT.values()]
    told = [name for name in names if f"\r{name}: " in seen[0]]

    assert (said.code, said.out) == (0, f"Measured 9 customers of {filled}.\n")
    assert {"Reading the orders", "Learning how customers come back", "Saving the measures"} <= set(told)
    assert "%|" in seen[0]
    assert seen[0].split("\r")[-2:] == [" " * len(seen[0].split("\r")[-2]), ""]


def test_rows_in_a_file_leave_the_bar_on_the_terminal(regulars: Regulars, filled: str) -> None:
    """Standard output is JSON to the last line, and the bar goes on while rows are written."""
    with terminal() as (screen, seen), redirect_stderr(screen):
        said = regulars("signals", filled)

    assert len(said.rows()) == 9
    assert all(f"\r{name}: " in seen[0] for name, _ in LIST.values())


def test_rows_on_a_terminal_are_not_mixed_with_a_bar(regulars: Regulars, filled: str) -> None:
    """The bar is gone before the first row comes."""
    with terminal() as (screen, seen), redirect_stderr(screen), redirect_stdout(screen):
        regulars("signals", filled)
    before, _, rows = seen[0].partition("{")

    assert "\rLooking ahead: " in before
    assert len([json.loads(line) for line in ("{" + rows).splitlines()]) == 9


@pytest.mark.parametrize(("command", "named"), [("recompute", NIGHT), ("signals", LIST)])
def test_elsewhere_each_part_is_a_line(
    regulars: Regulars, filled: str, command: str, named: dict[Stage, tuple[str, int]]
) -> None:
    """Without a terminal the parts come one below the other on standard error, each once."""
    lines = regulars(command, filled).err.splitlines()
    names = [f"{name}." for name, _ in named.values()]

    assert lines == [name for name in names if name in lines]
    assert len(lines) >= 5

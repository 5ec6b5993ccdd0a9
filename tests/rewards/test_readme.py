"""The room's README tells of every reason there is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOM = Path(__file__).resolve().parents[2] / "plugin" / "rewards"


def spoken() -> dict[str, str]:
    """The codes that the sources give reasons by, with ``yes`` or ``no``."""
    calls = (
        node
        for path in sorted(ROOM.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"yes", "no"}
    )
    return {call.args[0].value: call.func.id for call in calls}  # type: ignore[attr-defined]


def test_every_reason_is_explained() -> None:
    """The table of reasons has exactly the codes of the sources, each with whether it speaks for the offer."""
    text = (ROOM / "README.md").read_text(encoding="utf-8")
    table = dict(re.findall(r"^\| `([a-z_]+)` \| (yes|no) \|", text, re.MULTILINE))
    assert table == spoken()
    assert len(table) > 30


def test_every_file_is_listed() -> None:
    """The map of files names every module of the room."""
    text = (ROOM / "README.md").read_text(encoding="utf-8")
    modules = {path.name for path in ROOM.glob("*.py")} - {"__init__.py"}
    assert modules == {name for name in re.findall(r"`([a-z_]+\.py)`", text) if "/" not in name}

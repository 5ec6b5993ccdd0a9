"""Which trouble has to meet which phase of the work, and the table of how often each pair did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

PHASES = ("door", "claim", "absorb", "decide", "prepare", "ask", "switch off", "sweep", "conclude", "close")
WIRE = ("ask", "switch off", "sweep")
IN_HAND = ("absorb", *WIRE, "conclude")
SELDOM = ("absorb", "ask", "sweep", "conclude")
WRITES = ("door", "claim", "absorb", "decide", "prepare", "conclude", "close")
#: trouble → the phases that it must have met; what is not here cannot happen, or says nothing
PAIRS: dict[str, tuple[str, ...]] = {
    "duplicate": ("door",),
    "old letter": ("door",),
    "disorder": ("door",),
    "lost request": ("ask", "switch off"),
    "late request": ("ask", "switch off"),
    "doubled request": ("ask",),
    "taken": ("ask",),
    "lost answer": WIRE,
    "throttled": WIRE,
    "not sent": WIRE,
    "read lag": WIRE,
    "commit fails": WRITES,
    "commit untold": WRITES,
    "crash": IN_HAND,
    "lease over": IN_HAND,
    "taken over": IN_HAND,
    "jump": IN_HAND,
    "back": IN_HAND,
    "change": IN_HAND,
    "undo": IN_HAND,
    "redact": IN_HAND,
    "meddling": SELDOM,
    "uninstalled": SELDOM,
    "restore": SELDOM,
}


def missed(hits: Counter[tuple[str, str]], least: int) -> list[tuple[str, str]]:
    """The pairs that met less often than that."""
    return [(trouble, phase) for trouble, phases in PAIRS.items() for phase in phases if hits[trouble, phase] < least]


def table(hits: Counter[tuple[str, str]]) -> str:
    """How often each trouble met each phase; a dot where the two have nothing to do with each other."""
    rows = [_row(trouble, [_cell(hits, trouble, phase) for phase in PHASES]) for trouble in PAIRS]
    return "\n".join([_row("", PHASES), *rows])


def _cell(hits: Counter[tuple[str, str]], trouble: str, phase: str) -> str:
    return str(hits[trouble, phase]) if phase in PAIRS[trouble] else "."


def _row(name: str, cells: Iterable[str]) -> str:
    return f"{name:16}" + "".join(f"{cell:>11}" for cell in cells)

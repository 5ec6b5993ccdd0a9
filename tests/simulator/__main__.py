"""Plays without end and can be stopped at any time: what was played so far is kept in a file, and gone on with.

``python -m tests.simulator bugs [STATE]``: each planted bug without any hint of what brings it to light, until it is seen.
``python -m tests.simulator schedules [STATE]``: the long campaign of the product as it is.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests import databases
from tests.simulator.bugs import BUGS
from tests.simulator.chaos import play
from tests.simulator.parts import Parts
from tests.simulator.swift import opened_swift

#: schedules between two notes of how far it is
PIECE = 50


def main() -> int:
    """Goes on where the state says; 1 where a bug was not seen or a schedule does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("what", choices=("bugs", "schedules"))
    parser.add_argument("state", nargs="?", type=Path, help="kept here from run to run (default .simulator-WHAT.json)")
    parser.add_argument("--most", type=int, help="schedules for each bug (5,000), or of the campaign (1,000,000)")
    given = parser.parse_args()
    path = given.state or Path(f".simulator-{given.what}.json")
    state: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    names = list(BUGS) if given.what == "bugs" else ["the product"]
    most = given.most or (5_000 if given.what == "bugs" else 1_000_000)
    for name in names:
        mine = state.setdefault(name, {"played": 0, "seen": ""})
        _go_on(name, mine, most, BUGS.get(name, Parts), lambda: path.write_text(json.dumps(state, indent=1)))
    missed = [name for name in names if bool(state[name]["seen"]) != (given.what == "bugs")]
    print(f"{len(names) - len(missed)} of {len(names)} as they should be; not: {', '.join(missed) or 'none'}")  # noqa: T201
    return bool(missed)


def _go_on(name: str, mine: dict[str, Any], most: int, parts: Callable[[], Parts], note: Callable[[], object]) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(opened_swift(databases.sqlite_template(Path(folder)))) as database,
    ):
        gc.collect()
        gc.freeze()
        while not mine["seen"] and mine["played"] < most:
            run = play(database, mine["played"], parts)
            mine["played"] += 1
            mine["seen"] = run.violation
            if mine["played"] % PIECE == 0 or run.violation:
                note()
                print(f"{name}: {mine['played']} schedules: {run.violation or 'go on'}", flush=True)  # noqa: T201
            if run.violation and parts is Parts:
                print(run.story())  # noqa: T201
    note()


if __name__ == "__main__":
    sys.exit(main())

"""``python -m tests.benchmarks [NAME …]`` runs the benchmarks and prints their tables; without a name, all of them.

A benchmark is a module ``bench_<name>.py`` beside this one with ``run(given: Options) -> None``.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil

from tests import benchmarks
from tests.benchmarks import tables
from tests.benchmarks.options import Options

PREFIX = "bench_"


def main() -> None:
    """Reads the command line and runs what it names."""
    there = [
        found.name.removeprefix(PREFIX)
        for found in pkgutil.iter_modules(benchmarks.__path__)
        if found.name.startswith(PREFIX)
    ]
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description="Figures of one run on one machine."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of: {', '.join(there)} (default: all)")
    parser.add_argument(
        "--rounds", type=int, default=Options().rounds, help="rounds over all cases (default: %(default)s)"
    )
    parser.add_argument(
        "--seconds", type=float, default=Options().seconds, help="length of a window (default: %(default)s)"
    )
    parser.add_argument("--no-peers", action="store_true", help="leave the other products out")
    asked = parser.parse_args()
    if strangers := sorted(set(asked.names) - set(there)):
        parser.error(f"there is no benchmark {strangers[0]!r}; there are: {', '.join(there)}")
    given = Options(rounds=asked.rounds, seconds=asked.seconds, peers=not asked.no_peers)
    for name in asked.names or there:
        module = importlib.import_module(f"tests.benchmarks.{PREFIX}{name}")
        title = (module.__doc__ or name).splitlines()[0]
        tables.show(f"\n{title}\n{'=' * len(title)}")
        module.run(given)


if __name__ == "__main__":
    main()

"""``python -m tests.lanes``: the whole suite in two lanes side by side, one for each of two cores; with arguments, plain pytest.

The first lane is told as it runs, the second when it has ended. Exits with 1 if either failed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parent
#: about half of the time; whatever is not named here runs in the other lane
FIRST = (
    "api", "benchmarks", "browser", "campaigns", "cli", "house", "signals", "storage", "upgrades", "usecases",
)  # fmt: skip


def split() -> tuple[list[str], list[str]]:
    """The folders of tests, by lane; each is in one."""
    folders = sorted(path.name for path in TESTS.iterdir() if any(path.glob("test_*.py")))
    first = [name for name in folders if name in FIRST]
    return first, [name for name in folders if name not in FIRST]


def main() -> int:
    """Runs both lanes and answers with the exit code."""
    if sys.argv[1:]:
        return subprocess.run([sys.executable, "-m", "pytest", *sys.argv[1:]], check=False).returncode
    first, second = (
        [sys.executable, "-m", "pytest", *(f"tests/{name}" for name in lane)] for lane in split()
    )  # fmt: skip
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(second, stdout=said, stderr=subprocess.STDOUT) as beside:
            codes = [subprocess.run(first, check=False).returncode, beside.wait()]
        said.seek(0)
        sys.stdout.flush()
        sys.stdout.buffer.write(said.read())
        sys.stdout.flush()
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())

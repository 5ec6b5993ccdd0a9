"""``python -m tests.lanes``: the whole suite in two lanes side by side, one for each of two cores; with arguments, plain pytest.

Both take files of tests from one queue (``tests/lane.py``), so they end at about the same time on any machine.
The first lane is told as it runs, the second when it has ended. Exits with 1 if either failed or ran nothing.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress

LANES = 2
#: how long an interrupted lane may take to close its servers, in seconds, before it is told again and then ended
GRACE_SECONDS = 10.0


def main() -> int:
    """Runs both lanes and answers with the exit code."""
    if sys.argv[1:]:
        return subprocess.run([sys.executable, "-m", "pytest", *sys.argv[1:]], check=False).returncode
    return side_by_side()


def side_by_side(*arguments: str) -> int:
    """Runs what pytest finds under the arguments, each file of tests in one of the lanes; answers with the exit code."""
    with tempfile.TemporaryDirectory() as claims, tempfile.TemporaryFile() as said:
        # in one word: pytest looks for its settings above any word that is a path
        queued = ["-p", "tests.lane", f"--claims={claims}", "-o", "console_output_style=classic"]
        command = [sys.executable, "-m", "pytest", *queued, *arguments]
        told = subprocess.Popen(command)
        beside = [subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT) for _ in range(LANES - 1)]
        try:
            codes = [lane.wait() for lane in (told, *beside)]
        except KeyboardInterrupt:
            _end([told, *beside])
            codes = [1]
        said.seek(0)
        sys.stdout.flush()
        sys.stdout.buffer.write(said.read())
        sys.stdout.flush()
    return int(any(codes))


def _end(lanes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Waits for interrupted lanes. A terminal has told them as well; one that was not told is told, then ended."""
    for tell in (None, signal.SIGINT, signal.SIGKILL):
        for lane in lanes:
            if tell is not None and lane.poll() is None:
                lane.send_signal(tell)
        for lane in lanes:
            with suppress(subprocess.TimeoutExpired):
                lane.wait(GRACE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())

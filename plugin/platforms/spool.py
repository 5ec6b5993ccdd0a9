"""Lines put aside on disk in parts, so that what belongs together is found together, whatever the order it came in.

One file without a name, gone with its process. In memory are a small buffer for each part and the places of what was
written: about a thousandth of the file.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

#: a part's lines are gathered to this size before they are written
BUFFER_BYTES = 64 * 1024
#: what one part should come to: it is read back as a whole
PART_BYTES = 8 * 1024 * 1024
MOST_PARTS = 512


def parts_for(size: int) -> int:
    """Into how many parts a file of so many bytes goes."""
    return min(MOST_PARTS, max(1, -(-size // PART_BYTES)))


class Spool:
    """``parts`` heaps of lines. ``folder`` is where the file lies, else where the system keeps such files."""

    def __init__(self, parts: int, *, folder: Path | None = None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (lives as long as the spool)
        self._buffers = [bytearray() for _ in range(parts)]
        self._places: list[list[tuple[int, int]]] = [[] for _ in range(parts)]
        self._end = 0
        self.lines = 0

    def put(self, part: int, line: bytes) -> None:
        """Adds a line, which holds no line end, to a part. Raises OSError on a full disk."""
        buffer = self._buffers[part]
        buffer += line
        buffer += b"\n"
        self.lines += 1
        if len(buffer) >= BUFFER_BYTES:
            self._write(part)

    def take(self, part: int) -> list[bytes]:
        """All lines of a part, in the order in which they came."""
        pieces = []
        for place, length in self._places[part]:
            self._file.seek(place)
            pieces.append(self._file.read(length))
        return list(filter(None, b"".join((*pieces, self._buffers[part])).split(b"\n")))

    def close(self) -> None:
        """Forgets everything."""
        self._file.close()

    def _write(self, part: int) -> None:
        buffer = self._buffers[part]
        self._file.seek(self._end)
        self._file.write(buffer)
        self._places[part].append((self._end, len(buffer)))
        self._end += len(buffer)
        buffer.clear()

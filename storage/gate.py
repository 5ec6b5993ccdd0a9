"""A lock between threads and processes: a mutex inside, ``flock`` outside; both block instead of polling."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Gate:
    """Open to one thread of one process at a time. The lock falls when the process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mutex = threading.Lock()
        self._owner: int | None = None
        self._file: int | None = None

    def __enter__(self) -> None:
        """Waits for its turn. Raises RuntimeError for a thread that is inside already: it would wait for itself."""
        if self._owner == threading.get_ident():
            raise RuntimeError("a transaction inside a transaction: one entry, one transaction")
        self._mutex.acquire()
        try:
            fcntl.flock(self._opened(), fcntl.LOCK_EX)
        except BaseException:
            self._mutex.release()
            raise
        self._owner = threading.get_ident()

    def __exit__(self, *_error: object) -> None:
        self._owner = None
        fcntl.flock(self._opened(), fcntl.LOCK_UN)
        self._mutex.release()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Inside the gate, whether or not this thread is there already."""
        if self._owner == threading.get_ident():
            yield
        else:
            with self:
                yield

    def close(self) -> None:
        """Gives the file back."""
        with self._mutex:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _opened(self) -> int:
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._file

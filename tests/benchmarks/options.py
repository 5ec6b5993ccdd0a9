"""What a benchmark is told, and where it may keep what it fetches."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How long to measure: ``rounds`` rounds, each window ``seconds`` long. ``peers`` brings the other products."""

    rounds: int = 3
    seconds: float = 3.0
    peers: bool = True


def cache() -> Path:
    """The folder outside of the repository for the other products; made when missing."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "regulars-benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder

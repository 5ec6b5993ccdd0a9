"""The files that the house checks read: every text of the repository that somebody wrote by hand."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
#: the four folders that the product consists of
PRODUCT = ("plugin", "webhooks", "storage")
ROOMS = (*PRODUCT, "tests")
TOP_FILES = ("pyproject.toml", "manifest.json", "README.md", "CHANGELOG.md", "Makefile", ".ci/run")
WRITTEN = frozenset(
    {".py", ".js", ".css", ".html", ".toml", ".sh", ".md", ".json", ".graphql", ".svg", ".po", ".mako", ""}
)  # fmt: skip


class Source(NamedTuple):
    """One file: its path from the root of the repository, with slashes, and its text."""

    path: str
    text: str

    @property
    def suffix(self) -> str:
        """With the dot, as ``.py``."""
        return Path(self.path).suffix

    @property
    def in_product(self) -> bool:
        """Whether it runs at the user's, not only in the tests."""
        return self.path.startswith(tuple(f"{room}/" for room in PRODUCT))

    @property
    def tree(self) -> ast.Module:
        """The parsed module; empty for what is not Python."""
        return _parsed(self.text, self.path) if self.suffix == ".py" else ast.Module(body=[], type_ignores=[])

    def under(self, *places: str) -> bool:
        """Whether it is one of the modules or lies in one of the packages, given as ``plugin/cli``."""
        stem = self.path.removesuffix(".py")
        return any(stem == place or stem.startswith(f"{place}/") for place in places)


def every(root: Path = ROOT) -> Iterator[Source]:
    """Every written file of the rooms and the named ones at the top, in the order of their paths."""
    inside = (path for room in ROOMS for path in sorted((root / room).rglob("*")))
    for path in (*inside, *(root / name for name in TOP_FILES)):
        if path.is_file() and path.suffix in WRITTEN and not _made(path.relative_to(root)):
            yield Source(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))


def _made(path: Path) -> bool:
    """Whether tools made it and no one wrote it."""
    return any(part == "__pycache__" or (part.startswith(".") and part != ".ci") for part in path.parts)


@functools.lru_cache(maxsize=1000)
def _parsed(text: str, path: str) -> ast.Module:
    return ast.parse(text, filename=path)

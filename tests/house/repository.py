"""What the repository as a whole owes its visitors; each check takes texts or names and yields what is amiss."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from tests.house.sources import Source

#: what a visitor may meet beside the rooms; anything else belongs into a room
TOP_LEVEL = frozenset({
    "plugin", "webhooks", "storage", "tests",
    "pyproject.toml", "manifest.json", "README.md",
    "Makefile", "LICENSE", "CHANGELOG.md", "requirements.lock", "requirements-dev.lock",
    ".ci", ".gitignore", ".gitattributes", ".editorconfig", ".dockerignore",
})  # fmt: skip
OWED = ("README.md", "LICENSE", "CHANGELOG.md", "manifest.json", "pyproject.toml", "Makefile", ".ci/run")
TARGETS = ("setup", "demo", "test", "bench", "soak", "lint")
LOCKS = ("requirements.lock", "requirements-dev.lock")
#: folders of packages whose own folders are rooms too
HALLS = ("plugin",)
INDEX_ADDRESS = re.compile(r"https?://|--(?:extra-)?index-url|--find-links|--trusted-host|^-i\b", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")


def strangers(names: Collection[str]) -> Iterator[str]:
    """Names at the top level of the tree that do not belong there."""
    yield from sorted(set(names) - TOP_LEVEL)


def missing_files(root: Path) -> Iterator[str]:
    """Files that convention asks for and that are absent or empty."""
    for name in OWED:
        if not (root / name).is_file() or not (root / name).read_text(encoding="utf-8").strip():
            yield name


def rooms_without_readme(root: Path) -> Iterator[str]:
    """Rooms that do not say what they promise: the packages at the top, and those directly inside ``plugin``."""
    halls = [root / hall for hall in HALLS]
    for parent in (root, *halls):
        for package in sorted(parent.glob("*/__init__.py")):
            if not (package.parent / "README.md").is_file():
                yield package.parent.relative_to(root).as_posix()


def lock_faults(text: str) -> Iterator[str]:
    """Why a lock file would not install the same bytes everywhere: a package without hash or exact version, an index."""
    for entry in _entries(text):
        name = entry.split(maxsplit=1)[0]
        if not re.match(r"[A-Za-z0-9._-]+==\S+", entry):
            yield f"{name} is not pinned"
        if not HASH.search(entry):
            yield f"{name} has no hash"
    if INDEX_ADDRESS.search(text):
        yield "names an index"


def missing_targets(makefile: str) -> Iterator[str]:
    """The targets that the Makefile promises and does not have."""
    there = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    yield from (target for target in TARGETS if target not in there)


def runs_the_whole_suite(script: str) -> bool:
    """Whether the check of every push is ``make test``, unweakened."""
    lines = [line.strip() for line in script.splitlines()]
    return "make test" in lines and "set -euo pipefail" in lines


def unknown_commands(readme: str, commands: Collection[str]) -> Iterator[str]:
    """Commands of the program that a text shows and that do not exist."""
    shown = set(re.findall(r"\bregulars ([a-z][a-z-]+)", "\n".join(_code(readme))))
    yield from sorted(shown - set(commands))


def unknown_options(readme: str, options: Collection[str]) -> Iterator[str]:
    """Options that a text shows beside the program's name and that no command of it takes."""
    lines = [line for code in _code(readme) for line in code.splitlines() if re.search(r"\bregulars [a-z]", line)]
    shown = {option for line in lines for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", line)}
    yield from sorted(shown - set(options))


def unnamed(readme: str, names: Collection[str]) -> Iterator[str]:
    """Names that a text does not mention."""
    yield from (name for name in names if not re.search(rf"\b{re.escape(name)}\b", readme))


def dead_links(source: Source, root: Path) -> Iterator[str]:
    """Links of a Markdown text to files of the repository that are not there."""
    for target in re.findall(r"\]\(([^)\s#]+)[^)]*\)", source.text):
        if "://" not in target and not target.startswith("mailto:"):
            folder = (root / source.path).parent
            if not (folder / target).exists():
                yield target


def unknown_modules(source: Source, known: Collection[str]) -> Iterator[str]:
    """Python files that a Markdown text names, by their path from anywhere above, and that the repository does not have."""
    for named in re.findall(r"`([\w./-]+\.py)`", source.text):
        if not any(f"/{path}".endswith(f"/{named}") for path in known):
            yield named


def _code(text: str) -> Iterator[str]:
    """What a Markdown text shows as code, in blocks and in lines."""
    yield from re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def _entries(lock: str) -> Iterator[str]:
    """The packages of a lock file, one joined line each, comments left out."""
    kept = "\n".join(line for line in lock.splitlines() if not line.lstrip().startswith("#"))
    for entry in kept.replace("\\\n", " ").splitlines():
        if entry.strip() and not entry.strip().startswith("--"):
            yield entry.strip()

"""The key file beside a SQLite database is made once, whole, and for its owner only."""

from __future__ import annotations

import stat
from multiprocessing import get_context
from pathlib import Path

import pytest

from plugin.vault import KeyFileError, Vault, load_or_make_keys


def test_keys_are_made_once(tmp_path: Path) -> None:
    """The second start finds the keys of the first, in a file that only the owner reads, and nothing beside it."""
    path = tmp_path / "regulars.keys"
    first = load_or_make_keys(path)

    assert load_or_make_keys(path) == first
    assert len(first[0]) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_two_processes_that_start_at_once_get_the_same_keys(tmp_path: Path) -> None:
    """The first file stays; nobody ever sees half of one."""
    path = tmp_path / "regulars.keys"
    with get_context("fork").Pool(4) as pool:
        found = pool.map(load_or_make_keys, [path] * 16)

    assert set(found) == {load_or_make_keys(path)}
    assert list(tmp_path.iterdir()) == [path]


def test_a_rotated_file_is_read_newest_first(tmp_path: Path) -> None:
    """One key a line, the newest on top; what the old one sealed opens."""
    path = tmp_path / "regulars.keys"
    old = load_or_make_keys(path)
    sealed = Vault(old).seal(b"x", about="y")
    path.write_text("n" * 40 + "\n\n" + path.read_text())

    assert load_or_make_keys(path) == ("n" * 40, *old)
    assert Vault(load_or_make_keys(path)).unseal(sealed, about="y") == b"x"


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """The sentence says what to do."""
    path = tmp_path / "regulars.keys"
    load_or_make_keys(path)
    path.chmod(0o644)

    with pytest.raises(KeyFileError, match="chmod 600"):
        load_or_make_keys(path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    """It is never filled with new keys: what was sealed with the lost ones may still be there."""
    path = tmp_path / "regulars.keys"
    path.touch(mode=0o600)

    with pytest.raises(KeyFileError, match="backup"):
        load_or_make_keys(path)

"""The way in without a store's admin: a printed link that opens the pages, for one who may change or one who may look."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Regulars


def test_a_link_is_printed_for_the_address_that_is_set(
    regulars: Regulars, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its signed token; two links are never the same."""
    monkeypatch.setenv("REGULARS_PUBLIC_URL", "https://regulars.example.com")
    first, second = regulars("shops", "link", shop), regulars("shops", "link", shop, "--read-only", "--locale", "zh")

    assert (first.code, second.code) == (0, 0)
    assert first.out.startswith("https://regulars.example.com/app/overview?t=")
    assert first.out != second.out


def test_without_an_address_it_says_what_to_set(regulars: Regulars, shop: str) -> None:
    """One sentence, no link."""
    told = regulars("shops", "link", shop)

    assert (told.code, told.out) == (1, "")
    assert "REGULARS_PUBLIC_URL" in told.err

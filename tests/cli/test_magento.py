"""A Magento store connected, read and looked at from the command line, and what is said when something is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plugin.sandbox.magento.server import serve
from plugin.sandbox.magento.store import KEYS, RESOURCES, MagentoStore
from plugin.sandbox.server import RunningStore
from tests.cli.conftest import Regulars

FOUR = (
    "--consumer-key", KEYS.consumer_key, "--consumer-secret", KEYS.consumer_secret,
    "--access-token", KEYS.access_token, "--access-token-secret", KEYS.access_token_secret,
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[MagentoStore, RunningStore]]:
    """A Magento store on loopback with three orders, and settings that let it be spoken to."""
    monkeypatch.setenv("REGULARS_ALLOW_PRIVATE_HOSTS", "1")
    monkeypatch.setenv("REGULARS_PUBLIC_URL", "https://regulars.example.com")
    made = MagentoStore(tmp_path / "magento.db", now=lambda: datetime.now(UTC))
    running = serve(made)
    for _ in range(3):
        made.checkout(customer_id=None, total="40.00")
    yield made, running
    running.close()
    made.close()


def test_four_values_connect_a_store_and_import_reads_it(regulars: Regulars, store: tuple[MagentoStore, RunningStore]):
    """Connected, subscribed, read; connected once more it is the same shop; its addresses and secrets are printed."""
    _, running = store
    regulars("migrate")
    first = regulars("shops", "add", "magento", running.url, *FOUR)
    assert (first.code, first.err) == (0, "")
    assert f"Connected {running.url} as shop 1." in first.out
    assert "tell what happens" in first.out
    read = regulars("import", running.url)
    assert (read.code, read.out) == (0, f"Imported 3 orders of 1 customer into {running.url}.\n")
    assert regulars("shops", "add", "magento", running.url, *FOUR).out.startswith(f"Connected {running.url} as shop 1.")
    told = json.loads(regulars("shops", "connection", running.url, "--json").out)
    assert told["deliveries"] == f"https://regulars.example.com/webhooks/magento/{told['connection']}"
    assert len(told["deliveries_secret"]) == len(told["launch_secret"]) == 64
    assert told["deliveries_secret"] != told["launch_secret"]


def test_without_values_two_addresses_are_printed(regulars: Regulars):
    """The store may say hello at addresses that nobody can guess; they stay the same when asked for again."""
    regulars("migrate")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REGULARS_PUBLIC_URL", "https://regulars.example.com")
        first, again = (regulars("shops", "add", "magento", "shop.example.com") for _ in range(2))
    assert first.code == 0
    assert "https://regulars.example.com/auth/magento/" in first.out
    lines = [line for line in first.out.splitlines() if "URL" in line]
    assert len(lines) == 2
    assert set(lines) <= set(again.out.splitlines())


@pytest.mark.parametrize(
    ("url", "more", "code", "says"),
    [
        ("ftp://shop.example.com", (), 2, "not the address of a store"),
        ("https://user:pw@shop.example.com", (), 2, "not the address of a store"),
        ("http://shop.example.com", FOUR, 2, "over https"),
        ("https://shop.example.com", FOUR[:4], 2, "--access-token is missing"),
        ("https://127.0.0.1", FOUR, 1, "was not connected"),
        ("https://shop.example.com", (), 1, "REGULARS_PUBLIC_URL"),
    ],
)
def test_what_cannot_be_connected_is_one_sentence(
    regulars: Regulars, url: str, more: tuple[str, ...], code: int, says: str
):
    """A wrong address, three of four values, a private host and a missing setting are told, and nothing is kept."""
    regulars("migrate")
    told = regulars("shops", "add", "magento", url, *more)
    assert (told.code, told.out) == (code, "")
    assert says in told.err
    assert regulars("shops", "list").out == ""


def test_what_is_not_ticked_is_named(regulars: Regulars, store: tuple[MagentoStore, RunningStore]):
    """A resource that is missing is told at the connection, by the import that needs it, and the manifest lists it."""
    made, running = store
    made.resources = RESOURCES - {"Magento_Sales::sales_creditmemo"}
    regulars("migrate")
    told = regulars("shops", "add", "magento", running.url, *FOUR)
    assert told.code == 0
    assert "Magento_Sales::sales_creditmemo" in told.err
    failed = regulars("import", running.url)
    assert failed.code == 1
    assert "Magento_Sales::sales_creditmemo" in failed.err
    assert "Magento_Sales::sales_creditmemo" in regulars("manifest", "magento").out.splitlines()

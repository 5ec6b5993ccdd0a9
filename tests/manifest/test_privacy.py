"""What the manifest says of data is what is done: every table is named, and what goes by itself goes when it says."""

from __future__ import annotations

from collections import Counter

from click.testing import CliRunner

from plugin import manifest
from plugin.cli.declaring import manifest as command
from plugin.usecases.forget_left import KEEP_LEFT
from plugin.worker.night_step import KEEP_KNOWN
from plugin.worker.prune_step import KEEP_DELIVERIES
from storage.tables import metadata

LOADED = manifest.load()


def test_every_table_is_named() -> None:
    """Nothing is kept that is not declared, and nothing is declared that there is not."""
    assert {name for kind in LOADED.stored for name in kind.tables} == set(metadata.tables)


def test_what_goes_by_itself_goes_when_it_is_said() -> None:
    """The days are those of the jobs, each for a table of its own; all else goes with the customer, the store or its leaving."""
    days = {name: kind.days for kind in LOADED.stored for name in kind.tables if kind.days is not None}
    told = Counter(name for kind in LOADED.stored for name in kind.tables)

    assert days == {"inbox": KEEP_DELIVERIES.days, "known_orders": KEEP_KNOWN.days}
    assert {told[name] for name in days} == {1}
    assert LOADED.days_after_leaving == KEEP_LEFT.days


def test_it_is_printed() -> None:
    """A line for each kind, with the reason and the time, what is never kept, and what becomes of all of it in the end."""
    printed = CliRunner().invoke(command, ["privacy"]).output.splitlines()

    assert len(printed) == len(LOADED.stored) + 2
    assert "raw webhooks, compressed | to process again after a fault | 14 days" in printed
    assert printed[-1] == "after the store has left: until it asks, 90 days at most"

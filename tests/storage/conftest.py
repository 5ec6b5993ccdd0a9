"""Every statement in this room names the shop."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _every_statement_names_the_shop(shop_named: None) -> None:
    """See ``shop_named``."""

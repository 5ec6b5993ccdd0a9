"""What Shopify Flow is told of the triggers is what is really sent to it."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime

from plugin.cli import flow_triggers
from plugin.usecases import flow
from storage.offers import Offer

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OFFER = Offer(
    offer_id="o",
    customer_id="7",
    kind="win_back",
    step="offer",
    rule="win_back/offer",
    cycle="silence:1",
    program_version=1,
    state="issued",
    code="CODE",
    benefit={"type": "percent", "value": 10, "cap": 100, "minimum": 0},
    currency="USD",
    created_at=NOW,
    starts_at=NOW,
    ends_at=NOW,
    reasons=[],
    inputs={},
    shop_id=1,
    store_ref=None,
    cost_minor=0,
    sending_at=None,
    redeemed_at=None,
    order_id=None,
    unwanted=False,
)


def test_each_trigger_declares_what_a_start_carries() -> None:
    """Both files are TOML; handles are short and fixed; the texts are the keys of the payload, no more and no less."""
    files = [tomllib.loads("# " + part) for part in flow_triggers.toml().split("# extensions/")[1:]]

    assert [one["extensions"][0]["handle"] for one in files] == [flow.ISSUED, flow.ENDING]
    for one in files:
        assert len(one["extensions"][0]["handle"]) <= 30
        fields = one["settings"]["fields"]
        assert fields[0] == {"type": "customer_reference"}
        assert {"customer_id", *(field["key"] for field in fields[1:])} == flow.payload(OFFER, "subscribed").keys()

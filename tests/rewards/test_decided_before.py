"""What was decided and kept by the first version of the rules is decided again as it was, in every part."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from plugin.rewards.decision import Benefit, OfferSpec
from plugin.rewards.inputs import redecide
from plugin.rewards.stored import from_stored

KEPT = json.loads(Path(__file__).with_name("decided_before.json").read_text(encoding="utf-8"))


def offer_of(kept: dict[str, Any] | None) -> dict[str, Any] | None:
    """An offer as it was kept, its instants as such."""
    if kept is None:
        return None
    instants = {name: datetime.fromisoformat(kept[name]) for name in ("starts_at", "ends_at")}
    return {**kept, "benefit": msgspec.structs.asdict(Benefit(**kept["benefit"])), **instants}


def _plain(offer: OfferSpec) -> dict[str, Any]:
    return msgspec.structs.asdict(offer) | {"benefit": msgspec.structs.asdict(offer.benefit)}


@pytest.mark.parametrize("kept", KEPT["decisions"], ids=range(len(KEPT["decisions"])))
def test_an_old_decision_is_made_again(kept: dict[str, Any]) -> None:
    """From the program and the inputs as they were kept then: the same outcome, offer, reasons, numbers and next check."""
    program = from_stored(KEPT["programs"][kept["program"]])
    again = redecide(kept["inputs"], program)
    assert again.outcome == kept["outcome"]
    assert (again.offer and _plain(again.offer)) == offer_of(kept["offer"])
    assert again.next_check_at == (kept["next_check_at"] and datetime.fromisoformat(kept["next_check_at"]))
    assert [[one.code, one.ok, one.detail] for one in again.reasons] == [reason[:3] for reason in kept["reasons"]]
    for one, (*_, numbers) in zip(again.reasons, kept["reasons"], strict=True):
        found = json.loads(json.dumps(dict(one.numbers)))
        if one.code == "shadow" and found["offer"]:
            # what shadow mode keeps back is told in more detail since
            found["offer"] = {name: value for name, value in found["offer"].items() if name in numbers["offer"]}
        assert found == numbers

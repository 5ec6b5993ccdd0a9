"""An offer that was made, as the next decision sees it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from plugin.rewards.decision import OfferSpec, PastOffer


def of_spec(spec: OfferSpec, *, state: str) -> PastOffer:
    """The offer of a decision, once it has been written down in this state."""
    return PastOffer(
        kind=spec.kind,
        step=spec.step,
        rule=spec.rule,
        cycle=spec.cycle,
        state=state,
        percent=spec.benefit.value if spec.benefit.type == "percent" else 0,
        created_at=spec.starts_at,
        ends_at=spec.ends_at,
        type=spec.benefit.type,
        worth=spec.benefit.cap,
        spent=spec.benefit.cap,
    )


def of_row(
    *,
    kind: str,
    step: str,
    rule: str,
    cycle: str,
    state: str,
    benefit: Mapping[str, Any],
    spent: int,
    created_at: datetime,
    ends_at: datetime,
) -> PastOffer:
    """An offer as it was kept, its benefit as JSON."""
    return PastOffer(
        kind=kind,
        step=step,
        rule=rule,
        cycle=cycle,
        state=state,
        percent=int(benefit["value"]) if benefit["type"] == "percent" else 0,
        created_at=created_at,
        ends_at=ends_at,
        type=str(benefit["type"]),
        worth=int(benefit.get("cap", 0)),
        # the control group's cost nothing, and count as if they had been given
        spent=int(benefit.get("cap", 0)) if state == "held_out" else spent,
    )

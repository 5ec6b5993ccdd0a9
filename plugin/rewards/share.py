"""Whom new rules hold for while they are tried on a share of customers: decided by a hash, apart from the control group's."""

from __future__ import annotations

import hashlib

from plugin.rewards.fields import joined
from plugin.rewards.program import Program

#: part of every hash: another one than the control group's, or the share would be full of it or without it
LABEL = "regulars share 1"


def holds_for(program: Program, *, shop: str, customer_id: str) -> bool:
    """Whether the program holds for this customer. A larger share keeps the smaller one; ``shop`` as for the control group."""
    if program.rollout_percent >= 100:
        return True
    digest = hashlib.sha256(joined(LABEL, program.key, shop, customer_id)).digest()
    return int.from_bytes(digest[:8], "big") * 100 < program.rollout_percent << 64

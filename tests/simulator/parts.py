"""The product's functions that the world calls, and what a worker has in hand between two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from plugin.runtime import Runtime
from plugin.usecases import absorb, cancel_offers, close_ended, compare, expire, leave, make_offers, sweep
from plugin.usecases.make_offers import ISSUE
from plugin.usecases.switch_off import SWITCH_OFF
from plugin.worker.calls import KINDS, Call
from storage import access, inbox, outbox, shops
from storage.inbox import Delivery, InboxRow
from storage.outbox import OutboxRow
from storage.shops import Shop
from webhooks import intake

LEASE_SECONDS = 60
#: kind of a call → the phase in which the store is asked
ASKING = {
    ISSUE: "ask",
    SWITCH_OFF: "switch off",
    cancel_offers.CANCEL: "switch off",
    compare.DISOWN: "switch off",
    close_ended.CLOSE: "sweep",
    sweep.SWEEP: "sweep",
    sweep.LOOK: "sweep",
}


@dataclass
class Parts:
    """The product's functions that the world calls; a planted bug is a subclass that replaces one."""

    kinds: Mapping[str, Call] = field(default_factory=lambda: KINDS)

    def keep(self, db: Connection, delivery: Delivery) -> None:
        inbox.keep(db, [delivery])

    def absorb(self, db: Connection, understood: intake.Understood, *, now: datetime, runtime: Runtime) -> None:
        absorb.deliveries(db, understood, now=now, vault=runtime.vault, issuer=issuer_of(runtime))
        # this town says so only when it is so; asking for proof is tests/connections' matter
        for shop_id, at in access.to_prove(db, now):
            leave.believe(db, shop_id, at, now=now)

    def claim(self, db: Connection, *, now: datetime, limit: int) -> list[OutboxRow]:
        return outbox.claim(db, now=now, limit=limit, lease_seconds=LEASE_SECONDS)

    def close(self, db: Connection, shop_id: int, *, now: datetime) -> int:
        shop = shops.get(db, shop_id)
        begun = close_ended.due(db, shop, now=now) and close_ended.begin(db, shop, now=now)
        swept = sweep.due(db, shop, now=now) and sweep.begin(db, shop, now=now)
        return expire.ended(db, shop_id, now=now, limit=50) + begun + swept

    def decide(self, db: Connection, shop: Shop, ids: Sequence[str], *, now: datetime, runtime: Runtime) -> None:
        make_offers.for_customers(db, shop, ids, as_of=now, issuer=issuer_of(runtime))


@dataclass
class Job:
    """What a worker has in hand; a crash forgets it."""

    #: when the lease ends
    until: datetime
    rows: list[InboxRow] = field(default_factory=list)
    calls: list[tuple[OutboxRow, Any]] = field(default_factory=list)
    #: answers, as far as they have come
    answers: list[Any] = field(default_factory=list)

    @property
    def phase(self) -> str:
        """What comes next."""
        if self.rows:
            return "absorb"
        if len(self.answers) < len(self.calls):
            return ASKING.get(self.calls[len(self.answers)][0].kind, "ask")
        return "conclude"

    def claims(self) -> set[tuple[bool, int]]:
        """The rows that it holds, or held."""
        return {(True, row.delivery_row) for row in self.rows} | {(False, row.outbox_row) for row, _ in self.calls}


def issuer_of(runtime: Runtime) -> make_offers.Issuer:
    """What the running product derives codes from."""
    return make_offers.issuer(runtime.vault, runtime.config.environment)

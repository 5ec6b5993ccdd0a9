"""What the doctor says of a shop's offers: its month's money, and codes that nobody here knew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.cli.counting import counted
from plugin.rewards import stored
from plugin.rewards.wording import money_text
from plugin.usecases.compare import DISOWN
from plugin.usecases.make_offers import budget_month
from plugin.usecases.purses import month_of
from storage import budgets, outbox, programs
from storage.shops import Shop

#: how long a code that had to be switched off is told of
RECENT = timedelta(days=7)


def findings(db: Connection, shop: Shop, now: datetime) -> Iterator[tuple[str, bool, str]]:
    """About, whether it is well, and what is told; nothing where there is nothing to tell."""
    yield from _over_budget(db, shop, now)
    unknown = outbox.settled(db, shop.shop_id, DISOWN, since=now - RECENT)
    if unknown:
        codes = ", ".join(sorted({str(one["code"]) for one in unknown})[:3])
        told = (
            counted(len(unknown), "code")
            + f" with our mark belonged to no offer here ({codes}), looked after now; was a backup restored?"
        )
        yield f"codes of {shop.domain}", False, told


def _over_budget(db: Connection, shop: Shop, now: datetime) -> Iterator[tuple[str, bool, str]]:
    current = programs.current(db, shop.shop_id)
    if current is None:
        return
    program = stored.from_stored(current.body)
    month = budget_month(shop, now)
    held = budgets.state(db, shop.shop_id, month_of(db, shop, now, currency=program.currency))
    used, cap = held.reserved_minor + held.booked_minor, program.limits.monthly_budget
    if used > cap:
        said, of = money_text(used, program.currency), money_text(cap, program.currency)
        told = f"{said} are set aside or spent in {month}, the budget was lowered to {of}; no new offers until that is over"
        yield f"budget of {shop.domain}", True, told

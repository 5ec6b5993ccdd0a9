"""Which version of the rules holds for which customers, while a new one is tried on a share of them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from plugin.rewards.problem import InvalidProgram
from plugin.rewards.program import Program
from plugin.rewards.share import holds_for
from plugin.rewards.stored import from_stored
from storage import programs
from storage.programs import StoredProgram
from storage.shops import Shop

EVERYONE = 100


def rules_for(
    db: Connection, shop: Shop, current: StoredProgram, customer_ids: Collection[str]
) -> list[tuple[int, Program, Collection[str]]]:
    """Version, rules, and whom of these they hold for. Whom the newest do not hold for keep those that last held for all.

    Where none ever did, the newest decide about them, too, and give nothing.
    """
    newest = from_stored(current.body)
    before = _before(db, shop, current) if newest.mode == "live" and newest.rollout_percent < EVERYONE else None
    if before is None:
        return [(current.version, newest, customer_ids)]
    name = f"{shop.platform}|{shop.domain}"
    chosen = {who for who in customer_ids if holds_for(newest, shop=name, customer_id=who)}
    return [(current.version, newest, chosen), (*before, set(customer_ids) - chosen)]


def _before(db: Connection, shop: Shop, current: StoredProgram) -> tuple[int, Program] | None:
    for kept in programs.history(db, shop.shop_id):
        try:
            program = from_stored(kept.body)
        except InvalidProgram:
            continue
        if kept.version < current.version and program.rollout_percent == EVERYONE:
            return kept.version, program
    return None

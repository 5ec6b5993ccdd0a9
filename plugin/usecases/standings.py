"""How customers stand for a decision, from what was measured and from the rules in force."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from plugin.rewards.decision import Standing
from plugin.rewards.program import Program
from plugin.rewards.standing_tier import Held, is_plain
from plugin.rewards.tags import among
from plugin.signals import quantiles
from plugin.usecases import hold_tiers, measure
from plugin.usecases.measured import Measured
from storage import customers, orders
from storage.columns import to_micros, to_moment
from storage.shops import Shop
from storage.snapshots import Brief


def of_customers(
    db: Connection, shop: Shop, customer_ids: Collection[str], measured: Measured, *, program: Program, as_of: datetime
) -> dict[str, Standing]:
    """The standings of those who were measured and have an order left, by id; what no rule asks for is not looked up."""
    ids = sorted(customer_ids)
    known, newest, left_out = measured.briefs(ids), measured.newest(ids), measured.left_out(ids)
    tags = tags_of(db, shop.shop_id, ids, program)
    waits = _quantiles(db, shop, program, as_of)
    held = _held(db, shop, known, measured, program=program, as_of=as_of)
    found = {
        who: _standing(known[who], newest[who], left_out=who in left_out, tags=tags.get(who), waits=waits)
        for who in ids
        if who in known and who in newest
    }
    return {
        who: with_tier(standing, held[who], program) if who in held else standing for who, standing in found.items()
    }


def tags_of(
    db: Connection, shop_id: int, customer_ids: Collection[str], program: Program
) -> dict[str, tuple[str, ...]]:
    """Those of a customer's tags that the rules name, by customer; without an entry where they are not known."""
    named = program.limits.leave_out_tags
    if not named:
        return dict.fromkeys(customer_ids, ())
    return {who: among(tags, named) for who, tags in customers.tags(db, shop_id, customer_ids).items()}


def _held(
    db: Connection, shop: Shop, known: Mapping[str, Brief], measured: Measured, *, program: Program, as_of: datetime
) -> dict[str, Held]:
    """The tiers of these customers; what was measured is brought up to date with them."""
    if is_plain(program.loyalty):
        return {}
    found = orders.purchases(db, shop.shop_id, customer_ids=list(known), until=as_of)
    rows = zip(found.customer_ids, found.at_micros, found.net_minor, strict=True)
    held = hold_tiers.replayed(rows, program, as_of=to_micros(as_of))
    names = {who: program.loyalty.tiers[one.place].name for who, one in held.items()}
    measured.keep_tiers({who: name for who, name in names.items() if known[who].tier != name})
    return held


def with_tier(standing: Standing, held: Held, program: Program) -> Standing:
    """The standing with the tier that is held."""
    return msgspec.structs.replace(
        standing,
        tier=program.loyalty.tiers[held.place].name,
        tier_value=held.value,
        tier_needed=held.needed,
        tier_ends_at=to_moment(held.ends_at),
        tier_lowered_at=to_moment(held.lowered_at),
        tier_changes_at=to_moment(held.changes_at),
    )


def _quantiles(db: Connection, shop: Shop, program: Program, as_of: datetime) -> tuple[float, ...]:
    """Days by order number under a program that goes by them; empty for others, and while nobody has come back."""
    timing = program.win_back.timing
    if timing.rule != "quantile" or not program.win_back.enabled:
        return ()
    gaps = measure.known_model(db, shop, as_of=as_of).gaps
    return quantiles.by_order_number(gaps, timing.quantile_percent / 100) if gaps else ()


def _standing(
    row: Brief, last_order_id: str, *, left_out: bool, tags: tuple[str, ...] | None, waits: tuple[float, ...]
) -> Standing:
    return Standing(
        customer_id=row.customer_id,
        order_count=row.order_count,
        last_order_id=last_order_id,
        last_order_at=row.last_order_at,
        spend_365d=row.spend_365d_minor,
        usual_gap_days=row.usual_gap_days,
        lateness=row.lateness,
        late_at=row.late_at,
        lapsing_at=row.lapsing_at,
        lost_at=row.lost_at,
        group=row.group,
        left_out=left_out,
        tags=tags,
        first_order_at=row.first_order_at,
        quantile_days=quantiles.of_count(waits, row.order_count) if waits else None,
    )

"""What was really decided: the offers that were made, what became of them, and the rules that made them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from plugin.rewards import benefit, stored
from plugin.rewards.decision import OfferSpec
from plugin.rewards.program import Program
from plugin.usecases.backtest.made import Fate, Key, Made, gives
from plugin.usecases.backtest.past import Past, Rule
from plugin.usecases.install import PROPOSAL
from plugin.usecases.rules_for import EVERYONE
from storage import known, offers, programs
from storage.columns import to_micros
from storage.offers import Offer
from storage.shops import Shop

#: states in which an offer was taken away before its time
CLOSED = frozenset({"cancelled", "rejected", "revoked"})


def rules(db: Connection, shop: Shop, *, at: datetime) -> list[Rule]:
    """All versions of the rules from the one in force at an instant on; none before the first was saved."""
    history = [
        Rule(
            at=to_micros(kept.saved_at),
            program=stored.from_stored(kept.body),
            version=kept.version,
            at_once=kept.author == PROPOSAL and kept.version > 1,
        )
        for kept in sorted(programs.history(db, shop.shop_id), key=lambda kept: kept.version)
    ]
    in_force = [place for place, rule in enumerate(history) if rule.at <= to_micros(at)]
    first = max(in_force, default=0)
    return [replace(rule, others=_others(history[: first + place], rule)) for place, rule in enumerate(history[first:])]


def _others(before: Sequence[Rule], rule: Rule) -> Program | None:
    """Who is outside of the share that rules are tried on keeps those that last held for everyone."""
    if rule.program.mode != "live" or rule.program.rollout_percent >= EVERYONE:
        return None
    return next((one.program for one in reversed(before) if one.program.rollout_percent >= EVERYONE), None)


def made(db: Connection, shop: Shop) -> list[Offer]:
    """All offers ever made, the oldest first."""
    return list(offers.every(db, shop.shop_id))


def fates(db: Connection, shop: Shop, made: Iterable[Offer]) -> dict[Key, Fate]:
    """What became of offers."""
    used = known.uses(db, shop.shop_id)
    released = known.released(db, shop.shop_id)
    return {(one.customer_id, one.rule, one.cycle): _fate(one, used.get(one.offer_id, {}), released) for one in made}


def before(db: Connection, shop: Shop, past: Past, made: Iterable[Offer], start: Rule) -> list[Made]:
    """The offers that had been made when the first of the rules came into force, as they stood then."""
    told = _told(db, shop)
    here = set(past.customers)
    return [
        _as_it_stood(one, past.fates.get((one.customer_id, one.rule, one.cycle)), told, start.at)
        for one in made
        if one.customer_id in here and (one.program_version < start.version or to_micros(one.created_at) < start.at)
    ]


def _fate(one: Offer, uses: Mapping[str, int], released: Mapping[str, int]) -> Fate:
    over = None
    if one.state in CLOSED and one.closed_at is not None:
        over = (one.state, to_micros(one.closed_at))
    elif one.offer_id in released:
        over = ("", released[one.offer_id])
    elif one.state == "expired" and one.closed_at is not None:
        over = ("", to_micros(one.closed_at))
    return Fate(gives=gives(benefit.from_plain(one.benefit)), held_out=one.state == "held_out", uses=uses, closed=over)


def _told(db: Connection, shop: Shop) -> Mapping[str, Sequence[tuple[int, int]]]:
    """By order: when something was told of it, and what it was worth then."""
    found: dict[str, list[tuple[int, int]]] = {}
    for one in known.told(db, shop.shop_id):
        found.setdefault(one.order_id, []).append((one.at, one.net_minor))
    for _who, order_id, at, net in known.placed(db, shop.shop_id):
        found.setdefault(order_id, [(at, net)])
    return found


def _as_it_stood(one: Offer, fate: Fate | None, told: Mapping[str, Sequence[tuple[int, int]]], at: int) -> Made:
    gift = benefit.from_plain(one.benefit)
    spec = OfferSpec(
        kind=one.kind,
        step=one.step,
        rule=one.rule,
        cycle=one.cycle,
        benefit=gift,
        reserve=gift.cap,
        starts_at=one.created_at,
        ends_at=one.ends_at,
    )
    stood = Made(
        customer_id=one.customer_id,
        spec=spec,
        at=to_micros(one.created_at),
        ends=to_micros(one.ends_at),
        month=one.budget_month or "",
        held_out=one.state == "held_out",
        earlier=True,
    )
    for order_id, discount in (fate.uses if fate else {}).items():
        standing = [net for moment, net in told.get(order_id, ()) if moment <= at]
        if standing and standing[-1] > 0:
            stood.uses[order_id] = discount
            stood.state = "redeemed"
            stood.cost += discount
    if fate and fate.closed and fate.closed[1] <= at and not stood.state:
        stood.state = fate.closed[0] or "expired"
    return stood

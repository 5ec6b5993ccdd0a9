"""Looks once more at an offer, in the transaction that is about to ask the store for it, whether it still stands.

Between a decision and the first request the customer may have bought, the merchant may have changed the rules, gone
back to a trial run, or left the customer out. What was asked for once is not looked at any more: it may exist.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from plugin.rewards import benefit, inputs
from plugin.rewards.program import Program
from plugin.usecases import standings
from plugin.usecases.rules_for import rules_for
from plugin.usecases.spec import POOLED
from storage import customers, orders, programs, shops
from storage.offers import Offer

OTHER_CURRENCY = "the store's currency has changed"


def objections(db: Connection, shop_id: int, planned: Sequence[Offer], *, now: datetime) -> dict[str, str]:
    """What speaks against each of these offers that were never sent, by the offer's id; most have no entry."""
    if not planned:
        return {}
    shop, current = shops.get(db, shop_id), programs.current(db, shop_id)
    people = {offer.customer_id for offer in planned}
    rules = rules_for(db, shop, current, people) if current else []
    held = {who: (version, program) for version, program, group in rules for who in group}
    found = {offer.offer_id: _of_the_shop(shop, held.get(offer.customer_id), offer, now) for offer in planned}
    left_out = customers.left_out(db, shop_id, people)
    by_tag = _left_out_by_tag(db, shop_id, rules)
    back = _came_back(db, shop_id, planned)
    for offer in planned:
        if not found[offer.offer_id] and offer.customer_id in left_out:
            found[offer.offer_id] = "the customer is left out of offers"
        if not found[offer.offer_id] and offer.customer_id in by_tag:
            found[offer.offer_id] = f"customers with the tag {by_tag[offer.customer_id]} get no offers"
        if not found[offer.offer_id] and offer.offer_id in back:
            found[offer.offer_id] = "the customer has ordered since"
    return {offer_id: why for offer_id, why in found.items() if why}


def unread(db: Connection, shop_id: int, planned: Sequence[Offer]) -> set[str]:
    """The customers of these offers whose tags matter and are not known (any more): their offers have to wait."""
    current = programs.current(db, shop_id) if planned else None
    if current is None:
        return set()
    found: set[str] = set()
    for _version, program, group in rules_for(
        db, shops.get(db, shop_id), current, {one.customer_id for one in planned}
    ):
        found |= set(group) - standings.tags_of(db, shop_id, group, program).keys()
    return found


def _left_out_by_tag(
    db: Connection, shop_id: int, rules: Sequence[tuple[int, Program, Collection[str]]]
) -> dict[str, str]:
    """Who bears a tag that the rules now in force leave out, and which."""
    found: dict[str, str] = {}
    for _version, program, group in rules:
        told = standings.tags_of(db, shop_id, group, program)
        found |= {who: tags[0] for who, tags in told.items() if tags}
    return found


def _of_the_shop(shop: shops.Shop, held: tuple[int, Program] | None, offer: Offer, now: datetime) -> str:
    version, program = held or (0, None)
    against = {
        offer.note or "it was cancelled": offer.unwanted,
        "its time is over": offer.ends_at <= now,
        "offers are paused": program is None or shop.state != "active",
        OTHER_CURRENCY: offer.currency != shop.currency,
        "the rules are on a trial run": program is not None and program.mode != "live",
    }
    found = next((why for why, holds in against.items() if holds), "")
    if not found and program is not None and offer.program_version != version and not _asked_for_by(program, offer):
        return "the rules have changed"
    return found


def _asked_for_by(program: Program, offer: Offer) -> bool:
    """Whether the rules now in force would give the same, had they decided in the place of those that did."""
    try:
        again = inputs.redecide(offer.inputs, program)
    except (ValueError, TypeError, KeyError):
        # kept in another format than the rules of today read
        return False
    if again.outcome != "issue" or again.offer is None or again.offer.rule != offer.rule:
        return False
    held = {name: value for name, value in offer.benefit.items() if name != POOLED}
    return benefit.to_plain(again.offer.benefit) == held


def _came_back(db: Connection, shop_id: int, planned: Sequence[Offer]) -> set[str]:
    """Those whose customers have ordered since this win-back was planned."""
    win_backs = [offer for offer in planned if offer.kind == "win_back"]
    if not win_backs:
        return set()
    newest = orders.latest(db, shop_id, {offer.customer_id for offer in win_backs})
    return {offer.offer_id for offer in win_backs if offer.cycle != f"silence:{newest.get(offer.customer_id)}"}

"""Compares what the store has with what we believe, and draws the consequences: none of them makes a discount."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.platforms.protocol import MARK, StoredDiscount
from plugin.platforms.shopify.discount_terms import asked
from plugin.platforms.terms import changed
from plugin.usecases import erase, freeze, give_back, switch_off
from plugin.usecases.spec import is_ours, is_pool, spec_of
from storage import offers, outbox, shops, snapshots
from storage.offers import Offer

DISOWN = "disown"
#: what we ended ourselves; the control group never had one
MUST_BE_OFF = frozenset({"cancelled", "rejected", "held_out"})
OVER = frozenset({"expired", "revoked"})
DELETED = "deleted in the store"
SWITCHED_OFF = "switched off in the store"
REVIVED = "over for us, and switched on again in the store"
DRIFT = "changed in the store: "

log = logging.getLogger("regulars.sweep")


def listed(db: Connection, shop_id: int, discounts: Sequence[StoredDiscount], *, now: datetime) -> list[str]:
    """Goes through a page of the store's list; the offers that seem to be gone, to be asked about by name."""
    tags = {tag for one in discounts for tag in one.tags if tag != MARK}
    known = offers.some(db, shop_id, tags) if tags else {}
    suspects = []
    for one in discounts:
        offer = next((known[tag] for tag in one.tags if tag in known), None)
        if offer is None:
            _unknown(db, shop_id, one, now)
        elif one.live:
            _live(db, offer, one, now)
        elif offer.state == "issued" and offer.ends_at > now and not offer.unwanted:
            suspects.append(offer.offer_id)
    return suspects


def asked_for(
    db: Connection,
    open_ones: Sequence[Offer],
    found: Mapping[str, StoredDiscount | None],
    *,
    now: datetime,
) -> None:
    """What was asked about by name: what the merchant deleted or switched off is revoked, and its money free."""
    for offer in open_ones:
        one = found.get(offer.offer_id)
        if one is None or not is_ours(offer, one):
            _revoke(db, offer, DELETED, now)
        elif not one.live and not one.usage_count and not offer.unwanted and offer.ends_at > now:
            _revoke(db, offer, SWITCHED_OFF, now)


def _unknown(db: Connection, shop_id: int, one: StoredDiscount, now: datetime) -> None:
    """A code with our mark that no offer belongs to: offers are held up, and it is switched off unless decided again in time."""
    if MARK not in one.tags or not one.live or is_pool(one):
        return
    tag = next((tag for tag in one.tags if tag != MARK), one.code)
    until = one.terms.ends_at if one.terms and one.terms.ends_at else now + timedelta(days=365)
    payload = {"tag": tag, "code": one.code, "until": until.isoformat()}
    # once a day at most: it may have been known in between
    key = f"disown/{tag}/{now:%Y-%m-%d}"
    if outbox.states(db, shop_id, [key]) == {key: "given_up"}:
        # an uninstall has ended it, and the app is back
        outbox.forget_keys(db, shop_id, [key])
    if not outbox.put(db, shop_id, key=key, kind=DISOWN, payload=payload, now=now, run_at=now + freeze.CHANCE):
        return
    log.warning("shop %d has a live code of ours that no offer belongs to", shop_id)
    shop = shops.get(db, shop_id)
    earlier = one.terms is not None and one.terms.starts_at < shop.installed_at
    # what an earlier installation or somebody erased has left behind is no sign of a lost memory
    if not earlier and not outbox.states(db, shop_id, [f"{erase.OFF}{tag}"]):
        freeze.hold(db, shop, one.code, at=now)
    if one.terms is None:
        # a store that does not bind codes to customers: it may be anybody's
        snapshots.plan_all(db, shop_id, now)
        return
    whose = one.terms.customers
    snapshots.plan_checks(db, shop_id, dict.fromkeys(snapshots.some(db, shop_id, whose), now))


def _live(db: Connection, offer: Offer, one: StoredDiscount, now: datetime) -> None:
    if offer.state in MUST_BE_OFF:
        if switch_off.later(db, offer, key=f"swept/{offer.offer_id}", now=now):
            log.warning("offer %s of shop %d is %s, and its code was live", offer.offer_id, offer.shop_id, offer.state)
        elif outbox.states(db, offer.shop_id, [f"swept/{offer.offer_id}"]) == {f"swept/{offer.offer_id}": "done"}:
            # it was off once: somebody has switched it on again by hand
            _say(db, offer, REVIVED)
    elif offer.state in OVER:
        _say(db, offer, REVIVED)
    elif offer.state == "issued" and offer.ends_at > now and (names := _other_than_asked(offer, one)):
        _say(db, offer, DRIFT + ", ".join(names))


def _other_than_asked(offer: Offer, one: StoredDiscount) -> tuple[str, ...]:
    return one.changed if one.terms is None else changed(asked(spec_of(offer)), one.terms)


def _revoke(db: Connection, offer: Offer, note: str, now: datetime) -> None:
    if offers.advance(db, offer.shop_id, offer.offer_id, to="revoked", frm=["issued"], closed_at=now, note=note):
        give_back.money(db, offer.shop_id, [offer], now=now)


def _say(db: Connection, offer: Offer, note: str) -> None:
    if offer.note != note:
        offers.amend(db, offer.shop_id, offer.offer_id, note=note)

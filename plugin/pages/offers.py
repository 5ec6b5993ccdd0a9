"""The list of offers: what was given to whom, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from plugin.pages import asked, benefits, customers, formats, names, none_yet
from plugin.pages.asked import Choice, Query
from plugin.pages.say import _, later
from plugin.usecases import list_offers
from storage import listings
from storage.listings import OfferFilter, Part
from storage.offers import Offer
from storage.shops import Shop

PATH = "/app/offers"
NONE = "–"
#: what is on its way counts as open
STATES = {
    "open": (later("Open"), ("planned", "sending", "issued")),
    "redeemed": (later("Redeemed"), ("redeemed",)),
    "expired": (later("Expired"), ("expired",)),
    "cancelled": (later("Cancelled"), ("cancelled", "revoked", "rejected")),
    "held_out": (later("In control group"), ("held_out",)),
}
#: of what has no code: the store's own e-mail is what sends it
REMINDED = {"issued": later("Due"), "expired": later("Over")}
KINDS = {
    "loyalty": ("loyalty", None),
    "occasion": ("occasion", None),
    "surprise": ("surprise", None),
    "reminder": ("win_back", "reminder"),
    "offer": ("win_back", "offer"),
    "last_offer": ("win_back", "last_offer"),
}


def gather(db: Any, shop: Shop, *, now: datetime, query: Query) -> dict[str, Any]:
    """What the template shows of one page of the list."""
    kept = _kept(query)
    found, first = _found(db, shop, query)
    is_filtered = any(kept.values())
    return {
        "rows": [row(offer) for offer in found.items],
        "count": found.count,
        "status": customers.count_text(found.count, filtered=is_filtered),
        "choices_shown": _choices(kept),
        "is_filtered": is_filtered,
        "export": asked.address("/api/v1/offers.csv", kept),
        "paging": asked.turning(PATH, kept, found, first),
        "none_yet": "" if found.count or is_filtered else none_yet.offers(db, shop, now=now),
    }


def as_json(db: Any, shop: Shop, *, query: Query) -> dict[str, Any]:
    """The same page for programs."""
    found, first = _found(db, shop, query)
    before, after = asked.cursors(found, first)
    return {
        "count": found.count,
        "before": before or None,
        "after": after or None,
        "offers": [list_offers.outside(offer) for offer in found.items],
    }


def row(offer: Offer) -> dict[str, Any]:
    """One offer in words."""
    gives = benefits.gives(offer.benefit, offer.currency)
    return {
        "id": offer.offer_id,
        "code": offer.code or "",
        "customer": offer.customer_id,
        "kind": kind(offer),
        "discount": gives or NONE,
        "made": formats.date(offer.created_at),
        "bare": not gives,
        # a reminder gives nothing that ends
        "ends": formats.date(offer.ends_at) if gives else NONE,
        **standing(offer),
        "order": offer.order_id or NONE,
        "cost": formats.money(offer.cost_minor, offer.currency) if offer.cost_minor else "",
    }


def standing(offer: Offer) -> dict[str, str]:
    """What has become of it, and how that is coloured. A reminder has no code that is open: it was sent, and is over."""
    if offer.code is None and offer.state in REMINDED:
        return {"state": str(REMINDED[offer.state]), "tone": ""}
    return {"state": names.state(offer.state), "tone": names.TONES.get(offer.state, "")}


def kind(offer: Offer) -> str:
    """Win-back, Reminder; loyalty's steps are tiers, which the merchant may have renamed since."""
    if offer.kind == "loyalty":
        return names.kind(offer.kind)
    return _("%(kind)s, %(step)s", kind=names.kind(offer.kind), step=names.step(offer.kind, offer.step))


def exported(db: Any, shop: Shop, query: Query) -> Iterator[dict[str, Any]]:
    """All offers that the filters ask for, as rows for the outside, in the order in which they were made."""
    wanted = _wanted(_kept(query))
    for told in list_offers.rows(db, shop):
        states_fit = not wanted.states or told["state"] in wanted.states
        if states_fit and wanted.kind in {None, told["kind"]} and wanted.step in {None, told["step"]}:
            yield told


def _found(db: Any, shop: Shop, query: Query) -> tuple[Part[Offer], int]:
    """The page asked for, and the number of its first row."""
    place, number = asked.place(query, values=listings.OFFER_VALUES)
    part = listings.offers_made(db, shop.shop_id, _wanted(_kept(query)), limit=asked.PAGE_ROWS, place=place)
    return part, number if part.items else 1


def _kept(query: Query) -> dict[str, str]:
    return {"status": asked.one_of(query, "status", STATES), "kind": asked.one_of(query, "kind", KINDS)}


def _wanted(kept: dict[str, str]) -> OfferFilter:
    kind_asked, step = KINDS.get(kept["kind"], (None, None))
    states = STATES[kept["status"]][1] if kept["status"] else ()
    return OfferFilter(states=states, kind=kind_asked, step=step)


def _choices(kept: dict[str, str]) -> list[Choice]:
    states = [(key, str(name)) for key, (name, _states) in STATES.items()]
    kinds = []
    for key, (kind_key, step) in KINDS.items():
        told = names.kind(kind_key)
        if step:
            told = _("%(kind)s, %(step)s", kind=told, step=names.step(kind_key, step))
        kinds.append((key, told))
    return [
        Choice(name="status", label=_("Status"), options=states, value=kept["status"]),
        Choice(name="kind", label=_("Kind"), options=kinds, value=kept["kind"]),
    ]

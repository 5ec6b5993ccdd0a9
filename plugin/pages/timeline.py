"""What happened between a shop and one customer, the newest first: orders, and offers with what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from plugin.pages import benefits, formats, names, offers
from plugin.pages.say import _
from plugin.pages.tier_history import Turn
from storage.offers import Offer
from storage.orders import StoredOrder

ENDED = ("expired", "revoked", "cancelled", "rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened."""

    at: datetime
    date: str
    text: str
    note: str = ""
    #: order, offer or turn
    sort: str


def events(orders: Sequence[StoredOrder], made: Sequence[Offer], turns: Sequence[Turn]) -> list[Event]:
    """Everything that is known, the newest first; of one instant what was brought about above what brought it."""
    found = [_order(order) for order in orders]
    found.extend(_turn(turn) for turn in turns)
    for offer in made:
        found.extend(_offer(offer))
    # causes are found before what they bring about
    return sorted(found, key=lambda event: event.at)[::-1]


def _event(at: datetime, text: str, *, sort: str, note: str = "") -> Event:
    return Event(at=at, date=formats.date(at), text=text, note=note, sort=sort)


def _order(order: StoredOrder) -> Event:
    note = ""
    if order.cancelled_at is not None:
        note = _("Cancelled. Does not count.")
    elif not order.valid:
        note = _("Not paid or wholly refunded. Does not count.")
    elif order.net_minor < order.gross_minor:
        note = _("%(amount)s after edits and refunds.", amount=formats.money(order.net_minor, order.currency))
    elif order.codes:
        off = formats.money(sum(code.discount_minor for code in order.codes), order.currency)
        codes = ", ".join(code.code for code in order.codes)
        note = _("With code %(code)s, which took off %(amount)s.", code=codes, amount=off)
    text = _("Order of %(amount)s", amount=formats.money(order.gross_minor, order.currency))
    return _event(order.ordered_at, text, sort="order", note=note)


def _turn(turn: Turn) -> Event:
    change = _("%(before)s → %(after)s", before=turn.before, after=turn.after)
    if turn.version is None:
        return _event(turn.at, _("Tier: %(change)s", change=change), sort="turn")
    note = _("By version %(number)s of the rules.", number=formats.number(turn.version))
    return _event(turn.at, _("Rules changed: %(change)s", change=change), sort="turn", note=note)


def _offer(offer: Offer) -> Iterator[Event]:
    told = _called(offer)
    if offer.state == "held_out":
        note = _("In the control group: nothing was given.")
        yield _event(offer.created_at, _("Would have got: %(offer)s", offer=told), sort="offer", note=note)
        return
    ends = _("Can be used until %(date)s.", date=formats.date(offer.ends_at))
    with_code = _("Code %(code)s. %(ends)s", code=offer.code, ends=ends) if offer.code else ""
    if not offer.code and offer.state in offers.REMINDED:
        yield _event(offer.created_at, _("Due: %(offer)s", offer=told), sort="offer")
        return
    yield _event(offer.created_at, _("Offer made: %(offer)s", offer=told), sort="offer", note=with_code)
    if offer.state == "redeemed" and offer.redeemed_at is not None:
        off = formats.money(offer.cost_minor, offer.currency)
        note = _("Took off %(amount)s.", amount=off)
        yield _event(offer.redeemed_at, _("Offer used: %(offer)s", offer=told), sort="offer", note=note)
    elif offer.state in ENDED:
        state = _("%(state)s: %(offer)s", state=names.state(offer.state), offer=told)
        yield _event(offer.closed_at or offer.ends_at, state, sort="offer")


def _called(offer: Offer) -> str:
    gives = benefits.gives(offer.benefit, offer.currency)
    return _("%(what)s: %(gives)s", what=offers.kind(offer), gives=gives) if gives else offers.kind(offer)

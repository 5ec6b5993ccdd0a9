"""One customer: why there is an offer or why none, what happened so far, and how the shop counts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plugin.pages import benefits, formats, names, offers, reasons, rulebook, tier_history, timeline
from plugin.pages import customers as listed
from plugin.pages.asked import Query
from plugin.pages.rulebook import Rulebook
from plugin.pages.say import _, plural
from plugin.usecases import list_offers
from plugin.usecases.disclose import DATA_REQUEST
from plugin.usecases.list_signals import instant_text
from storage import customers, decisions, disclosure, listings, notes, programs, snapshots
from storage import offers as offer_store
from storage.decisions import StoredDecision
from storage.offers import Offer
from storage.shops import Shop
from storage.snapshots import Snapshot

ORDERS_READ = 200
EVENTS_SHOWN = 20
#: from here on the customer's own gaps say more than those of others
ORDERS_FOR_OWN_RHYTHM = 4
NONE = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of a decision: for the offer, against it."""

    ok: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """A decision in words: its checks in their order, what came of them, by which rules and when."""

    title: str
    lead: str
    checks: Sequence[Check]
    result: str
    note: str = ""


def gather(db: Any, shop: Shop, *, now: datetime, query: Query, customer_id: str) -> dict[str, Any]:  # noqa: ARG001
    """What the template shows of a customer. Raises LookupError for one who has no measurement."""
    kept = customers.canonical(db, shop.shop_id, [customer_id])[customer_id]
    row = snapshots.get(db, shop.shop_id, kept)
    if row is None:
        raise LookupError(customer_id)
    rules = rulebook.of_shop(db, shop)
    made = offer_store.of_customers(db, shop.shop_id, [kept]).get(kept, [])
    decision = decisions.get(db, shop.shop_id, kept)
    orders = listings.orders_of(db, shop.shop_id, kept, limit=ORDERS_READ)
    turns = tier_history.turns(orders, programs.history(db, shop.shop_id), now=now)
    events = timeline.events(orders, made, turns)
    state = listed.standing(row, now)
    return {
        "heading": kept,
        "id": kept,
        "status": str(names.LATENESS[state][0]) if state else "",
        "tone": listed.TONES.get(state or "", ""),
        "group": names.group(row.group),
        "tier": rules.tier(row.spend_365d_minor, row.tier),
        "whys": _whys(shop, row, made, decision, now=now),
        "events": events[:EVENTS_SHOWN],
        "older": events[EVENTS_SHOWN:],
        "facts": [*_facts(shop, rules, row, now=now), *_of_the_store(db, shop, kept)],
        "unscored": bool(customers.unscored(db, shop.shop_id, [kept])),
        "asked_for": _asked_for(db, shop, kept),
        "left_out": bool(customers.left_out(db, shop.shop_id, [kept])),
        "cancels": [_cancel(offer) for offer in made if listed.is_open(offer, now) and not offer.unwanted],
    }


def as_json(db: Any, shop: Shop, *, now: datetime, customer_id: str) -> dict[str, Any]:
    """The same for programs. Raises LookupError for one who has no measurement."""
    kept = customers.canonical(db, shop.shop_id, [customer_id])[customer_id]
    row = snapshots.get(db, shop.shop_id, kept)
    if row is None:
        raise LookupError(customer_id)
    decision = decisions.get(db, shop.shop_id, kept)
    made = offer_store.of_customers(db, shop.shop_id, [kept]).get(kept, [])
    return {
        **listed.plain(row, rulebook.of_shop(db, shop), now=now),
        "left_out": bool(customers.left_out(db, shop.shop_id, [kept])),
        "consent": customers.consents(db, shop.shop_id, [kept]).get(kept),
        "store_group": notes.store_group(db, shop.shop_id, kept)[0],
        "offers": [list_offers.outside(offer) for offer in made],
        "decision": decision and {
            "decided_at": instant_text(decision.decided_at),
            "program_version": decision.program_version,
            "outcome": decision.outcome,
            "reasons": decision.reasons,
        },
    }  # fmt: skip


def _of_the_store(db: Any, shop: Shop, kept: str) -> list[dict[str, str]]:
    """What the store itself says of the customer, as far as it was told or asked."""
    group, _read_at = notes.store_group(db, shop.shop_id, kept)
    consent = customers.consents(db, shop.shop_id, [kept]).get(kept)
    told = [(_("Group in your store"), names.group(group))] if group else []
    told += [(_("E-mail"), str(names.CONSENTS.get(consent, consent)))] if consent else []
    return [{"name": name, "value": value, "help": ""} for name, value in told]


def _asked_for(db: Any, shop: Shop, kept: str) -> str:
    waits = disclosure.waiting(db, shop.shop_id, DATA_REQUEST)
    if not any(asked.get("customer_id") in customers.family(db, shop.shop_id, kept) for asked in waits):
        return ""
    return _("This customer asks what is kept about them.")


def _whys(
    shop: Shop, row: Snapshot, made: Sequence[Offer], decision: StoredDecision | None, *, now: datetime
) -> list[Why]:
    """For each open offer why it was made; then why there is none, or no other."""
    open_ones = [offer for offer in reversed(made) if listed.is_open(offer, now)]
    found = [_of_offer(offer, alone=len(open_ones) == 1) for offer in open_ones]
    if decision is None:
        if not found:
            found.append(Why(title=_("Not decided yet"), lead=_not_yet(shop, now), checks=(), result=""))
    elif decision.outcome != "issue":
        found.append(_of_decision(decision, row, shop, now=now, other=bool(open_ones)))
    return found


def _not_yet(shop: Shop, now: datetime) -> str:
    return _("Everyone is looked at again %(when)s.", when=formats.until(shop.nightly_due_at, now))


def _of_offer(offer: Offer, *, alone: bool) -> Why:
    gives = benefits.gives(offer.benefit, offer.currency)
    title = _("Why this offer") if gives else _("Why this reminder")
    if not alone:
        # two of them are told apart by their codes
        title = _("%(title)s: %(which)s", title=title, which=offer.code or offers.kind(offer))
    if gives:
        told = _("Discount: %(gives)s. %(kind)s", gives=gives, kind=offers.kind(offer))
    else:
        told = _("%(kind)s, without a discount", kind=offers.kind(offer))
    return Why(
        title=title,
        lead=_decided(offer.created_at, offer.program_version),
        checks=_checks(offer.reasons),
        result=told,
        # a reminder gives nothing to be used
        note=_("Can be used until %(date)s.", date=formats.date(offer.ends_at)) if gives else "",
    )


def _of_decision(decision: StoredDecision, row: Snapshot, shop: Shop, *, now: datetime, other: bool) -> Why:
    step = rulebook.next_step(decision.reasons, now)
    if decision.outcome == "held_out":
        result = _("No offer: the control group shows what offers really add.")
    elif step:
        result = _("No offer now. %(next)s.", next=step)
    else:
        result = _("No offer. Only a new order or a change of the rules can bring one.")
    due = row.next_check_at is not None and row.next_check_at <= now
    return Why(
        title=_("Why no other offer") if other else _("Why no offer"),
        lead=_decided(decision.decided_at, decision.program_version),
        checks=_checks(decision.reasons),
        result=result,
        note=_("Looked at again %(when)s.", when=formats.until(now, now)) if due and shop.state == "active" else "",
    )


def _decided(moment: datetime, version: int) -> str:
    return _(
        "Decided on %(date)s by version %(number)s of the rules. The numbers are those of that moment.",
        date=formats.date_and_time(moment), number=formats.number(version),
    )  # fmt: skip


def _cancel(offer: Offer) -> dict[str, str]:
    """What the question before cancelling says."""
    gives = benefits.gives(offer.benefit, offer.currency)
    told = offers.kind(offer)
    if gives:
        what = _("%(what)s: %(gives)s", what=told, gives=gives)
        told = _("%(what)s, until %(date)s", what=what, date=formats.date(offer.ends_at))
    return {"id": offer.offer_id, "what": told, "code": offer.code or ""}


def _checks(found: Sequence[Mapping[str, Any]]) -> list[Check]:
    return [Check(ok=bool(reason.get("ok")), text=reasons.sentence(reason)) for reason in found]


def _facts(shop: Shop, rules: Rulebook, row: Snapshot, *, now: datetime) -> list[dict[str, str]]:
    def money(minor: int) -> str:
        return formats.money(minor, shop.currency, whole=True)

    expected = row.expected_next_order_at
    told = [
        (_("Orders"), formats.number(row.order_count)),
        (_("Spent in 12 months"), money(row.spend_365d_minor)),
        (_("Spent in all"), money(row.spend_total_minor)),
        (_("Usual gap"), formats.days(row.usual_gap_days) if row.usual_gap_days is not None else NONE),
        (_("Last order"), formats.ago(row.last_order_at, now)),
        (_("Next order expected"), formats.date(expected) if expected and expected > now else NONE),
        (_("Recency, frequency, money"), f"{row.r} · {row.f} · {row.m}"),
        (_("In control group"), _("yes") if rules.holds_out(row.customer_id) else _("no")),
    ]
    facts = [{"name": name, "value": value, "help": ""} for name, value in told]
    # several orders of one day are one visit, and tell of no gap
    few = row.order_count < ORDERS_FOR_OWN_RHYTHM or row.median_gap_days is None
    if few and row.usual_gap_days is not None:
        facts[3]["help"] = plural(
            "Mostly from your other customers: %(count)s order says little about a rhythm.",
            "Mostly from your other customers: %(count)s orders say little about a rhythm.",
            row.order_count,
        )
    return facts

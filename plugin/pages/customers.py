"""The list of customers: who they are to the shop, how late they are, and what comes next for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from plugin.pages import asked, formats, names, none_yet, rulebook
from plugin.pages.asked import Choice, Query
from plugin.pages.rulebook import Rulebook
from plugin.pages.say import _
from plugin.usecases.list_signals import instant_text
from storage import customers, listings, offers
from storage.listings import CustomerFilter
from storage.money import to_decimal_text
from storage.offers import Offer
from storage.shops import Shop
from storage.snapshots import Snapshot

PATH = "/app/customers"
NONE = "–"
#: made, and not used or ended
OPEN = frozenset({"planned", "sending", "issued"})
FILTERS = ("q", "group", "tier", "status", "r", "value")
DEFAULT_SORT = next(iter(listings.SORTS))
TONES = {"late": "warn", "lapsing": "warn", "lost": "critical"}


def gather(db: Any, shop: Shop, *, now: datetime, query: Query) -> dict[str, Any]:
    """What the template shows of one page of the list."""
    rules = rulebook.of_shop(db, shop)
    kept = _kept(query, rules)
    found, number = _found(db, shop, rules, query, now=now)
    paths = {sort: asked.address(PATH, _with_sort(kept, sort)) for sort in listings.SORTS}
    return {
        "rows": _rows(db, shop, rules, found.items, now=now),
        "count": found.count,
        "status": count_text(found.count, filtered=any(kept[name] for name in FILTERS)),
        "choices_shown": _choices(kept, rules),
        "chips": _chips(kept),
        "sought": kept["q"],
        "kept": {name: kept[name] for name in ("r", "value", "sort") if kept[name]},
        "sort": kept["sort"] or DEFAULT_SORT,
        "sort_paths": paths,
        "is_filtered": any(kept[name] for name in FILTERS),
        "paging": asked.turning(PATH, kept, found, number),
        "nobody": "" if found.count else none_yet.customers(db, shop, now=now),
        "no_match": (found.count == 0 and any(kept[name] for name in FILTERS)) or (found.count and not found.items),
    }


def as_json(db: Any, shop: Shop, *, now: datetime, query: Query) -> dict[str, Any]:
    """The same page for programs."""
    rules = rulebook.of_shop(db, shop)
    found, number = _found(db, shop, rules, query, now=now)
    before, after = asked.cursors(found, number)
    return {
        "count": found.count,
        "before": before or None,
        "after": after or None,
        "customers": [plain(row, rules, now=now) for row in found.items],
    }


def plain(row: Snapshot, rules: Rulebook, *, now: datetime) -> dict[str, Any]:
    """One customer for programs; money as decimal text."""
    return {
        "customer_id": row.customer_id,
        "group": row.group,
        "tier": rules.tier(row.spend_365d_minor, row.tier) or None,
        "order_count": row.order_count,
        "spend_365d": to_decimal_text(row.spend_365d_minor, rules.shop.currency),
        "usual_gap_days": row.usual_gap_days,
        "last_order_at": instant_text(row.last_order_at),
        "lateness": standing(row, now),
        "control_group": rules.holds_out(row.customer_id),
    }


def standing(row: Snapshot, now: datetime) -> str | None:
    """How late a customer is at this moment, by the thresholds last measured; None without a rhythm."""
    begins = (("lost", row.lost_at), ("lapsing", row.lapsing_at), ("late", row.late_at))
    if row.late_at is None:
        return None
    return next((name for name, moment in begins if moment is not None and moment <= now), "on_time")


def is_open(offer: Offer, now: datetime) -> bool:
    """Whether an offer can still be used; one whose time is over may wait for the store to switch its code off."""
    return offer.state in OPEN and offer.ends_at > now


def count_text(count: int, *, filtered: bool) -> str:
    """How many there are, at the head of a list; "" for a list that has never had one."""
    number = formats.number(count)
    if filtered:
        return _("%(number)s found", number=number)
    return _("%(number)s in all", number=number) if count else ""


def address(**filters: Any) -> str:
    """The list with these filters set."""
    return asked.address(PATH, filters)


def _found(
    db: Any, shop: Shop, rules: Rulebook, query: Query, *, now: datetime
) -> tuple[listings.Part[Snapshot], int]:  # fmt: skip
    """The page asked for, and the number of its first row."""
    kept = _kept(query, rules)
    replayed = rules.replays_tiers
    spend_from, spend_below = (None, None) if replayed else rules.spend_of(kept["tier"])
    wanted = CustomerFilter(
        group=kept["group"] or None, spend_from=spend_from, spend_below=spend_below,
        tier=kept["tier"] or None if replayed else None, lateness=kept["status"] or None,
        r=asked.score(query, "r"), value=asked.score(query, "value"), begins=kept["q"] or None,
    )  # fmt: skip
    sort = kept["sort"] or DEFAULT_SORT
    place, number = asked.place(query, values=listings.SORTS[sort])
    part = listings.customers(db, shop.shop_id, wanted, sort=sort, now=now, limit=asked.PAGE_ROWS, place=place)
    return part, number if part.items else 1


def _kept(query: Query, rules: Rulebook) -> dict[str, str]:
    sort = asked.one_of(query, "sort", listings.SORTS)
    return {
        "q": asked.begins(query, "q"),
        "group": asked.one_of(query, "group", names.GROUPS),
        "tier": asked.one_of(query, "tier", rules.tier_names()),
        "status": asked.one_of(query, "status", listings.LATENESS),
        "r": asked.one_of(query, "r", asked.SCORES),
        "value": asked.one_of(query, "value", asked.SCORES),
        "sort": "" if sort == DEFAULT_SORT else sort,
    }


def _with_sort(kept: dict[str, str], sort: str) -> dict[str, str]:
    return {**kept, "sort": "" if sort == DEFAULT_SORT else sort}


def _choices(kept: dict[str, str], rules: Rulebook) -> list[Choice]:
    groups = [(key, str(name)) for key, (name, _meaning) in names.GROUPS.items() if key != "prospects"]
    tiers = [(name, name) for name in rules.tier_names()]
    late = [(key, str(names.LATENESS[key][0])) for key in listings.LATENESS]
    return [
        Choice(name="group", label=_("Group"), options=groups, value=kept["group"]),
        Choice(name="tier", label=_("Tier"), options=tiers, value=kept["tier"]),
        Choice(name="status", label=_("Status"), options=late, value=kept["status"]),
    ]


def _chips(kept: dict[str, str]) -> list[dict[str, str]]:
    """What the list is narrowed to, each with the way out of it."""
    told = {
        "q": _("Number begins with %(text)s", text=kept["q"]),
        "group": names.group(kept["group"]),
        "tier": kept["tier"],
        "status": str(names.LATENESS[kept["status"]][0]) if kept["status"] else "",
        "r": _("Recency %(score)s of 5", score=kept["r"]),
        "value": _("Value %(score)s of 5", score=kept["value"]),
    }
    return [
        {"text": text, "path": asked.address(PATH, {**kept, name: ""})} for name, text in told.items() if kept[name]
    ]


def _rows(db: Any, shop: Shop, rules: Rulebook, found: list[Snapshot], *, now: datetime) -> list[dict[str, Any]]:
    ids = [row.customer_id for row in found]
    decided = listings.decisions_on(db, shop.shop_id, ids)
    out = customers.left_out(db, shop.shop_id, ids)
    made = offers.of_customers(db, shop.shop_id, ids)

    def row(one: Snapshot) -> dict[str, Any]:
        who, state = one.customer_id, standing(one, now)
        decision = decided.get(who)
        step = rulebook.next_step(decision.reasons, now) if decision else ""
        return {
            "id": who,
            "group": names.group(one.group),
            "tier": rules.tier(one.spend_365d_minor, one.tier) or NONE,
            "orders": formats.number(one.order_count),
            "spent": formats.money(one.spend_365d_minor, shop.currency, whole=True),
            "gap": NONE if one.usual_gap_days is None else formats.days(one.usual_gap_days),
            "last": formats.ago(one.last_order_at, now),
            "status": str(names.LATENESS[state][0]) if state else "",
            "tone": TONES.get(state or "", ""),
            "next": _next(
                [one for one in made.get(who, []) if is_open(one, now)],
                left_out=who in out,
                held=rules.holds_out(who),
                step=step,
            ),
        }

    return [row(one) for one in found]


def _next(open_ones: Sequence[Offer], *, left_out: bool, held: bool, step: str) -> str:
    if left_out:
        return _("Left out")
    if held:
        return _("In control group")
    if giving := [one for one in open_ones if one.benefit.get("type") != "none"]:
        return _("Offer open until %(date)s", date=formats.date(giving[-1].ends_at))
    return step or (_("Reminder due") if open_ones else NONE)

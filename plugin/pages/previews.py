"""What changed rules would do, in words, beside the saved ones; the replays of a shop are kept while it is edited."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import datetime
from statistics import median
from typing import Any

from plugin.pages import formats, names, typical
from plugin.pages.say import _, plural
from plugin.pages.typical import Typical
from plugin.rewards.decision import Benefit
from plugin.rewards.program import Program
from plugin.usecases import preview
from plugin.usecases.backtest.past import Past
from plugin.usecases.backtest.summary import Summary
from plugin.usecases.preview import Change, Comparison
from storage.money import to_decimal_text
from storage.shops import Shop

#: of all shops together: one history or one replay each, some hundred customers large
KEPT = 64
FRESH_MINUTES = 15


class Previews:
    """The newest histories and replays of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def compare(self, db: Any, shop: Shop, *, saved: Program, changed: Program, now: datetime) -> Comparison | None:
        """Both programs over the shop's last year; None before the shop was measured."""
        seen = _seen(shop, now)
        store: Past | None = self._once(seen, lambda: preview.past(db, shop, now=now))
        if store is None:
            return None
        first = self._once((seen, saved), lambda: preview.year(store, saved))
        second = self._once((seen, changed), lambda: preview.year(store, changed))
        return preview.compare(store, (saved, first), (changed, second))

    def typical(self, db: Any, shop: Shop, *, now: datetime) -> Typical | None:
        """The middle customer of the same history; None before the shop was measured."""
        seen = _seen(shop, now)
        store: Past | None = self._once(seen, lambda: preview.past(db, shop, now=now))
        if store is None:
            return None
        found: Typical = self._once((seen, "typical"), lambda: typical.of_customers(db, shop.shop_id, store))
        return found

    def _once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        # two at once may both make it: that is dearer, not wrong
        found = make()
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found


def _seen(shop: Shop, now: datetime) -> Hashable:
    """A history is good for a quarter of an hour, unless the shop is measured anew."""
    return (shop.shop_id, shop.model_as_of, f"{now:%Y-%m-%d %H}", now.minute // FRESH_MINUTES)


def in_words(found: Comparison, program: Program, *, now: datetime) -> dict[str, Any]:
    """What the template shows."""
    cap, currency = program.limits.monthly_budget, program.currency

    def money(minor: int) -> str:
        return formats.money(minor, currency, whole=True)

    cost = found.changed.cost_a_month
    return {
        "cost": money(cost),
        "line": _("%(amount)s a month, %(share)s of the budget", amount=money(cost), share=formats.share(cost, cap)),
        "against": _against(found, money),
        "sample": _sample(found.changed, money),
        "width": round(min(100 * cost / cap, 100), 1) if cap else 0,
        "of_budget": _of_budget(found.changed, cap, money),
        "notes": list(_notes(found, program)),
        "tiers": [
            {"name": row.name, "saved": formats.number(row.saved), "changed": formats.number(row.changed),
             "differs": row.saved != row.changed}
            for row in found.tiers
        ],
        "kinds": list(_kinds(found)),
        "months": list(_months(found, now)),
        "changes": [_change(one) for one in found.changes],
    }  # fmt: skip


def as_json(found: Comparison, program: Program) -> dict[str, Any]:
    """The figures for programs."""

    def of(each: Summary) -> dict[str, Any]:
        return {
            "cost_a_month": to_decimal_text(each.cost_a_month, program.currency),
            "worst_a_month": to_decimal_text(each.worst_a_month, program.currency),
            "offers_by_month": dict(sorted(each.by_month.items())),
            "offers_by_kind": dict(each.by_kind),
            "came_back_by_themselves": {kind: round(share, 4) for kind, share in each.came_back.items()},
            "budget_used_up_on_day": list(each.ran_out.values()),
            "cost_within": to_decimal_text(each.cost_within, program.currency),
            "customers_replayed": each.replayed,
        }

    return {"saved": of(found.saved), "changed": of(found.changed), "customers_changing_tier": found.moved}


def _of_budget(found: Summary, cap: int, money: Callable[[int], str]) -> str:
    """How much of the month's budget it takes, and would take at worst."""
    share = _("%(share)s of the budget of %(cap)s.", share=formats.share(found.cost_a_month, cap), cap=money(cap))
    worst = _("If every offer were used on the largest order reckoned with: %(amount)s a month.",
              amount=money(found.worst_a_month))  # fmt: skip
    return _("%(first)s %(second)s", first=share, second=worst)


def _against(found: Comparison, money: Callable[[int], str]) -> str:
    difference = found.changed.cost_a_month - found.saved.cost_a_month
    moved = plural("%(count)s customer changes tier.", "%(count)s customers change tier.", found.moved)
    if not difference and not found.moved and not found.changes:
        return _("Same as the saved rules.")
    if difference:
        amount = money(abs(difference))
        more = _("%(amount)s more than the saved rules.", amount=amount)
        told = more if difference > 0 else _("%(amount)s less than the saved rules.", amount=amount)
    else:
        told = _("As much as the saved rules.")
    return _("%(first)s %(second)s", first=told, second=moved) if found.moved else told


def _sample(found: Summary, money: Callable[[int], str]) -> str:
    """How many customers it was worked out from, and how far off that can be."""
    if found.replayed >= found.of:
        return ""
    return _(
        "Worked out from %(some)s of your %(all)s customers, and scaled up: the amount is right within %(within)s, 19 times of 20.",
        some=formats.number(found.replayed), all=formats.number(found.of), within=money(found.cost_within),
    )  # fmt: skip


def _notes(found: Comparison, program: Program) -> Iterator[str]:
    days = list(found.changed.ran_out.values())
    if days:
        yield plural(
            "The budget would have been used up in %(count)s month of the year, around day %(day)s. No offer is made from then on.",
            "The budget would have been used up in %(count)s months of the year, around day %(day)s. No offer is made from then on.",
            len(days), day=formats.number(round(median(days))),
        )  # fmt: skip
    highest = program.limits.highest_percent
    rows = zip(found.tiers, program.loyalty.tiers, strict=False)
    held = sum(row.changed for row, tier in rows if tier.type == "percent" and tier.percent > highest)
    if held and program.loyalty.enabled:
        yield plural(
            "%(count)s customer gets less than the tier says, because of the highest discount.",
            "%(count)s customers get less than their tier says, because of the highest discount.",
            held,
        )


def _kinds(found: Comparison) -> Iterator[dict[str, Any]]:
    saved, changed = found.saved, found.changed
    for kind in sorted({*saved.by_kind, *changed.by_kind}):
        before, after = saved.by_kind.get(kind, 0), changed.by_kind.get(kind, 0)
        share = changed.came_back.get(kind)
        told = "" if share is None else formats.percent(round(100 * share))
        sentence = _("%(share)s ordered again by themselves while it was valid", share=told) if told else ""
        yield {
            "name": names.kind(kind), "saved": formats.number(before), "changed": formats.number(after),
            "differs": before != after, "came_back": sentence,
        }  # fmt: skip


def _months(found: Comparison, now: datetime) -> Iterator[dict[str, Any]]:
    local = formats.local(now)
    for back in range(12, -1, -1):
        year, month = divmod(local.year * 12 + local.month - 1 - back, 12)
        key = f"{year}-{month + 1:02}"
        before, after = found.saved.by_month.get(key, 0), found.changed.by_month.get(key, 0)
        yield {
            "name": formats.month(year, month + 1),
            "saved": formats.number(before),
            "changed": formats.number(after),
            "differs": before != after,
        }


def _change(one: Change) -> dict[str, str]:
    def offers(gifts: tuple[Benefit, ...]) -> str:
        if not gifts:
            return _("no offers")
        told = plural("%(count)s offer", "%(count)s offers", len(gifts))
        percents = [gift.value for gift in gifts if gift.type == "percent"]
        return _("%(what)s up to %(percent)s", what=told, percent=formats.percent(max(percents))) if percents else told

    before, after = one.tiers
    parts = [_("%(before)s → %(after)s", before=before, after=after)] if before != after else []
    if one.saved != one.changed:
        parts.append(_("%(before)s → %(after)s", before=offers(one.saved), after=offers(one.changed)))
    return {"id": one.customer_id, "text": "; ".join(parts)}


def page(
    found: Comparison | None, program: Program, *, now: datetime, steps: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """What the preview's template gets, with the chart of ``steps``: nothing to show before the shop was measured."""
    return {"p": in_words(found, program, now=now) | {"steps": steps} if found else None}

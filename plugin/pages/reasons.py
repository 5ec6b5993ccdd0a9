"""The reasons of a decision as sentences in the reader's language, made from their codes and numbers.

A code that is not known here (a newer rule, an older row) shows the English sentence that was stored with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from plugin.pages import benefits, formats, names
from plugin.pages.say import _, plural

Numbers = Mapping[str, Any]


def sentence(reason: Mapping[str, Any]) -> str:
    """One stored reason in words."""
    numbers = reason.get("numbers") or {}
    write = SENTENCES.get(str(reason.get("code")))
    try:
        return write(numbers) if write else str(reason.get("detail", ""))
    except (KeyError, TypeError, ValueError):
        return str(reason.get("detail", ""))


def main_reason(reasons: Sequence[Mapping[str, Any]], *, given: bool) -> str:
    """The one sentence that says most: why it was given, or what stood against it."""
    if not given and (against := next((reason for reason in reasons if not reason.get("ok")), None)):
        return sentence(against)
    speaking = next((reason for reason in reasons if reason.get("code") in DECISIVE), None)
    return sentence(speaking or (reasons[0] if reasons else {}))


DECISIVE = frozenset({"loyalty_applies", "occasion_applies", "surprise_drawn", "win_back_applies"})


def _date(numbers: Numbers, name: str) -> str:
    return formats.date(datetime.fromisoformat(numbers[name]))


def _money(numbers: Numbers, name: str) -> str:
    return formats.money(numbers[name], numbers["currency"])


def _percent(numbers: Numbers, name: str = "percent") -> str:
    return formats.percent(numbers[name])


def _gives(numbers: Numbers, name: str = "gives", percent: str = "percent") -> str:
    """What an offer gives; older reasons know of percentages only."""
    return benefits.told(numbers[name]) if name in numbers else formats.percent(numbers[percent])


def _rhythm(numbers: Numbers) -> str:
    # whole days that are over, as the age of an order is told
    silence = formats.days(int(numbers["silence_days"]))
    if "quantile_days" in numbers:
        share, usual = formats.percent(numbers["quantile_percent"]), formats.days(numbers["quantile_days"])
        return _("After as many orders, %(share)s of those who come back do so within %(usual)s. It has been %(silence)s.",
                 share=share, usual=usual, silence=silence)  # fmt: skip
    if numbers["usual_gap_days"] is None:
        return _("It has been %(silence)s since the last order.", silence=silence)
    usual = formats.days(numbers["usual_gap_days"])
    if numbers["times_usual_gap"] is None:
        return _("Usually buys every %(usual)s. It has been %(silence)s.", usual=usual, silence=silence)
    times = formats.tenths(numbers["times_usual_gap"])
    return _("Usually buys every %(usual)s. It has been %(silence)s, %(times)s times the usual gap.",
             usual=usual, silence=silence, times=times)  # fmt: skip


def _of_kind(numbers: Numbers, kind: str) -> str:
    return benefits.told(numbers["gives"][kind]) if "gives" in numbers else formats.percent(numbers[f"{kind}_percent"])


def _several(numbers: Numbers, then: str) -> str:
    """More than loyalty and win-back ask."""
    told = [
        _("%(what)s %(gives)s", what=names.kind(one["kind"]), gives=benefits.told(one["gives"]))
        for one in numbers["offers"]
    ]
    return _("Several apply: %(list)s. %(then)s", list=", ".join(told), then=then)


def _step(numbers: Numbers) -> str:
    name = names.step("win_back", numbers["step"])
    if not numbers["percent"] and "gives" not in numbers:
        return name
    return _("%(step)s (%(percent)s)", step=name, percent=_gives(numbers))


def _with_rhythm(text: str, numbers: Numbers) -> str:
    return _("%(first)s %(second)s", first=_rhythm(numbers), second=text)


def _budget(numbers: Numbers) -> dict[str, str]:
    left = max(numbers["cap_minor"] - numbers["used_minor"], 0)
    return {
        "needed": _money(numbers, "needed_minor"),
        "left": formats.money(left, numbers["currency"]),
        "cap": _money(numbers, "cap_minor"),
    }


def _tier(numbers: Numbers) -> dict[str, str]:
    spend = _money(numbers, "spend_minor")
    if "orders" in numbers:
        spend = plural("%(count)s order", "%(count)s orders", numbers["orders"])
    return {"tier": str(numbers["tier"]), "spend": spend}


def _kept(numbers: Numbers) -> dict[str, str]:
    missing = max(numbers["needed"] - numbers["value"], 0)
    amount = formats.money(missing, numbers["currency"])
    if numbers["measure"] == "orders":
        amount = plural("%(count)s order", "%(count)s orders", missing)
    return {"tier": str(numbers["tier"]), "missing": amount, "date": _date(numbers, "until")}


def _shadow(numbers: Numbers) -> str:
    told = _("Trial run: decided and written down, nothing given.")
    if numbers["offer"] is None:
        return told
    return _("%(first)s %(second)s", first=told, second=_("Live, there would be an offer of %(percent)s.",
             percent=_offered(numbers["offer"])))  # fmt: skip


def _offered(offer: Numbers) -> str:
    """The offer that shadow mode keeps back."""
    if offer.get("type", "percent") in {"percent", "none"}:
        return formats.percent(offer["percent"])
    return benefits.told({**offer, "amount_minor": offer["reserve_minor"]})


SENTENCES: dict[str, Callable[[Numbers], str]] = {
    "importing": lambda _n: _("The store's orders are still being read. Nothing is given before all are known."),
    "history_complete": lambda _n: _("All orders of the store have been read."),
    "left_out": lambda _n: _("This customer was left out of offers."),
    "left_out_by_tag": lambda n: _("Customers with the tag %(tag)s get no offers.", tag=n["tag"]),
    "tags_unread": lambda _n: _("The customer's tags are being read from the store. Then it is decided."),
    "taking_part": lambda _n: _("Not left out of offers."),
    "live": lambda _n: _("The rules are live."),
    "shadow": _shadow,
    "outside_share": lambda n: _(
        "The rules hold for %(share)s of customers so far, and not for this one.", share=_percent(n, "rollout_percent")
    ),
    "loyalty_off": lambda _n: _("Loyalty discounts are switched off."),
    "already_given": lambda n: _(
        "The loyalty discount for the last order was decided on %(date)s.", date=_date(n, "given_at")
    ),
    "tier_without_discount": lambda n: _(
        "%(spend)s in the last 12 months is tier %(tier)s, which has no discount.", **_tier(n)
    ),
    "tier_in_grace": lambda n: _(
        "Keeps tier %(tier)s until %(date)s. With %(missing)s more by then it stays.", **_kept(n)
    ),
    "tier_ends_soon": lambda n: _(
        "Tier %(tier)s ends soon, on %(date)s. With %(missing)s more by then it stays.", **_kept(n)
    ),
    "tier_lowered": lambda n: _(
        "One tier lower since %(date)s: %(tier)s.", tier=str(n["tier"]), date=_date(n, "since")
    ),
    "order_too_old": lambda n: _(
        "The last order is %(age)s old. Loyalty discounts are given up to %(fresh)s after an order.",
        age=formats.days(n["order_age_days"]), fresh=formats.days(n["fresh_days"]),
    ),
    "loyalty_applies": lambda n: _(
        "%(spend)s in the last 12 months is tier %(tier)s: %(percent)s after an order.", **_tier(n), percent=_gives(n)
    ),
    "occasion_applies": lambda n: _("%(occasion)s: %(gives)s.", occasion=names.occasion(n["occasion"]), gives=_gives(n)),
    "occasion_ahead": lambda n: _(
        "%(occasion)s: %(gives)s on %(date)s.", occasion=names.occasion(n["occasion"]), gives=_gives(n), date=_date(n, "on")
    ),
    "occasion_not_now": lambda n: _("%(occasion)s: not now.", occasion=names.occasion(n["occasion"])),
    "occasion_given": lambda n: _("%(occasion)s: decided already.", occasion=names.occasion(n["occasion"])),
    "occasion_past": lambda n: _("%(occasion)s: too long ago.", occasion=names.occasion(n["occasion"])),
    "surprise_drawn": lambda n: _("Drawn by lot this month: %(gives)s.", gives=_gives(n)),
    "surprise_ahead": lambda _n: _("Drawn by lot this month. The day is still to come."),
    "surprise_not_drawn": lambda n: _(
        "Not drawn this month: lot %(number)s of %(all)s, drawn below %(odds)s.",
        number=formats.number(n["number"]), all=formats.number(10_000), odds=formats.number(n["odds_percent"] * 100),
    ),
    "surprise_given": lambda _n: _("This month's surprise was decided already."),
    "surprise_not_in_pool": lambda _n: _("Surprises are for customers of other groups."),
    "win_back_off": lambda _n: _("Win-back offers are switched off."),
    "no_rhythm": lambda _n: _("Your shop has too few repeat orders to say when a customer is late."),
    "ladder_done": lambda _n: _("All win-back steps of this silence were given. Only a new order starts a new one."),
    "not_late": lambda n: _with_rhythm(_("Win-back starts on %(date)s.", date=_date(n, "late_from")), n),
    "step_waits": lambda n: _with_rhythm(
        _("The next step, %(step)s, is due on %(date)s.", step=_step(n), date=_date(n, "due_at")), n
    ),
    "too_long_ago": lambda n: _with_rhythm(
        _("%(step)s was due on %(date)s, which is too long ago.", step=_step(n), date=_date(n, "due_at")), n
    ),
    "sunset": lambda n: _(
        "All win-back steps were given in an earlier silence. The peace after them ends on %(date)s.", date=_date(n, "until")
    ),
    "win_back_applies": lambda n: _with_rhythm(
        _("%(step)s: due since %(date)s.", step=_step(n), date=_date(n, "due_at")), n
    ),
    "reminder_is_free": lambda _n: _("A reminder gives no discount. It needs no wait and no budget."),
    "wait_over": lambda n: _(
        "No wait of %(days)s is running. Steps of one win-back series do not wait for each other.",
        days=formats.days(n["wait_days"]),
    ),
    "wait_between_offers": lambda n: _(
        "The last offer is under %(days)s old. The wait ends on %(date)s.", days=formats.days(n["wait_days"]), date=_date(n, "until")
    ),
    "no_open_offer": lambda _n: _("No other offer is open."),
    "open_offer_smaller": lambda n: _(
        "An offer of %(percent)s is open. This one is larger and counts. They do not add up.",
        percent=_gives(n, "open_gives", "open_percent"),
    ),
    "open_offer": lambda n: _(
        "An offer of %(percent)s is open until %(date)s. The larger one counts. They do not add up.",
        percent=_gives(n, "open_gives", "open_percent"), date=_date(n, "until"),
    ),
    "control_group": lambda n: _(
        "In the control group: %(percent)s of customers get no offers, so that you can see what offers add.",
        percent=_percent(n, "holdout_percent"),
    ),
    "not_in_control_group": lambda _n: _("Not in the control group."),
    "budget_too_small": lambda n: _(
        "The offer can cost up to %(needed)s, more than the whole monthly budget of %(cap)s.", **_budget(n)
    ),
    "budget_used_up": lambda n: _(
        "The offer can cost up to %(needed)s. %(left)s of the budget of %(cap)s is left. A new budget begins on %(date)s.",
        **_budget(n), date=_date(n, "until"),
    ),
    "budget_left": lambda n: _(
        "The offer can cost up to %(needed)s. %(left)s of the budget of %(cap)s is left.", **_budget(n)
    ),
    "customer_year_left": lambda n: _(
        "The offer can cost up to %(needed)s. %(left)s of the %(cap)s for this customer's year is left.", **_budget(n)
    ),
    "customer_year_used": lambda n: _(
        "The offer can cost up to %(needed)s. %(left)s of the %(cap)s for this customer's year is left until %(date)s.",
        **_budget(n), date=_date(n, "until"),
    ),
    "customer_year_too_small": lambda n: _(
        "The offer can cost up to %(needed)s, more than the %(cap)s that a customer may get in a year.", **_budget(n)
    ),
    "day_left": lambda n: _(
        "The offer can cost up to %(needed)s. %(left)s of today's %(cap)s is left.", **_budget(n)
    ),
    "day_used_up": lambda n: _(
        "The offer can cost up to %(needed)s. Only %(left)s of today's %(cap)s is left. It goes on tomorrow.", **_budget(n)
    ),
    "day_too_small": lambda n: _(
        "The offer can cost up to %(needed)s, more than the %(cap)s for a whole day.", **_budget(n)
    ),
    "ramp_left": lambda n: _(
        "Customers that win-back has written to today: %(used)s of at most %(most)s.",
        used=formats.number(n["used"]), most=formats.number(n["most"]),
    ),
    "ramp_full": lambda n: _(
        "Customers that win-back has written to today: %(used)s of at most %(most)s. It goes on tomorrow.",
        used=formats.number(n["used"]), most=formats.number(n["most"]),
    ),
    "highest_is_zero": lambda n: _(
        "The highest discount is %(percent)s, so no discount can be given.", percent=_percent(n, "highest_percent")
    ),
    "highest_percent": lambda n: _(
        "The rule says %(asked)s. The highest discount makes it %(percent)s.",
        asked=_money(n["gives"] | n, "asked_minor") if "gives" in n else _percent(n, "asked_percent"), percent=_gives(n),
    ),
    "margin_floor": lambda n: _(
        "So that %(floor)s is left of a margin of %(margin)s, it is %(percent)s.",
        floor=_percent(n, "floor_percent"), margin=_percent(n, "margin_percent"), percent=_gives(n),
    ),
    "below_margin": lambda n: _(
        "On the smallest order it would leave less than %(floor)s of a margin of %(margin)s.",
        floor=_percent(n, "floor_percent"), margin=_percent(n, "margin_percent"),
    ),
    "within_highest": lambda n: _(
        "Not above the highest discount of %(percent)s.", percent=_percent(n, "highest_percent")
    ),
    "larger_counts": lambda n: _several(n, _("The largest counts. They do not add up.")) if "offers" in n else _(
        "Both apply: loyalty %(loyalty)s and win-back %(win_back)s. The larger one counts. They do not add up.",
        loyalty=_of_kind(n, "loyalty"), win_back=_of_kind(n, "win_back"),
    ),
    "next_in_line": lambda n: _several(n, _("The largest cannot be given now.")) if "offers" in n else _(
        "Both apply: loyalty %(loyalty)s and win-back %(win_back)s. The larger one cannot be given now.",
        loyalty=_of_kind(n, "loyalty"), win_back=_of_kind(n, "win_back"),
    ),
}  # fmt: skip

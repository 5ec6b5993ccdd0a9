"""What the merchant should look at, the most pressing first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from plugin.pages import formats, set_aside
from plugin.pages.figures import Figures
from plugin.pages.say import _, plural
from plugin.usecases import freeze, keep_currency
from plugin.usecases.disclose import ANSWER_WITHIN
from storage.shops import Shop

MOST_ITEMS = 3
#: how often in a row a store was asked in vain before the merchant is told
SILENT_FROM = 3
BUDGET_WARNS_FROM = 0.9
DELIVERIES_WAIT_AT_MOST = timedelta(hours=1)
#: how long a limit of the past is told of after it was read
LIMIT_TOLD_FOR = timedelta(days=14)
RULES = "/app/rules"
#: what the command line keeps beside a pause that was asked for
ON_REQUEST = "paused by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to look at, with at most one link."""

    text: str
    link: str = ""
    path: str = ""
    critical: bool = False
    #: the link leaves the pages and the frame around them
    outside: bool = False
    details: Sequence[str] = ()
    #: whether it is for the visitor to connect the store again
    again: bool = False


def items(seen: Figures) -> list[Item]:
    """The most pressing first, three at most together with what stands above every page."""
    most = MOST_ITEMS - 1 if trouble(seen.shop) else MOST_ITEMS
    return list(_items(seen))[:most]


def trouble(shop: Shop) -> Item | None:
    """Why a store gets no offers against its merchant's will, and the way out; None where it does, or the pause was asked for."""
    if shop.access_trouble:
        return Item(text=_lost(), critical=True, details=[shop.access_trouble], again=True)
    if shop.state != "paused" or shop.trouble in {None, "", ON_REQUEST}:
        return None
    if shop.trouble.startswith(keep_currency.BEGINS):
        text = _(
            "Your store now sells in %(currency)s, and the rules are in another currency. Offers are paused until rules in %(currency)s are saved.",
            currency=shop.currency,
        )  # fmt: skip
        return Item(text=text, link=_("Open the rules"), path=RULES, critical=True)
    if freeze.held(shop):
        text = _(
            "Your store knows codes that are not known here, as after an older backup was put back. Offers are paused until whoever runs Regulars has looked and resumes them.",
        )  # fmt: skip
        return Item(text=text, critical=True, details=[shop.trouble])
    return Item(text=_lost(), critical=True, details=[shop.trouble], again=True)


def _lost() -> str:
    return _("Your store is not connected. Offers are paused.")


def _items(seen: Figures) -> Iterator[Item]:
    if seen.shop.state == "paused" and trouble(seen.shop) is None:
        yield Item(text=_("Offers are paused."), critical=True)
    if seen.asking_since is not None:
        text = plural(
            "%(count)s customer asks what is kept about them. Answer by %(date)s.",
            "%(count)s customers ask what is kept about them. Answer by %(date)s.",
            len(seen.asking), date=formats.date(seen.asking_since + ANSWER_WITHIN),
        )  # fmt: skip
        yield Item(text=text, link=_("Open the customer"), path=f"/app/customers/{quote(seen.asking[0], safe='')}")
    yield from _asked(seen)
    if seen.aside_count:
        text = plural(
            "%(count)s message from your store could not be understood and was set aside.",
            "%(count)s messages from your store could not be understood and were set aside.",
            seen.aside_count
        )  # fmt: skip
        yield Item(text=text, details=[_aside(seen, place) for place in range(len(seen.aside))])
    if seen.waiting_since is not None and seen.now - seen.waiting_since > DELIVERIES_WAIT_AT_MOST:
        late = formats.span(seen.now - seen.waiting_since)
        yield Item(
            text=_("Messages from your store have been waiting for %(span)s. The numbers are as old.", span=late)
        )
    if seen.is_full:
        text = _("Your store takes no more discount codes. Delete old ones in its list of discounts.")
        yield Item(text=text, critical=True)
    yield from _past(seen)
    if seen.program and seen.program.mode == "shadow":
        text = _("This is a trial run: offers are decided and written down, none is given.")
        yield Item(text=text, link=_("Go live"), path=RULES)
    yield from _budget(seen)


def _past(seen: Figures) -> Iterator[Item]:
    """What became of reading the orders from before the installation, where the merchant should know."""
    past = seen.past
    if past is None:
        return
    if past.state == "failed":
        text = _("Your past orders could not be read. What is bought from now on is known.")
        yield Item(text=text, details=[past.trouble or ""])
    elif past.limited_to is not None and past.ended_at is not None and seen.now - past.ended_at < LIMIT_TOLD_FOR:
        text = _(
            "Shopify has shown us your orders since %(date)s only, as access to all orders is not granted. "
            "Who bought before that looks like a new customer.",
            date=formats.date(past.limited_to),
        )
        yield Item(text=text)


def _asked(seen: Figures) -> Iterator[Item]:
    """A store that has to be asked what is new, and does not answer, or says what cannot be understood."""
    if (asked := seen.polled) is None or seen.shop.state == "uninstalled":
        return
    if asked.failures >= SILENT_FROM and seen.shop.state == "active":
        text = _("Your store does not answer. It is asked again every few minutes, and nothing is lost.")
        yield Item(text=text, details=[asked.trouble])
    if asked.refused:
        text = plural(
            "%(count)s order of your store could not be understood.",
            "%(count)s orders of your store could not be understood.",
            len(asked.refused),
        )
        yield Item(text=text, details=[f"{name}: {why}" for name, why in asked.refused.items()])


def _aside(seen: Figures, place: int) -> str:
    one = seen.aside[place]
    when = formats.when(one.received_at, seen.now)
    return _("%(topic)s, %(when)s: %(reason)s", topic=one.topic, when=when, reason=set_aside.sentence(one.reason))


def _budget(seen: Figures) -> Iterator[Item]:
    cap = seen.program.limits.monthly_budget if seen.program else 0
    used = seen.budget.reserved_minor + seen.budget.booked_minor
    if cap and used >= BUDGET_WARNS_FROM * cap:
        local = seen.now.astimezone(formats.zone(seen.shop.timezone))
        month_after = (local.replace(day=1) + timedelta(days=32)).replace(day=1)
        left = (month_after.date() - local.date()).days
        text = plural(
            "The budget is %(share)s used with %(count)s day left.", "The budget is %(share)s used with %(count)s days left.",
            left, share=formats.share(used, cap),
        )  # fmt: skip
        yield Item(text=text, link=_("Change the budget"), path=RULES)

"""Takes rules of ours out of the store that are long over and hold nothing any more.

Deleting a rule deletes the coupons under it. Under a rule that is over no coupon is good, and nothing of ours makes
another one there: what is over is made under the graveyard. So coupons of ours that lie there still are moved to the
graveyard, and a rule goes that the store shows to be empty. What somebody has edited or switched off, or hung codes of
their own under, stays.
"""

from __future__ import annotations

from datetime import date

from plugin.platforms.magento.answers import Missing
from plugin.platforms.magento.client import MagentoClient
from plugin.platforms.magento.coupons import OURS, SEARCH, Coupons
from plugin.platforms.magento.rulebook import OVER, RULE_SEARCH, RULES, Rule, number_of
from plugin.platforms.magento.search import Filter, Search, any_of, where
from plugin.platforms.magento.templates import REFERENCE, drift
from plugin.platforms.protocol import InDoubt

#: rules in one go; each is one call
MOST_RULES = 20
#: coupons moved in one go; each is two calls
MOST_MOVED = 10


def tidy(client: MagentoClient, coupons: Coupons, *, ended_before: date, after: str) -> str:
    """Looks at the next rules behind the number ``after`` that ended before a day; the last number, "" at the end.

    Done again it finds what is left. Raises PlatformError.
    """
    search = Search(
        groups=where(
            Filter("description", f"{REFERENCE}%", "like"),
            Filter("to_date", ended_before.isoformat(), "lt"),
            # the graveyard lies before all of them
            Filter("to_date", OVER[1], "gt"),
            Filter("rule_id", after or "0", "gt"),
        ),
        order=(("rule_id", True),),
        page_size=MOST_RULES,
    )
    found = client.search(RULE_SEARCH, search)
    ours = [number_of(rule) for rule in found.items if _as_made(rule)]
    if ours:
        held = _emptied(client, coupons, ours)
        for number in sorted(set(ours) - held):
            _delete(client, number)
    return str(number_of(found.items[-1])) if len(found.items) == search.page_size else ""


def _as_made(rule: Rule) -> bool:
    return rule.get("is_active") is True and not drift(rule)


def _emptied(client: MagentoClient, coupons: Coupons, rules: list[int]) -> set[int]:
    """Moves coupons of ours to the graveyard; the rules under which the store showed any coupon."""
    search = Search(groups=where(any_of("rule_id", rules)), order=(("coupon_id", True),))
    found = client.search(SEARCH, search)
    ours = [one for one in found.items if OURS.fullmatch(str(one.get("code", "")).upper())]
    for one in ours[:MOST_MOVED]:
        coupons.bury(str(one.get("coupon_id")))
    # what is not on this page is under rules that come later in another round
    return set(rules) if found.total > len(found.items) else {number_of(one) for one in found.items}


def _delete(client: MagentoClient, number: int) -> None:
    try:
        told = client.delete(f"{RULES}/{number}")
    except Missing:
        return
    if told is not True:
        raise InDoubt("the store does not say that the rule is gone")

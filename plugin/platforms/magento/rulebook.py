"""The cart price rules that our coupons hang on: found by their reference, made when there is none, one at a time.

Magento has no unique key for rules. So a rule is looked for first, made under a lock, and looked for again; two
processes that make one at the same moment make two alike, and whoever looks takes the one with the lowest number.
A rule that somebody has edited is never used again and never changed back: a new one is made beside it. One that
somebody has switched off says no, because making another would go against what the merchant did.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from plugin.platforms import shape
from plugin.platforms.magento.client import MagentoClient
from plugin.platforms.magento.search import USUAL_PAGE, Filter, Search, any_of, where
from plugin.platforms.magento.templates import FIXED, REFERENCE, Template, drift, rule_body
from plugin.platforms.protocol import InDoubt, Rejected

RULES, GROUPS, CONFIGS = "/V1/salesRules", "/V1/customerGroups/search", "/V1/store/storeConfigs"
RULE_SEARCH = f"{RULES}/search"
GRAVEYARD = f"{REFERENCE}graveyard"
#: long over, so that it stays dead even when somebody ticks it active
OVER = ("2000-01-01", "2000-01-02")
MOST_PAGES = 20
SWITCHED_OFF = (
    "the cart price rule {number} that this reward hangs on is switched off in the store: "
    "make it active there, or change the reward"
)

Rule = Mapping[str, Any]


class Rulebook:
    """The rules of one store, remembered as long as this lives; keep it for one batch of calls."""

    def __init__(self, client: MagentoClient, *, currency: str) -> None:
        self._client, self._currency = client, currency
        self._lock = Lock()
        self._numbers: dict[str, int] = {}
        self._sites: tuple[tuple[int, ...], tuple[ZoneInfo, ...]] | None = None

    def websites(self) -> tuple[tuple[int, ...], tuple[ZoneInfo, ...]]:
        """The websites that count in the shop's currency, and their time zones. Raises PlatformError."""
        with self._lock:
            return self._websites()

    def rule_for(self, template: Template) -> tuple[int, bool]:
        """The number of the template's rule, and whether the store was asked for it now. Raises PlatformError."""
        with self._lock:
            if template.reference in self._numbers:
                return self._numbers[template.reference], False
            number = self._sound(template.reference) or self._make(rule_body(template, groups=self._groups()))
            # somebody else may have made one in the same moment: the lowest number is everybody's
            self._numbers[template.reference] = self._sound(template.reference) or number
            return self._numbers[template.reference], True

    def graveyard(self) -> int:
        """The number of the rule that coupons are put under for good: not active, and over. Raises PlatformError."""
        with self._lock:
            if GRAVEYARD not in self._numbers:
                found = [rule for rule in self._named(GRAVEYARD) if is_grave(rule)]
                number = min((number_of(rule) for rule in found), default=0) or self._make(self._grave())
                self._numbers[GRAVEYARD] = number
            return self._numbers[GRAVEYARD]

    def forget(self) -> None:
        """The store is asked anew: a rule that was remembered may be gone."""
        with self._lock:
            self._numbers.clear()

    def some(self, numbers: set[int]) -> dict[int, Rule]:
        """The rules of these numbers, by number. Raises PlatformError."""
        found: dict[int, Rule] = {}
        wanted = sorted(numbers)
        for start in range(0, len(wanted), USUAL_PAGE):
            search = Search(groups=where(any_of("rule_id", wanted[start : start + USUAL_PAGE])))
            found |= {number_of(rule): rule for rule in self._client.search(RULE_SEARCH, search).items}
        return found

    def ours(self, *, until: str) -> dict[int, Rule]:
        """Our rules that end on this day or later, the newest first, by number. Raises PlatformError."""
        found: dict[int, Rule] = {}
        for page in range(1, MOST_PAGES + 1):
            search = Search(
                groups=where(Filter("description", f"{REFERENCE}%", "like"), Filter("to_date", until, "gteq")),
                order=(("rule_id", False),),
                page=page,
            )
            answer = self._client.search(RULE_SEARCH, search)
            found |= {number_of(rule): rule for rule in answer.items}
            if page * search.page_size >= answer.total or not answer.items:
                break
        return found

    def _sound(self, reference: str) -> int:
        """The lowest number of an active rule as it was made; 0 where there is none. Raises Rejected."""
        found = [rule for rule in self._named(reference) if not drift(rule)]
        active = [number_of(rule) for rule in found if rule.get("is_active") is True]
        if found and not active:
            number = min(number_of(rule) for rule in found)
            raise Rejected(SWITCHED_OFF.format(number=number), code="RULE_SWITCHED_OFF")
        return min(active, default=0)

    def _named(self, reference: str) -> tuple[dict[str, Any], ...]:
        search = Search(groups=where(Filter("description", f"{reference}%", "like")), order=(("rule_id", True),))
        return self._client.search(RULE_SEARCH, search).items

    def _make(self, body: dict[str, Any]) -> int:
        return number_of(shape.mapping(self._client.post(RULES, {"rule": body}), "rule"))

    def _grave(self) -> dict[str, Any]:
        return {
            "name": "Regulars: codes that are over (keep this rule, and keep it inactive)", "description": GRAVEYARD,
            "website_ids": list(self._websites()[0]), "customer_group_ids": [0], "from_date": OVER[0],
            "to_date": OVER[1], "is_active": False, "stop_rules_processing": False, "is_advanced": True,
            "sort_order": 0, "simple_action": "by_percent", "discount_amount": 0, "discount_step": 0,
            "apply_to_shipping": False, "times_used": 0, "is_rss": False, **FIXED,
        }  # fmt: skip

    def _websites(self) -> tuple[tuple[int, ...], tuple[ZoneInfo, ...]]:
        if self._sites is None:
            told = shape.items(self._client.get(CONFIGS), "stores")
            ours = [one for one in told if one.get("base_currency_code") == self._currency and one.get("website_id")]
            if not ours:
                message = f"no website of the store has {self._currency} as its base currency"
                raise Rejected(message, code="NO_WEBSITE")
            numbers = sorted({shape.count(one["website_id"], "website") for one in ours})
            zones = {str(one.get("timezone")) for one in ours}
            self._sites = tuple(numbers), tuple(_zone(zone) for zone in sorted(zones))
        return self._sites

    def _groups(self) -> list[int]:
        """All groups, those who are not logged in with them: who has the code may use it."""
        found = self._client.search(GROUPS, Search(fields="items[id],total_count"))
        return sorted(shape.count(one.get("id"), "group") for one in found.items)


def number_of(rule: Rule) -> int:
    """A rule's number. Raises InDoubt for a rule without one."""
    return shape.count(rule.get("rule_id"), "rule")


def is_grave(rule: Rule) -> bool:
    """Whether nothing under this rule can be used: ours, not active, and over."""
    told = str(rule.get("description", "")).startswith(GRAVEYARD)
    return told and rule.get("is_active") is False and str(rule.get("to_date", ""))[:10] == OVER[1]


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError):
        raise InDoubt("the answer's time zone is none") from None

"""Coupons in a Magento store: one per customer, with our own code, under the rule of its template.

The code is unique in the store, whatever its case; that makes it the key under which a thing happens once. What is
over is put under the graveyard, a rule that is neither active nor of today, and never deleted: deleting would free the
name for a create that is still on its way. A coupon's own end is written and not enforced by Magento; its rule's day
is, and the hour is ours to keep. After any refusal the store is asked for the code itself: messages are not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from plugin.platforms import shape
from plugin.platforms.magento.answers import Missing
from plugin.platforms.magento.client import MagentoClient
from plugin.platforms.magento.rulebook import Rule, Rulebook, is_grave, number_of
from plugin.platforms.magento.search import Filter, Search, any_of, instant, where
from plugin.platforms.magento.templates import REFERENCE, check, drift, template_of
from plugin.platforms.protocol import MARK, DiscountPage, DiscountSpec, InDoubt, Rejected, StoredDiscount, Taken

COUPONS = "/V1/coupons"
SEARCH = f"{COUPONS}/search"
#: coupons that Regulars makes are generated ones, of the only kind that such a rule takes
GENERATED = 1
#: how our codes end; others under a rule of ours are the merchant's
OURS = re.compile(r".*[0-9A-HJKMNP-TV-Z]{16}")
#: rules whose coupons are listed in one question
MOST_RULES = 300

#: codes in upper case → the offers that we know them by
Whose = Callable[[Collection[str]], Mapping[str, str]]


class Coupons:
    """The coupons of one store. ``whose`` tells which offer a code belongs to, as a coupon has no room for it."""

    def __init__(
        self, client: MagentoClient, book: Rulebook, *, whose: Whose, timezone: str, now: Callable[[], datetime]
    ) -> None:
        self._client, self._book, self._whose, self._now = client, book, whose, now
        self._zone = ZoneInfo(timezone)

    def create(self, spec: DiscountSpec) -> StoredDiscount:
        """Puts the code under its template's rule; one that is over already under the graveyard, to take its name.

        Raises Taken when the store has the code, Rejected with a sentence, or another PlatformError.
        """
        check(spec)
        over = spec.ends_at <= self._now()
        rule, fresh = (self._book.graveyard(), True) if over else self._rule_for(spec)
        try:
            made = self._client.post(COUPONS, {"coupon": _coupon(spec, rule)})
        except Rejected as refused:
            # the words are translated, and of two that come at once one gets others: only the store itself tells
            if self._look_up(spec.code) is not None:
                raise Taken("the store has this code already") from None
            if not fresh:
                self._book.forget()
                raise InDoubt(f"the rule may be gone: {refused}") from None
            if over or not self._takes_the_name(spec):
                raise InDoubt(f"the store refuses the code and does not show it: {refused}") from None
            raise
        coupon = shape.mapping(made, "coupon")
        if coupon.get("rule_id") != rule or str(coupon.get("code", "")).upper() != spec.code.upper():
            raise InDoubt("the store made another coupon than it was asked for")
        return _stored(coupon, live=not over, tags=(spec.tag, MARK))

    def find(self, code: str) -> StoredDiscount | None:
        """The coupon of this code, whoever made it; None when the store says that there is none. Raises PlatformError."""
        found = self._look_up(code)
        return None if found is None else self._shown([found])[0]

    def find_many(self, refs: Collection[str]) -> dict[str, StoredDiscount]:
        """Those of these coupons that are still there, by their reference. Raises PlatformError."""
        if not refs:
            return {}
        search = Search(groups=where(any_of("coupon_id", sorted(refs))), page_size=len(refs))
        return {one.ref: one for one in self._shown(list(self._client.search(SEARCH, search).items))}

    def list_live(self, *, changed_since: datetime, after: str | None) -> DiscountPage:
        """A page of the coupons under our rules that are not over, the newest first: the store tells no changes.

        Raises PlatformError.
        """
        until = (changed_since - timedelta(days=1)).date().isoformat()
        rules = sorted(self._book.ours(until=until), reverse=True)[:MOST_RULES]
        if not rules:
            return DiscountPage(discounts=(), after=None)
        behind = () if after is None else (Filter("coupon_id", after, "lt"),)
        search = Search(groups=where(any_of("rule_id", rules), *behind), order=(("coupon_id", False),))
        found = self._client.search(SEARCH, search)
        more = found.total > len(found.items) and len(found.items) == search.page_size
        return DiscountPage(
            discounts=tuple(self._shown(list(found.items))), after=_ref(found.items[-1]) if more else None
        )

    def bury(self, ref: str) -> None:
        """Puts the coupon under the graveyard; returning means that the store shows it there. Raises PlatformError."""
        grave = self._book.graveyard()
        try:
            coupon = shape.mapping(self._client.get(f"{COUPONS}/{ref}"), "coupon")
            # what is written is what was read, so that no use is forgotten
            told = {name: coupon[name] for name in ("code", "expiration_date") if coupon.get(name) is not None}
            body = {"coupon_id": int(ref), "rule_id": grave, "type": GENERATED, "is_primary": False, **told}
            moved = self._client.put(
                f"{COUPONS}/{ref}", {"coupon": body | {"times_used": coupon.get("times_used") or 0}}
            )
        except Missing:
            raise InDoubt("the coupon is gone, and its name may be free") from None
        except Rejected as refused:
            self._book.forget()
            raise InDoubt(f"the coupon could not be moved: {refused}") from None
        if shape.mapping(moved, "coupon").get("rule_id") != grave:
            raise InDoubt("the store still shows the coupon under its rule")

    def _rule_for(self, spec: DiscountSpec) -> tuple[int, bool]:
        websites, zones = self._book.websites()
        return self._book.rule_for(template_of(spec, websites=websites, zones=zones))

    def _takes_the_name(self, spec: DiscountSpec) -> bool:
        """Whether the name was free until now: then nothing carries it, and nothing that is on its way ever will.

        One empty look-up proves nothing, as what is read may lag behind what is written.
        """
        try:
            self._client.post(COUPONS, {"coupon": _coupon(spec, self._book.graveyard())})
        except Rejected:
            return False
        return True

    def _look_up(self, code: str) -> dict[str, Any] | None:
        search = Search(groups=where(Filter("code", code)), page_size=2)
        found = [one for one in self._client.search(SEARCH, search).items if _code(one).upper() == code.upper()]
        return found[0] if found else None

    def _shown(self, coupons: list[dict[str, Any]]) -> list[StoredDiscount]:
        rules = self._book.some({number_of(one) for one in coupons}) if coupons else {}
        today = self._now().astimezone(self._zone).date().isoformat()
        known = self._whose({_code(one).upper() for one in coupons})
        shown = []
        for one in coupons:
            rule = rules.get(number_of(one), {})
            ours = str(rule.get("description", "")).startswith(REFERENCE)
            live = rule.get("is_active") is True and not is_grave(rule) and _not_over(rule, today)
            code = _code(one)
            tags = _tags(code, known.get(code.upper())) if ours else ()
            shown.append(_stored(one, live=live, tags=tags, changed=drift(rule) if ours and live else ()))
        return shown


def _coupon(spec: DiscountSpec, rule: int) -> dict[str, Any]:
    """As Magento takes it; how often it may be used it takes from the rule, and its end it only keeps."""
    return {
        "rule_id": rule, "code": spec.code, "type": GENERATED, "times_used": 0, "is_primary": False,
        "expiration_date": instant(spec.ends_at),
    }  # fmt: skip


def _not_over(rule: Rule, today: str) -> bool:
    last = rule.get("to_date")
    return last is None or today <= str(last)[:10]


def _tags(code: str, offer: str | None) -> tuple[str, ...]:
    if offer is not None:
        return (offer, MARK)
    # one that nobody here knows, as after an old copy was put back
    return (MARK,) if OURS.fullmatch(code.upper()) else ()


def _stored(
    coupon: Mapping[str, Any], *, live: bool, tags: tuple[str, ...], changed: tuple[str, ...] = ()
) -> StoredDiscount:
    used = coupon.get("times_used")
    return StoredDiscount(
        ref=_ref(coupon),
        code=_code(coupon),
        tags=tags,
        live=live,
        usage_count=0 if used is None else shape.count(used, "uses"),
        changed=changed,
    )


def _ref(coupon: Mapping[str, Any]) -> str:
    return str(shape.count(coupon.get("coupon_id"), "coupon"))


def _code(coupon: Mapping[str, Any]) -> str:
    return shape.text(coupon.get("code"), "code")

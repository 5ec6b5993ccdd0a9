"""A Magento store in memory: rules and coupons as its REST keeps them, with the faults of the way there.

The product's own code for Magento runs on it. Codes are unique whatever their case; a coupon's own end means nothing;
a rule ends with a day; a use counts when the queue is worked off. Refusals are told in any language.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from plugin.platforms.magento.answers import Missing
from plugin.platforms.magento.coupons import Coupons
from plugin.platforms.magento.rulebook import Rulebook
from plugin.platforms.magento.search import Filter, Found, Search
from plugin.platforms.protocol import DiscountPage, DiscountSpec, InDoubt, Rejected, StoredDiscount
from tests.simulator.store import Discount, FakeStore

REFUSALS = ("Dieser Code ist schon vergeben.", "优惠券代码已存在", "Integrity constraint violation", "")
CONFIG = {"id": 1, "website_id": 1, "base_currency_code": "USD", "timezone": "UTC"}
WRITING = ("lost request", "lost answer", "late request", "doubled request", "throttled", "not sent")


@dataclass
class Coupon(Discount):
    """A code as Magento has it: good while its rule is, until a use is counted."""

    number: int = 0
    rule: dict[str, Any] = field(default_factory=dict)
    counted: int = 0
    expiration_date: str = ""

    def usable(self, now: datetime) -> bool:
        """Whether the checkout would take it."""
        return self.shown_live(now) and self.counted == 0

    def shown_live(self, now: datetime) -> bool:
        """By the rule alone, and by the day."""
        return bool(self.rule.get("is_active")) and now.date().isoformat() <= str(self.rule.get("to_date", "9999"))

    @property
    def body(self) -> dict[str, Any]:
        """As REST shows it."""
        return {
            "coupon_id": self.number, "rule_id": self.rule["rule_id"], "code": self.spec.code, "usage_limit": 1,
            "times_used": self.counted, "is_primary": None, "type": 1, "expiration_date": self.expiration_date,
        }  # fmt: skip


class MagentoShop(FakeStore):
    """The store behind its REST, and the product's platform on it."""

    def __init__(self, base: FakeStore, whose: Callable[[Collection[str]], Mapping[str, str]]) -> None:
        super().__init__(now=base.now, rng=base.rng)
        self.rest = Rest(self)
        self.whose = whose
        #: what is being asked for: a coupon knows nothing of customers
        self.asking: dict[str, DiscountSpec] = {}
        self.last: DiscountSpec
        self.coupons_of: Callable[[MagentoShop], Coupons] = usual

    def create_discount(self, spec: DiscountSpec) -> StoredDiscount:
        self._check(spec)
        self.asking[spec.code.upper()] = self.last = spec
        return self.coupons_of(self).create(spec)

    def find_discount(self, code: str) -> StoredDiscount | None:
        return self.coupons_of(self).find(code)

    def find_discounts(self, refs: Collection[str]) -> dict[str, StoredDiscount]:
        return self.coupons_of(self).find_many(refs)

    def list_discounts(self, *, changed_since: datetime, after: str | None) -> DiscountPage:
        return self.coupons_of(self).list_live(changed_since=changed_since, after=after)

    def deactivate_discount(self, ref: str) -> None:
        self.coupons_of(self).bury(ref)

    def use(self, code: str) -> Discount | None:
        """The checkout takes a code; the queue counts it, now or some time."""
        found = self.codes.get(code.upper())
        if not isinstance(found, Coupon) or not found.usable(self.now()):
            return None
        found.uses += 1
        if self.rng.random() < 0.5:
            found.counted += 1
        return found

    def land(self) -> str:
        """A request that was late lands, or the queue of uses is worked off."""
        if self.rest.late:
            lands = self.rng.random() < 0.8
            act, what = self.rest.late.pop(self.rng.randrange(len(self.rest.late)))
            if lands:
                act()
            return f"late {what} {'lands' if lands else 'is lost'}"
        for one in self.codes.values():
            if isinstance(one, Coupon):
                one.counted = one.uses
        return ""

    @property
    def late(self) -> int:
        """How many requests may still land."""
        return len(self.rest.late)

    def meddle(self) -> str:
        """The merchant edits, switches off or deletes the rule of some of our coupons, or deletes one coupon."""
        found = sorted(self.usable(), key=lambda one: one.ref)
        one = self.rng.choice(found) if found else None
        if not isinstance(one, Coupon):
            return ""
        act = self.rng.choice(("edits the rule of", "switches off the rule of", "deletes the rule of", "deletes"))
        under = [one] if act == "deletes" else [c for c in self.codes.values() if c.rule is one.rule]  # type: ignore[attr-defined]
        self.meddled.update(each.spec.tag for each in under)
        if act.startswith("deletes"):
            self.codes = {code: each for code, each in self.codes.items() if each not in under}
        if act == "deletes the rule of":
            del self.rest.rules[one.rule["rule_id"]]
        elif act == "edits the rule of":
            one.rule["discount_amount"] = 7
        elif act == "switches off the rule of":
            one.rule["is_active"] = False
        return f"the merchant {act} {one.spec.code}"

    def strikes(self, *possible: str) -> str:
        """A fault of the way, or nothing."""
        return self._fault(*possible)


class Rest:
    """What a MagentoClient answers: the parts that the product asks for."""

    def __init__(self, shop: MagentoShop) -> None:
        self.shop = shop
        self.rules: dict[int, dict[str, Any]] = {}
        self.late: list[tuple[Callable[[], Any], str]] = []
        self.numbers = 0

    def get(self, path: str, _params: object = ()) -> Any:
        if self.shop.strikes("lost answer", "throttled", "not sent") == "lost answer":
            raise InDoubt("lost answer")
        if path.startswith("/V1/coupons/"):
            return self._coupon(int(path.rpartition("/")[2])).body
        return [CONFIG]

    def search(self, path: str, wanted: Search) -> Found:
        fault = self.shop.strikes("lost answer", "throttled", "not sent", "read lag")
        if fault == "lost answer":
            raise InDoubt(fault)
        if path.startswith("/V1/customerGroups"):
            return Found(items=({"id": 0}, {"id": 1}), total=2)
        if path.startswith("/V1/salesRules"):
            # a rule that is not seen yet only makes a second one alike
            rows = list(self.rules.values())
        else:
            rows = [] if fault == "read lag" else [one.body for one in self.shop.codes.values()]  # type: ignore[attr-defined]
        found = [dict(row) for row in rows if all(any(_fits(row, one) for one in group) for group in wanted.groups)]
        for name, ascending in reversed(wanted.order):
            found.sort(key=lambda row: row[name], reverse=not ascending)
        first = (wanted.page - 1) * wanted.page_size
        return Found(items=tuple(found[first : first + wanted.page_size]), total=len(found))

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._write(f"create at {path}", lambda: self._make(path, body))

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._write(f"change at {path}", lambda: self._change(int(path.rpartition("/")[2]), body["coupon"]))

    def _write(self, what: str, act: Callable[[], Any]) -> Any:
        fault = self.shop.strikes(*WRITING)
        if fault == "late request":
            self.late.append((lambda: _quietly(act), what))
        if fault in {"late request", "lost request"}:
            raise InDoubt(fault)
        told = act()
        if fault == "lost answer":
            raise InDoubt(fault)
        # something on the way has sent it again, and its answer is the one that comes back
        return act() if fault == "doubled request" else told

    def _make(self, path: str, body: Mapping[str, Any]) -> Any:
        self.numbers += 1
        if path == "/V1/salesRules":
            made = {**body["rule"], "rule_id": self.numbers}
            self.rules[self.numbers] = made
            return dict(made)
        if path == "/V1/coupons/generate":
            code = f"GEN{self.numbers:016}"
            self.shop.asking[code] = replace(self.shop.last, code=code)
            return [self.put_code(code, body["couponSpec"]["rule_id"]).spec.code]
        return self.put_code(body["coupon"]["code"], body["coupon"]["rule_id"], body["coupon"]["expiration_date"]).body

    def put_code(self, code: str, rule: int, expiration_date: str = "") -> Coupon:
        """A new coupon under a rule. Raises Rejected, in any language."""
        if rule not in self.rules or code.upper() in self.shop.codes:
            self.shop.struck["taken"] += rule in self.rules
            raise Rejected(self.shop.rng.choice(REFUSALS), code="400")
        self.shop.made += 1
        made = Coupon(
            ref=str(self.shop.made), spec=self.shop.asking[code.upper()], changed_at=self.shop.now(),
            number=self.shop.made, rule=self.rules[rule], expiration_date=expiration_date,
        )  # fmt: skip
        self.shop.codes[code.upper()] = made
        return made

    def _change(self, number: int, body: Mapping[str, Any]) -> Any:
        found = self._coupon(number)
        if body["rule_id"] not in self.rules:
            raise Rejected(self.shop.rng.choice(REFUSALS), code="400")
        found.rule = self.rules[body["rule_id"]]
        found.counted = body["times_used"]
        return found.body

    def _coupon(self, number: int) -> Coupon:
        for one in self.shop.codes.values():
            if isinstance(one, Coupon) and one.number == number:
                return one
        raise Missing("", code="404")


def usual(shop: MagentoShop) -> Coupons:
    """The product's own, for one batch of calls."""
    return Coupons(shop.rest, book_of(shop), whose=shop.whose, timezone="UTC", now=shop.now)  # type: ignore[arg-type]


def book_of(shop: MagentoShop) -> Rulebook:
    """The product's own rules, freshly looked for."""
    return Rulebook(shop.rest, currency="USD")  # type: ignore[arg-type]


def _fits(row: Mapping[str, Any], one: Filter) -> bool:
    value = row.get(one.field)
    match one.condition:
        case "like":
            return str(value).startswith(one.value.removesuffix("%"))
        case "in":
            return str(value) in one.value.split(",")
        case "gteq":
            return str(value) >= one.value
        case "lt":
            return int(str(value)) < int(one.value)
        case _:
            return str(value).upper() == one.value.upper()


def _quietly(act: Callable[[], Any]) -> None:
    """Nobody waits for the answer any more."""
    try:
        act()
    except Rejected:
        return

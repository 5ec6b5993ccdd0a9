"""A store in memory that is stricter than the real one: what it must never be asked for, it writes down.

Codes are unique whatever their case. A request may be lost, land late, land twice; an answer may be lost; a look-up may
lag behind; the store may ask to wait. What lands late lands when the scheduler says so.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from plugin.platforms.protocol import (
    MARK,
    DiscountPage,
    DiscountSpec,
    FetchedOrder,
    InDoubt,
    NotSent,
    StoredDiscount,
    StoreInfo,
    Taken,
    Throttled,
    Unauthorized,
)
from plugin.platforms.shopify.discount_terms import asked

FAULTS = ("lost request", "lost answer", "late request", "doubled request", "throttled", "not sent", "read lag")
#: discounts in a page of the list
PAGE = 3
#: of a hundred calls, while a fault is on
UNLUCKY = 35


@dataclass
class Discount:
    """A code as the store has it."""

    ref: str
    spec: DiscountSpec
    changed_at: datetime
    off: bool = False
    uses: int = 0

    def takes_off(self, total: int) -> int:
        """What an order of this worth costs less, minor units."""
        return min(total, total * self.spec.percent // 100 if self.spec.type == "percent" else self.spec.amount)

    def usable(self, now: datetime) -> bool:
        """Whether the checkout would take it, now or once it has started."""
        return self.shown_live(now) and self.uses == 0

    def shown_live(self, now: datetime) -> bool:
        """What the API says: a used code is still shown as live."""
        return not self.off and now < self.spec.ends_at


@dataclass
class Rails:
    """What the merchant allows: checked on every create as the store gets it."""

    highest_percent: int = 0
    #: of what is no percentage, minor units
    highest_amount: int = 800
    min_order: int = 0
    longest: timedelta = timedelta(days=60)


@dataclass
class FakeStore:
    """One store's API, and the store behind it."""

    now: Callable[[], datetime]
    rng: random.Random
    #: the faults that are on
    faults: frozenset[str] = frozenset()
    #: the one that strikes the next call, if it can
    aimed: str = ""
    rails: Rails = field(default_factory=Rails)
    #: by code in upper case
    codes: dict[str, Discount] = field(default_factory=dict)
    late_creates: list[DiscountSpec] = field(default_factory=list)
    late_offs: list[str] = field(default_factory=list)
    broken_rails: list[str] = field(default_factory=list)
    #: the app is not installed: no call is let in
    away: bool = False
    #: the offers whose discounts the merchant has touched
    meddled: set[str] = field(default_factory=set)
    #: how often each fault has struck
    struck: Counter[str] = field(default_factory=Counter)
    #: discounts ever made
    made: int = 0

    def create_discount(self, spec: DiscountSpec) -> StoredDiscount:
        self._check(spec)
        fault = self._fault("lost request", "lost answer", "late request", "doubled request", "throttled", "not sent")
        if fault in {"late request", "doubled request"}:
            self.late_creates.append(spec)
        if fault not in {"lost request", "late request"}:
            answer = self._put(spec)
        if fault in {"lost request", "late request", "lost answer"}:
            raise InDoubt(fault)
        return answer

    def find_discount(self, code: str) -> StoredDiscount | None:
        fault = self._fault("lost answer", "throttled", "not sent", "read lag")
        if fault == "lost answer":
            raise InDoubt(fault)
        found = self.codes.get(code.upper())
        return None if found is None or fault == "read lag" else self._shown(found)

    def find_discounts(self, refs: Collection[str]) -> dict[str, StoredDiscount]:
        fault = self._fault("lost answer", "throttled", "not sent")
        if fault == "lost answer":
            raise InDoubt(fault)
        return {one.ref: self._shown(one) for one in self.codes.values() if one.ref in refs}

    def list_discounts(self, *, changed_since: datetime, after: str | None) -> DiscountPage:
        fault = self._fault("lost answer", "throttled", "not sent", "read lag")
        if fault == "lost answer":
            raise InDoubt(fault)
        listed = sorted(
            (one for one in self.codes.values() if one.changed_at >= changed_since), key=lambda one: one.ref
        )
        page = [one for one in listed if one.ref > (after or "")][:PAGE]
        more = bool(page) and page[-1].ref != listed[-1].ref
        shown = () if fault == "read lag" else tuple(self._shown(one) for one in page)
        return DiscountPage(discounts=shown, after=page[-1].ref if more else None)

    def deactivate_discount(self, ref: str) -> None:
        fault = self._fault("lost request", "lost answer", "late request", "throttled", "not sent")
        if fault == "late request":
            self.late_offs.append(ref)
        elif fault != "lost request":
            self._switch_off(ref)
        if fault:
            raise InDoubt(fault)

    def fetch_order(self, order_id: str) -> FetchedOrder | None:
        raise AssertionError(f"nobody has to fetch order {order_id}: every delivery tells all")

    def store_info(self) -> StoreInfo:
        return StoreInfo(name="Simulated", currency="USD", timezone="UTC", scopes=())

    @property
    def late(self) -> int:
        """How many requests may still land."""
        return len(self.late_creates) + len(self.late_offs)

    def land(self) -> str:
        """One request that was late lands now, or never; what happened."""
        lands = self.rng.random() < 0.8
        if self.late_creates and (not self.late_offs or self.rng.random() < 0.7):
            spec = self.late_creates.pop(self.rng.randrange(len(self.late_creates)))
            if lands and spec.code.upper() not in self.codes:
                self._put(spec)
            return f"late create of {spec.code} {'lands' if lands else 'is lost'}"
        if not self.late_offs:
            return ""
        ref = self.late_offs.pop(self.rng.randrange(len(self.late_offs)))
        if lands:
            self._switch_off(ref)
        return f"late switch-off of {ref} {'lands' if lands else 'is lost'}"

    def use(self, code: str) -> Discount | None:
        """The checkout takes a code, or says that it does not."""
        found = self.codes.get(code.upper())
        if found is None or not found.usable(self.now()) or found.spec.starts_at > self.now():
            return None
        found.uses += 1
        return found

    def meddle(self) -> str:
        """The merchant edits, switches off or deletes a discount of ours that nobody has used; what was done."""
        found = sorted(self.usable(), key=lambda one: one.ref)
        if not found:
            return ""
        one = self.rng.choice(found)
        self.meddled.add(one.spec.tag)
        act = self.rng.choice(("edits", "switches off", "deletes"))
        if act == "deletes":
            self.delete(one.ref)
        elif act == "switches off":
            self._switch_off(one.ref)
        else:
            one.spec, one.changed_at = replace(one.spec, percent=35, type="percent"), self.now()
        return f"the merchant {act} {one.spec.code}"

    def delete(self, ref: str) -> None:
        """The name is free again: the merchant may do so, and nobody else ever should."""
        self.codes = {code: one for code, one in self.codes.items() if one.ref != ref}

    def usable(self) -> list[Discount]:
        """The codes that a customer could use now or later."""
        return [one for one in self.codes.values() if one.usable(self.now())]

    def _put(self, spec: DiscountSpec) -> StoredDiscount:
        if spec.code.upper() in self.codes:
            self.struck["taken"] += 1
            raise Taken(spec.code)
        self.made += 1
        made = Discount(ref=f"d{self.made:03}-{spec.code}", spec=spec, changed_at=self.now())
        self.codes[spec.code.upper()] = made
        return self._shown(made)

    def _switch_off(self, ref: str) -> None:
        for one in self.codes.values():
            if one.ref == ref and not one.off:
                one.off, one.changed_at = True, self.now()

    def _shown(self, one: Discount) -> StoredDiscount:
        live = one.shown_live(self.now())
        return StoredDiscount(
            ref=one.ref, code=one.spec.code, tags=(one.spec.tag, MARK), live=live, usage_count=one.uses,
            terms=asked(one.spec),
        )  # fmt: skip

    def _check(self, spec: DiscountSpec) -> None:
        rails = self.rails
        percent = spec.type == "percent"
        fits = 1 <= spec.percent <= rails.highest_percent if percent else 1 <= spec.amount <= rails.highest_amount
        if not fits or spec.minimum < rails.min_order:
            self.broken_rails.append(f"{spec.code}: {spec.percent} % or {spec.amount} from {spec.minimum}")
        if not timedelta(0) < spec.ends_at - spec.starts_at <= rails.longest or not spec.customer_id:
            self.broken_rails.append(f"{spec.code}: from {spec.starts_at} to {spec.ends_at}")

    def _fault(self, *possible: str) -> str:
        if self.away:
            self.struck["uninstalled"] += 1
            raise Unauthorized("the app is not installed")
        on = [fault for fault in possible if fault in self.faults]
        if self.aimed in on:
            fault, self.aimed = self.aimed, ""
        elif not on or self.rng.randrange(100) >= UNLUCKY:
            return ""
        else:
            fault = self.rng.choice(on)
        self.struck[fault] += 1
        if fault == "throttled":
            raise Throttled("wait", retry_after_seconds=5)
        if fault == "not sent":
            raise NotSent("nobody there")
        return fault

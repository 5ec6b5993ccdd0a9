"""Planted bugs: the mistakes that a Magento store invites."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import msgspec

from plugin.platforms.magento.coupons import Coupons
from plugin.platforms.magento.rulebook import Rulebook
from plugin.platforms.magento.search import instant
from plugin.platforms.magento.templates import Template
from plugin.platforms.protocol import DiscountSpec, Rejected, StoredDiscount, Taken
from plugin.usecases import cancel_offers
from plugin.usecases.end_on_time import END
from plugin.usecases.switch_off import SWITCH_OFF
from plugin.worker.calls import KINDS
from tests.simulator.bugs import _Around, _Batch, _orders_changed
from tests.simulator.magento_store import Coupon, MagentoShop, book_of
from tests.simulator.parts import Parts
from webhooks import intake


@dataclass(frozen=True)
class Bug:
    """What is changed in the world's parts and in the store's platform, and what brings it to light."""

    parts: Callable[[], Parts] = Parts
    change: Callable[[MagentoShop], None] = lambda _shop: None
    light: frozenset[str] = frozenset()
    #: schedules before this one are known not to show it
    first: int = 0
    #: how the violation begins
    breaks: str = ""


class _EndOnTheCoupon(Coupons):
    """The coupon's own end is trusted, and the rule has none."""

    def _shown(self, coupons: list[dict[str, Any]]) -> list[StoredDiscount]:
        now = instant(self._now())
        ends = {one["code"]: one["expiration_date"] for one in coupons}
        return [replace(one, live=one.live and now < ends[one.code]) for one in super()._shown(coupons)]


class _Endless(Rulebook):
    def rule_for(self, template: Template) -> tuple[int, bool]:
        return super().rule_for(replace(template, to_date="2099-12-31"))


class _Generates(Coupons):
    """The store makes the code, and is asked again when its answer is lost."""

    def create(self, spec: DiscountSpec) -> StoredDiscount:
        rule, _ = self._rule_for(spec)
        shop: MagentoShop = self._client.shop  # type: ignore[attr-defined]
        told = self._client.post("/V1/coupons/generate", {"couponSpec": {"rule_id": rule, "quantity": 1, "length": 16}})
        made = shop.codes[told[0]]
        assert isinstance(made, Coupon)
        return StoredDiscount(ref=made.ref, code=told[0], tags=(spec.tag,), live=True, usage_count=0)

    def find(self, code: str) -> StoredDiscount | None:  # noqa: ARG002 (it does not know the code)
        return None


class _ReadsMessages(Coupons):
    """That a code exists already is read out of the refusal's words."""

    def create(self, spec: DiscountSpec) -> StoredDiscount:
        rule, _ = self._rule_for(spec)
        body = {"rule_id": rule, "code": spec.code, "type": 1, "expiration_date": instant(spec.ends_at)}
        try:
            made = self._client.post("/V1/coupons", {"coupon": body})
        except Rejected as refused:
            if "already exists" in str(refused):
                raise Taken(spec.code) from None
            raise
        return StoredDiscount(ref=str(made["coupon_id"]), code=spec.code, tags=(spec.tag,), live=True, usage_count=0)


class _LimitIsTheBudget(_Around):
    """A code for one use cannot cost more than once: what comes after the first order is not looked at."""

    def before(self, batch: _Batch) -> intake.Understood:
        first = {offer.code: offer.order_id for offer in batch.offers() if offer.state == "redeemed"}

        def counted(order: Any) -> Any:
            mine = tuple(one for one in order.codes if first.get(one.code.upper(), order.order_id) == order.order_id)
            return msgspec.structs.replace(order, codes=mine)

        return _orders_changed(batch.understood, counted)


def _never_asked(_store: MagentoShop, task: cancel_offers.Task) -> StoredDiscount:
    return StoredDiscount(ref="believed", code=task.spec.code, tags=(task.spec.tag,), live=False, usage_count=0)


def _without(kind: str, ask: Callable[..., Any]) -> Mapping[str, Any]:
    return {**KINDS, kind: replace(KINDS[kind], ask=ask)}


def _with(kind: type[Coupons], book: Callable[[MagentoShop], Rulebook] = book_of) -> Callable[[MagentoShop], None]:
    def change(shop: MagentoShop) -> None:
        shop.coupons_of = lambda one: kind(
            one.rest,
            book(one),
            whose=one.whose,
            timezone="UTC",
            now=one.now,  # type: ignore[arg-type]
        )

    return change


def _endless(shop: MagentoShop) -> Rulebook:
    return _Endless(shop.rest, currency="USD")  # type: ignore[arg-type]


def _not_buried() -> Parts:
    parts = _LimitIsTheBudget()
    parts.kinds = _without(SWITCH_OFF, lambda _store, _asked: True)
    return parts


BUGS: Mapping[str, Bug] = MappingProxyType({
    "expiry on the coupon only": Bug(
        parts=lambda: Parts(kinds=_without(END, _never_asked)),
        change=_with(_EndOnTheCoupon, _endless),
        light=frozenset({"jump"}),
        first=8,
        breaks="I2",
    ),
    "generate is asked again": Bug(change=_with(_Generates), light=frozenset({"lost answer"}), breaks="I2"),
    "message text is parsed": Bug(change=_with(_ReadsMessages), light=frozenset({"doubled request"}), breaks="I2"),
    "the usage limit is trusted as budget": Bug(parts=_not_buried, light=frozenset({"duplicate"}), breaks="I8"),
})  # fmt: skip

"""Planted bugs: each replaces one part of the world's product, as a tired programmer might have written it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

import msgspec
from sqlalchemy import Connection, delete

from plugin.runtime import Runtime
from plugin.usecases import absorb, close_ended, make_offers
from plugin.usecases.switch_off import SWITCH_OFF
from plugin.vault import Vault
from storage import budgets, inbox, ledger, offers, outbox, redemptions, shops
from storage.budgets import Cause
from storage.facts import CodeFact, OrderFact
from storage.inbox import Delivery
from storage.offers import Offer
from storage.outbox import OutboxRow
from storage.shops import Shop
from storage.tables import outbox as outbox_table
from tests.simulator.bugs_in_calls import CALLS, closing_early
from tests.simulator.parts import Parts
from webhooks import intake
from webhooks.facts import Facts


class _Forgetful(Parts):
    """Says that it has kept a delivery, and has not."""

    kept = 0

    def keep(self, db: Connection, delivery: Delivery) -> None:
        self.kept += 1
        if self.kept % 5:
            inbox.keep(db, [delivery])


class _DoneOnceClaimed(Parts):
    """A call is settled as soon as it is claimed."""

    def claim(self, db: Connection, *, now: datetime, limit: int) -> list[OutboxRow]:
        rows = super().claim(db, now=now, limit=limit)
        for row in rows:
            outbox.done(db, row, now)
        return rows


class _GivesBackTwice(Parts):
    """An expiry that is run again gives the money back again."""

    def close(self, db: Connection, shop_id: int, *, now: datetime) -> int:
        closed = super().close(db, shop_id, now=now)
        for offer in offers.every(db, shop_id):
            if closed and offer.state == "expired" and offer.closed_at == now and offer.budget_month:
                budgets.release(
                    db, shop_id, month=offer.budget_month, amount=offer.reserved_minor, cause=_again(db, offer)
                )
        return closed


class _ClosesEarly(Parts):
    """An offer is closed before its code has ended, and nobody looks at what the store says."""

    def close(self, db: Connection, shop_id: int, *, now: datetime) -> int:
        return super().close(db, shop_id, now=now) + close_ended.begin(db, shops.get(db, shop_id), now=now)


class _OtherControlGroup(Parts):
    """At night the control group is drawn with another name of the shop."""

    def decide(self, db: Connection, shop: Shop, ids: Sequence[str], *, now: datetime, runtime: Runtime) -> None:
        by = make_offers.issuer(runtime.vault, runtime.config.environment)
        make_offers.for_customers(db, replace(shop, domain="other.myshopify.com"), ids, as_of=now, issuer=by)


def _again(db: Connection, offer: Offer) -> Cause:
    """A cause that the books do not know yet."""
    number = len(ledger.of_offer(db, offer.shop_id, offer.offer_id))
    return Cause(f"again/{offer.offer_id}/{number}", offer.created_at, offer.offer_id)


@dataclass(frozen=True)
class _Batch:
    """Deliveries that are taken in, and the offers before it."""

    db: Connection
    understood: intake.Understood
    was: Mapping[str, Offer]

    @property
    def shop_id(self) -> int:
        """Whose they are."""
        return next(row.shop_id for row, _ in (*self.understood.heard, *self.understood.refused))

    @property
    def told(self) -> set[str]:
        """The orders that they tell of."""
        return {order.order_id for _, facts in self.understood.heard for order in facts.orders}

    def offers(self) -> list[Offer]:
        """The offers as they stand."""
        return list(offers.every(self.db, self.shop_id))


class _Around(Parts):
    """Something is done before and after deliveries are taken in."""

    def before(self, batch: _Batch) -> intake.Understood:
        return batch.understood

    def after(self, batch: _Batch) -> None:
        """Nothing."""

    def absorb(self, db: Connection, understood: intake.Understood, *, now: datetime, runtime: Runtime) -> None:
        batch = _Batch(db, understood, {})
        batch = replace(batch, was={offer.offer_id: offer for offer in batch.offers()})
        super().absorb(db, self.before(batch), now=now, runtime=runtime)
        self.after(batch)


class _NothingSetAside(_Around):
    """An offer is made and its money is not set aside."""

    def after(self, batch: _Batch) -> None:
        for offer in batch.offers():
            if offer.offer_id not in batch.was and offer.state == "planned" and offer.budget_month:
                cause = _again(batch.db, offer)
                budgets.release(
                    batch.db, offer.shop_id, month=offer.budget_month, amount=offer.reserved_minor, cause=cause
                )


class _TakesBackTwice(_Around):
    """A use that is taken back is taken back twice."""

    def after(self, batch: _Batch) -> None:
        for offer in batch.offers():
            before = batch.was.get(offer.offer_id, offer)
            if offer.cost_minor < before.cost_minor and offer.budget_month:
                lost = before.cost_minor - offer.cost_minor
                cause = _again(batch.db, offer)
                budgets.unbook(batch.db, offer.shop_id, month=offer.budget_month, cost=lost, cause=cause)


class _BooksAgain(_Around):
    """An order that is told again is booked again."""

    def after(self, batch: _Batch) -> None:
        for offer in batch.was.values():
            if offer.order_id in batch.told and offer.state == "redeemed" and offer.budget_month:
                cause = _again(batch.db, offer)
                budgets.book(
                    batch.db, offer.shop_id, month=offer.budget_month, reserved=0, cost=offer.cost_minor, cause=cause
                )


class _BooksTheOverrun(_Around):
    """A discount beyond what was set aside is booked whole, whatever the month has left."""

    def after(self, batch: _Batch) -> None:
        db, shop_id = batch.db, batch.shop_id
        for use in redemptions.of_orders(db, shop_id, batch.told):
            offer = offers.get(db, shop_id, use.offer_id)
            more = use.discount_minor - offer.cost_minor if offer and not use.reversed else 0
            if offer is not None and more > 0 and offer.budget_month:
                budgets.book(db, shop_id, month=offer.budget_month, reserved=0, cost=more, cause=_again(db, offer))
                offers.amend(db, shop_id, offer.offer_id, cost_minor=use.discount_minor)


class _ForgetsTheSwitchOff(_Around):
    """A customer is erased and the codes stay in the store."""

    def after(self, batch: _Batch) -> None:
        mine = (outbox_table.c.shop_id == batch.shop_id, outbox_table.c.kind == SWITCH_OFF)
        batch.db.execute(delete(outbox_table).where(*mine))


class _CaseMatters(_Around):
    """A code that a customer typed in small letters is not known."""

    def before(self, batch: _Batch) -> intake.Understood:
        return _orders_changed(
            batch.understood,
            lambda order: msgspec.structs.replace(order, codes=tuple(one for one in order.codes if one.code.isupper())),
        )


class _OnlyIssuedCounts(_Around):
    """An order with the code of an offer that is not issued, or no more, tells nothing."""

    def before(self, batch: _Batch) -> intake.Understood:
        unissued = {offer.code for offer in batch.offers() if offer.state not in {"issued", "redeemed"}}
        return _orders_changed(
            batch.understood,
            lambda order: msgspec.structs.replace(
                order, codes=tuple(one for one in order.codes if one.code.upper() not in unissued)
            ),
        )


class _LatestWins(_Around):
    """What comes last is believed, however old it is."""

    told = 0

    def before(self, batch: _Batch) -> intake.Understood:
        self.told += 1
        later = timedelta(seconds=self.told)
        return _orders_changed(
            batch.understood, lambda order: msgspec.structs.replace(order, updated_at=order.ordered_at + later)
        )


class _ErasedComeBack(Parts):
    """Those who were erased are not recognised."""

    times = 0

    def absorb(self, db: Connection, understood: intake.Understood, *, now: datetime, runtime: Runtime) -> None:
        self.times += 1
        by = make_offers.issuer(runtime.vault, runtime.config.environment)
        absorb.deliveries(db, understood, now=now, vault=Vault([f"{self.times:040}"]), issuer=by)


class _EditsKeepTheirUse(_Around):
    """An order that was edited so that its code is gone still counts as a use of it."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: dict[str, tuple[CodeFact, ...]] = {}

    def before(self, batch: _Batch) -> intake.Understood:
        return _orders_changed(batch.understood, self._as_it_was)

    def _as_it_was(self, order: OrderFact) -> OrderFact:
        self.codes[order.order_id] = order.codes or self.codes.get(order.order_id, ())
        return msgspec.structs.replace(order, codes=self.codes[order.order_id])


def _orders_changed(understood: intake.Understood, change: Callable[[OrderFact], OrderFact]) -> intake.Understood:
    def other(facts: Facts) -> Facts:
        return msgspec.structs.replace(facts, orders=tuple(map(change, facts.orders)))

    return replace(understood, heard=tuple((row, other(facts)) for row, facts in understood.heard))


#: name → the world's parts with this bug in them
BUGS: Mapping[str, Callable[[], Parts]] = MappingProxyType({
    **CALLS,
    "answered and not kept": _Forgetful,
    "settled when claimed": _DoneOnceClaimed,
    "given back twice": _GivesBackTwice,
    "closed before the end": lambda: _ClosesEarly(kinds=closing_early()),
    "another control group at night": _OtherControlGroup,
    "promised and not set aside": _NothingSetAside,
    "taken back twice": _TakesBackTwice,
    "booked again when told again": _BooksAgain,
    "an overrun booked over the cap": _BooksTheOverrun,
    "erased, and the code stays": _ForgetsTheSwitchOff,
    "case matters": _CaseMatters,
    "only issued offers are redeemed": _OnlyIssuedCounts,
    "the latest wins, not the newest": _LatestWins,
    "the erased come back": _ErasedComeBack,
    "an edit keeps its use": _EditsKeepTheirUse,
})  # fmt: skip

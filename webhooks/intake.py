"""Kept bytes become facts: understood without a database, then recorded in one transaction of the caller.

It decides nothing and erases nothing: what asks for a decision is handed back, for the same transaction. A row that
cannot be understood is set aside with its reason and holds nobody up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

import msgspec
from sqlalchemy import Connection

from storage import customers, erasure, inbox, orders, shops
from storage.facts import MergeFact
from storage.inbox import InboxRow
from webhooks import decoder
from webhooks.facts import DataRequest, Facts, RedactCustomer, Unexpected
from webhooks.magento import hints
from webhooks.shopify.translate import translate

#: (shop, customer, or an order by ``order``) → every keyed hash under which it may stand among the erased
Fingerprints = Callable[[int, str], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A batch of rows, each with what it says or with the reason why that cannot be told."""

    heard: tuple[tuple[InboxRow, Facts], ...]
    #: the reasons name fields and rules, never what stood in them
    refused: tuple[tuple[InboxRow, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a batch changed and asks for, by shop."""

    #: customers whose orders changed, or who are gone: to be measured and decided again
    touched: dict[int, set[str]] = field(default_factory=dict)
    #: orders that were told of, by themselves or by a refund
    orders: dict[int, set[str]] = field(default_factory=dict)
    #: orders that changed without saying how: to be fetched
    refetch: dict[int, set[str]] = field(default_factory=dict)
    #: orders that a store hinted at, perhaps before it had them for good: to be fetched
    hinted: dict[int, set[str]] = field(default_factory=dict)
    #: customers whose tags changed, and have to be read again where they matter
    retagged: dict[int, set[str]] = field(default_factory=dict)
    #: operations of the store for which somebody may be waiting
    operations: dict[int, set[str]] = field(default_factory=dict)
    #: shops that let us do other things than before; which has to be asked
    rescoped: set[int] = field(default_factory=set)
    #: discounts to look at, by shop
    discounts: dict[int, set[str]] = field(default_factory=dict)
    #: customers who were erased before and are heard of again: what came must be erased as well
    erased_before: dict[int, set[str]] = field(default_factory=dict)
    #: orders that were erased before and are heard of again, as by a refund that names no customer
    erased_orders: dict[int, set[str]] = field(default_factory=dict)
    #: customers whom a merge has just made one; who was one before is not among them
    merged: dict[int, set[str]] = field(default_factory=dict)
    redact_customers: dict[int, list[RedactCustomer]] = field(default_factory=dict)
    #: with the time of the request: a store that came back since is not meant
    redact_shops: dict[int, datetime] = field(default_factory=dict)
    data_requests: dict[int, list[DataRequest]] = field(default_factory=dict)
    #: shops that removed the plugin, and when: one that came back since is not meant
    uninstalled: dict[int, datetime] = field(default_factory=dict)


def order(order_id: str) -> str:
    """An order among the erased; no customer's id has a blank in it."""
    return f"order {order_id}"


def understand(rows: Sequence[InboxRow], currencies: Mapping[int, str]) -> Understood:
    """Reads every row. ``currencies`` is each shop's currency, for payloads that name none.

    No database, no clock: it may run outside of any transaction, and again.
    """
    heard: list[tuple[InboxRow, Facts]] = []
    refused: list[tuple[InboxRow, str]] = []
    for row in rows:
        try:
            heard.append((row, _read(row, currencies.get(row.shop_id, ""))))
        except (decoder.Undecodable, Unexpected) as wrong:
            refused.append((row, wrong.reason))
    return Understood(heard=tuple(heard), refused=tuple(refused))


def record(db: Connection, understood: Understood, *, fingerprints: Fingerprints, now: datetime) -> Recorded:
    """Writes what was understood and settles the rows, in the caller's transaction; a few statements per shop.

    Facts about erased customers are dropped. Shops are taken in the order of their ids, so that two workers do not
    wait for each other in a circle. The same rows again change nothing, so a lease that ran out meanwhile does no harm.
    """
    recorded = Recorded()
    by_shop: defaultdict[int, list[Facts]] = defaultdict(list)
    for row, facts in understood.heard:
        by_shop[row.shop_id].append(facts)
    for shop_id in sorted(by_shop):
        _record_shop(db, shop_id, by_shop[shop_id], recorded, fingerprints=fingerprints)
    inbox.done(db, [row for row, _ in understood.heard], now)
    for row, reason in understood.refused:
        inbox.set_aside(db, row, reason, now)
    return recorded


def living(db: Connection, shop_id: int, all_facts: Sequence[Facts], *, fingerprints: Fingerprints) -> Sequence[Facts]:
    """The facts, less all that would bring an erased customer or order back; for what was read from a store."""
    return _living(db, shop_id, all_facts, fingerprints)[0]


def _read(row: InboxRow, currency_hint: str) -> Facts:
    if not row.body:
        # emptied since, because a customer in it was erased: it has nothing to say any more
        return Facts()
    if row.topic.startswith(hints.TOPIC):
        topic = row.topic.removeprefix(hints.TOPIC)
        return hints.understand(topic, decoder.lightly(row.body), received_at=row.received_at)
    return translate(
        row.topic,
        decoder.lightly(row.body),
        triggered_at=row.triggered_at,
        received_at=row.received_at,
        currency_hint=currency_hint,
    )


def _record_shop(
    db: Connection, shop_id: int, all_facts: Sequence[Facts], recorded: Recorded, *, fingerprints: Fingerprints
) -> None:
    known, erased, again = _living(db, shop_id, all_facts, fingerprints)
    touched, merged = _merge(db, shop_id, chain.from_iterable(facts.merges for facts in known))
    touched |= _record_purchases(db, shop_id, known)
    _record_state(db, shop_id, known, recorded)
    told = {order.order_id for facts in known for order in facts.orders}
    told |= {refund.order_id for facts in known for refund in facts.refunds}
    refetch = set().union(*(facts.refetch_order_ids for facts in known))
    hinted = set().union(*(facts.hinted_order_ids for facts in known))
    retagged = set().union(*(facts.retagged for facts in known))
    discounts = set().union(*(facts.discount_ids for facts in known))
    operations = set().union(*(facts.ended_operations for facts in known))
    for found, where in (
        (touched, recorded.touched),
        (told, recorded.orders),
        (refetch, recorded.refetch),
        (hinted, recorded.hinted),
        (retagged, recorded.retagged),
        (discounts, recorded.discounts),
        (operations, recorded.operations),
        (erased, recorded.erased_before),
        (again, recorded.erased_orders),
        (merged, recorded.merged),
    ):
        if found:
            where[shop_id] = found


def _living(
    db: Connection, shop_id: int, all_facts: Sequence[Facts], fingerprints: Fingerprints
) -> tuple[Sequence[Facts], set[str], set[str]]:
    """What may be kept of the facts, and the customers and orders that were erased before."""
    bought = _orders_named(all_facts)
    found = _erased(db, shop_id, _named(all_facts) | {order(one) for one in bought}, fingerprints)
    again = {one for one in bought if order(one) in found}
    erased = found - {order(one) for one in again}
    erased |= _part_of(erased, all_facts)
    if not erased and not again:
        return all_facts, erased, again
    return [_without(facts, erased, again) for facts in all_facts], erased, again


def _named(all_facts: Iterable[Facts]) -> set[str]:
    """Every customer that a fact is about."""
    named: set[str | None] = set()
    for facts in all_facts:
        named.update(order.customer_id for order in facts.orders)
        named.update(customer.customer_id for customer in facts.customers)
        named.update(consent.customer_id for consent in facts.consents)
        named.update(facts.retagged)
        named.update(chain.from_iterable((merge.kept_id, merge.gone_id) for merge in facts.merges))
    return {customer_id for customer_id in named if customer_id is not None}


def _orders_named(all_facts: Iterable[Facts]) -> set[str]:
    """Every order that a fact is about."""
    named: set[str] = set()
    for facts in all_facts:
        named.update(order.order_id for order in facts.orders)
        named.update(refund.order_id for refund in facts.refunds)
        named.update(facts.refetch_order_ids)
    return named


def _part_of(erased: Collection[str], all_facts: Iterable[Facts]) -> set[str]:
    """Who was made part of somebody erased: the one they are is to be forgotten."""
    return {merge.gone_id for facts in all_facts for merge in facts.merges if merge.kept_id in erased}


def _erased(db: Connection, shop_id: int, named: Collection[str], fingerprints: Fingerprints) -> set[str]:
    # in most shops nobody was, and no hash is needed to know it
    if not named or not erasure.any_erased(db, shop_id):
        return set()
    by_customer = {customer_id: set(fingerprints(shop_id, customer_id)) for customer_id in named}
    found = erasure.erased(db, shop_id, set().union(*by_customer.values()))
    return {customer_id for customer_id, prints in by_customer.items() if prints & found}


def _without(facts: Facts, erased: Collection[str], again: Collection[str]) -> Facts:
    """The facts, less all that would bring an erased customer or order back; requests stay."""
    dropped = {order.order_id for order in facts.orders if order.customer_id in erased} | set(again)
    return msgspec.structs.replace(
        facts,
        orders=tuple(order for order in facts.orders if order.order_id not in dropped),
        refunds=tuple(refund for refund in facts.refunds if refund.order_id not in dropped),
        customers=tuple(customer for customer in facts.customers if customer.customer_id not in erased),
        consents=tuple(consent for consent in facts.consents if consent.customer_id not in erased),
        merges=tuple(merge for merge in facts.merges if not {merge.kept_id, merge.gone_id} & set(erased)),
        retagged=facts.retagged - set(erased),
        refetch_order_ids=facts.refetch_order_ids - dropped,
    )


def _merge(db: Connection, shop_id: int, merges: Iterable[MergeFact]) -> tuple[set[str], set[str]]:
    """Everyone concerned by the merges, and those whom one has made one just now."""
    touched: set[str] = set()
    merged: set[str] = set()
    for merge in sorted(merges, key=lambda merge: (merge.merged_at, merge.gone_id, merge.kept_id)):
        pair = {merge.kept_id, merge.gone_id}
        two = len(set(customers.canonical(db, shop_id, pair).values())) > 1
        together = customers.merge(db, shop_id, merge)
        touched |= together
        merged |= together if two else set()
    return touched, merged


def _record_purchases(db: Connection, shop_id: int, all_facts: Sequence[Facts]) -> set[str]:
    people = [customer for facts in all_facts for customer in facts.customers]
    bought = [order for facts in all_facts for order in facts.orders]
    given_back = [refund for facts in all_facts for refund in facts.refunds]
    touched = {customer.customer_id for customer in people if customer.deleted}
    # orders first: they take the locks that a merge in another worker holds while it waits for customers' rows
    if bought or given_back:
        touched |= orders.record_many(db, shop_id, bought, given_back)
    if people:
        customers.record_many(db, shop_id, people)
    if agreed := [consent for facts in all_facts for consent in facts.consents]:
        customers.record_consents(db, shop_id, agreed)
    return touched


def _record_state(db: Connection, shop_id: int, all_facts: Sequence[Facts], recorded: Recorded) -> None:
    """What the store says of itself, and what it asks for."""
    told = [facts.shop for facts in all_facts if facts.shop is not None]
    if told:
        shops.tell(db, shop_id, max(told, key=lambda shop: (shop.updated_at, shop.name, shop.currency, shop.timezone)))
    if any(facts.rescoped for facts in all_facts):
        recorded.rescoped.add(shop_id)
    for facts in all_facts:
        if facts.redact_customer is not None:
            recorded.redact_customers.setdefault(shop_id, []).append(facts.redact_customer)
        if facts.data_request is not None:
            recorded.data_requests.setdefault(shop_id, []).append(facts.data_request)
    if left := [facts.uninstalled_at for facts in all_facts if facts.uninstalled_at is not None]:
        recorded.uninstalled[shop_id] = max(left)
    if forgotten := [facts.redact_shop for facts in all_facts if facts.redact_shop is not None]:
        recorded.redact_shops[shop_id] = max(forgotten)

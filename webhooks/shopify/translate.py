"""One payload of one topic becomes facts: pure, the same for the same bytes whenever they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec
from marshmallow import ValidationError

from storage.facts import ConsentFact, CustomerFact, MergeFact, ShopFact
from webhooks.complaints import told
from webhooks.facts import DataRequest, Facts, RedactCustomer, Unexpected
from webhooks.loader import compiled
from webhooks.shopify import events, orders, payloads, refunds

#: how Shopify says that a merge went through
MERGED = frozenset({"completed", "success", "succeeded"})

#: what a customer may have said to e-mails
CONSENTS = frozenset({"subscribed", "not_subscribed", "unsubscribed", "pending", "invalid", "redacted"})


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What a payload does not say itself."""

    #: when the store says it happened, else when it came
    at: datetime
    #: the store's currency as far as it is known, else empty
    currency_hint: str


Translator = Callable[[dict[str, Any], Circumstances], Facts]


def translate(
    topic: str, payload: Any, *, triggered_at: datetime | None, received_at: datetime, currency_hint: str
) -> Facts:
    """What a decoded payload says. Raises Unexpected, and nothing else, for one that does not look like its topic."""
    if (translator := TRANSLATORS.get(topic)) is None:
        raise Unexpected("a topic that nobody reads")
    circumstances = Circumstances(at=triggered_at or received_at, currency_hint=currency_hint)
    try:
        return translator(payload, circumstances)
    except ValidationError as wrong:
        raise Unexpected(told(wrong)) from None


def _order(payload: Any, circumstances: Circumstances) -> Facts:
    if events.is_event(payload):
        return events.understand(payload, kind="Order")
    return orders.understand(_ORDER(payload), currency_hint=circumstances.currency_hint)


def _order_edited(payload: Any, _: Circumstances) -> Facts:
    return Facts(refetch_order_ids=frozenset({_ORDER_EDITED(payload)["order_edit"]["order_id"]}))


def _refund(payload: Any, circumstances: Circumstances) -> Facts:
    return refunds.understand(_REFUND(payload), order_id=None, currency_hint=circumstances.currency_hint)


def _customer(payload: Any, circumstances: Circumstances) -> Facts:
    if events.is_event(payload):
        return events.understand(payload, kind="Customer")
    customer = _CUSTOMER(payload)
    fact = CustomerFact(customer_id=customer["id"], updated_at=customer["updated_at"] or circumstances.at)
    return Facts(customers=(fact,))


def _customer_deleted(payload: Any, circumstances: Circumstances) -> Facts:
    fact = CustomerFact(customer_id=_CUSTOMER(payload)["id"], updated_at=circumstances.at, deleted=True)
    return Facts(customers=(fact,))


def _merge(payload: Any, circumstances: Circumstances) -> Facts:
    merge = _MERGE(payload)
    if merge["status"].lower() not in MERGED:
        return Facts()
    kept, gone = merge["admin_graphql_api_customer_kept_id"], merge["admin_graphql_api_customer_deleted_id"]
    if kept is None or gone is None or kept == gone:
        raise Unexpected("a merge that does not name two customers")
    return Facts(merges=(MergeFact(kept_id=kept, gone_id=gone, merged_at=circumstances.at),))


def _consent(payload: Any, circumstances: Circumstances) -> Facts:
    told = _CONSENT(payload)
    agreed = told["email_marketing_consent"]
    if (state := agreed["state"].lower()) not in CONSENTS:
        raise Unexpected("email_marketing_consent.state: not one of Shopify's")
    fact = ConsentFact(
        customer_id=told["customer_id"], state=state, updated_at=agreed["consent_updated_at"] or circumstances.at
    )
    return Facts(consents=(fact,))


def _discount(payload: Any, _: Circumstances) -> Facts:
    return Facts(discount_ids=frozenset({_DISCOUNT(payload)["admin_graphql_api_id"]}))


def _operation(payload: Any, _: Circumstances) -> Facts:
    return Facts(ended_operations=frozenset({_OPERATION(payload)["admin_graphql_api_id"]}))


def _tagged(payload: Any, _: Circumstances) -> Facts:
    return Facts(retagged=frozenset({_TAGGED(payload)["customerId"]}))


def _scopes(payload: Any, _: Circumstances) -> Facts:
    _SCOPES(payload)
    return Facts(rescoped=True)


def _shop(payload: Any, circumstances: Circumstances) -> Facts:
    shop = _SHOP(payload)
    fact = ShopFact(
        name=shop["name"] or "",
        currency=shop["currency"],
        timezone=shop["iana_timezone"],
        updated_at=shop["updated_at"] or circumstances.at,
    )
    return Facts(shop=fact)


def _uninstalled(payload: Any, circumstances: Circumstances) -> Facts:
    _UNINSTALLED(payload)
    return Facts(uninstalled_at=circumstances.at)


def _data_request(payload: Any, _: Circumstances) -> Facts:
    asked = _DATA_REQUEST(payload)
    request = DataRequest(
        request_id=asked["data_request"]["id"],
        customer_id=asked["customer"]["id"],
        order_ids=tuple(asked["orders_requested"] or ()),
    )
    return Facts(data_request=request)


def _customer_redact(payload: Any, _: Circumstances) -> Facts:
    """The signature does not cover the topic: a request for data must not pass for one to forget."""
    asked = _CUSTOMER_REDACT(payload)
    if "data_request" in payload:
        raise Unexpected("data_request: does not belong to customers/redact")
    person = asked["customer"]
    redact = RedactCustomer(
        customer_id=person["id"],
        order_ids=tuple(asked["orders_to_redact"] or ()),
        needles=tuple(found.encode() for found in (person["email"], person["phone"]) if found),
    )
    return Facts(redact_customer=redact)


def _shop_redact(payload: Any, circumstances: Circumstances) -> Facts:
    """The signature does not cover the topic: nothing that says more than which store may erase all of it."""
    _SHOP_REDACT(payload)
    if payload.keys() & {"customer", "data_request", "myshopify_domain"}:
        raise Unexpected("more than shop/redact says")
    return Facts(redact_shop=circumstances.at)


TRANSLATORS: Mapping[str, Translator] = MappingProxyType({
    "orders/create": _order,
    "orders/updated": _order,
    "orders/paid": _order,
    "orders/cancelled": _order,
    "orders/edited": _order_edited,
    "refunds/create": _refund,
    "customers/create": _customer,
    "customers/update": _customer,
    "customers/delete": _customer_deleted,
    "customers/merge": _merge,
    "customers_email_marketing_consent/update": _consent,
    "customer.tags_added": _tagged,
    "customer.tags_removed": _tagged,
    "discounts/update": _discount,
    "discounts/delete": _discount,
    "bulk_operations/finish": _operation,
    "shop/update": _shop,
    "app/scopes_update": _scopes,
    "app/uninstalled": _uninstalled,
    "customers/data_request": _data_request,
    "customers/redact": _customer_redact,
    "shop/redact": _shop_redact,
})  # fmt: skip

_ORDER = compiled(payloads.Order)
_ORDER_EDITED = compiled(payloads.OrderEdited)
_REFUND = compiled(payloads.Refund)
_CUSTOMER = compiled(payloads.Customer)
_MERGE = compiled(payloads.Merge)
_CONSENT = compiled(payloads.Consent)
_TAGGED = compiled(payloads.Tagged)
_DISCOUNT = compiled(payloads.Discount)
_OPERATION = compiled(payloads.Operation)
_SCOPES = compiled(payloads.Scopes)
_SHOP = compiled(payloads.Shop)
_UNINSTALLED = compiled(payloads.Uninstalled)
_DATA_REQUEST = compiled(payloads.DataRequest)
_CUSTOMER_REDACT = compiled(payloads.CustomerRedact)
_SHOP_REDACT = compiled(payloads.ShopRedact)

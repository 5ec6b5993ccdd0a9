"""What we read of Shopify's payloads, and nothing else: what is not named here never leaves the bytes.

No name, no address; e-mail and telephone only where the store asks to forget them. Money stands as the store's own
(``shop_money``); what the buyer saw (``presentment_money``) is not read.
"""

from __future__ import annotations

from webhooks import readers
from webhooks.fields import Each, Many, One, Payload, Read
from webhooks.shopify import ids


class Money(Payload):
    """An amount with its currency; one field of refunds writes ``currency`` where all others write ``currency_code``."""

    amount = Read(readers.amount)
    currency_code = Read(readers.currency)
    currency = Read(readers.currency)


class MoneySet(Payload):
    """An amount in the store's currency (and one in the buyer's, which is not read)."""

    shop_money = One(Money)


class Customer(Payload):
    """A customer, alone or inside an order."""

    id = Read(ids.platform_id, required=True)
    updated_at = Read(readers.instant)


class OrdersCustomer(Payload):
    """The customer of an order; channels write an object without an id for a guest."""

    id = Read(ids.platform_id)
    updated_at = Read(readers.instant)


class Allocation(Payload):
    """The share of one discount in one line."""

    amount = Read(readers.amount)
    amount_set = One(MoneySet)
    discount_application_index = Read(readers.count)


class Line(Payload):
    """One position of an order."""

    id = Read(ids.platform_id, required=True)
    product_id = Read(ids.platform_id)
    variant_id = Read(ids.platform_id)
    quantity = Read(readers.count, required=True)
    current_quantity = Read(readers.count)
    price = Read(readers.amount)
    price_set = One(MoneySet)
    total_discount = Read(readers.amount)
    total_discount_set = One(MoneySet)
    discount_allocations = Many(Allocation)
    gift_card = Read(readers.flag)


class ShippingLine(Payload):
    """Shipping, for the share that a code took off it."""

    discount_allocations = Many(Allocation)


class Application(Payload):
    """One discount of an order; ``code`` stands only where it was typed in."""

    code = Read(readers.text)


class Code(Payload):
    """A discount code of an order."""

    code = Read(readers.text, required=True)
    amount = Read(readers.amount)


class Transaction(Payload):
    """One movement of money of a refund."""

    kind = Read(readers.text)
    status = Read(readers.text)
    amount = Read(readers.amount)
    currency = Read(readers.currency)
    total_unsettled_set = One(MoneySet)


class RefundLine(Payload):
    """What was taken back of one line; the plain amounts are JSON numbers."""

    subtotal = Read(readers.amount)
    total_tax = Read(readers.amount)
    subtotal_set = One(MoneySet)
    total_tax_set = One(MoneySet)


class Adjustment(Payload):
    """Shipping given back, or the difference to what the lines come to: negative where the buyer gets more."""

    amount = Read(readers.amount)
    tax_amount = Read(readers.amount)
    amount_set = One(MoneySet)
    tax_amount_set = One(MoneySet)


class Refund(Payload):
    """A refund, alone or inside an order."""

    id = Read(ids.platform_id, required=True)
    order_id = Read(ids.platform_id)
    created_at = Read(readers.instant)
    processed_at = Read(readers.instant)
    transactions = Many(Transaction)
    refund_line_items = Many(RefundLine)
    order_adjustments = Many(Adjustment)


class Order(Payload):
    """An order."""

    id = Read(ids.platform_id, required=True)
    created_at = Read(readers.instant)
    processed_at = Read(readers.instant)
    updated_at = Read(readers.instant)
    cancelled_at = Read(readers.instant)
    test = Read(readers.flag)
    financial_status = Read(readers.text)
    source_name = Read(readers.label)
    currency = Read(readers.currency)
    presentment_currency = Read(readers.currency)
    total_price = Read(readers.amount)
    total_price_set = One(MoneySet)
    current_total_price = Read(readers.amount)
    current_total_price_set = One(MoneySet)
    customer = One(OrdersCustomer)
    discount_codes = Many(Code)
    discount_applications = Many(Application)
    line_items = Many(Line)
    shipping_lines = Many(ShippingLine)
    refunds = Many(Refund)


class OrderEdit(Payload):
    """Which order was edited; not how it looks now."""

    order_id = Read(ids.platform_id, required=True)


class OrderEdited(Payload):
    """The body of ``orders/edited``."""

    order_edit = One(OrderEdit, required=True)


class Merge(Payload):
    """The body of ``customers/merge``."""

    admin_graphql_api_customer_kept_id = Read(ids.platform_id)
    admin_graphql_api_customer_deleted_id = Read(ids.platform_id)
    status = Read(readers.text, required=True)


class Agreed(Payload):
    """What a customer agreed to by e-mail, of which address is not read."""

    state = Read(readers.text, required=True)
    consent_updated_at = Read(readers.instant)


class Consent(Payload):
    """The body of ``customers_email_marketing_consent/update``."""

    customer_id = Read(ids.platform_id, required=True)
    email_marketing_consent = One(Agreed, required=True)


class Tagged(Payload):
    """The body of ``customer.tags_added`` and ``customer.tags_removed``: whose tags changed.

    It tells what came or went, not what is there now; as deliveries come in any order, that has to be asked.
    """

    customerId = Read(ids.customer_id, required=True)  # noqa: N815 (the platform's name)


class Discount(Payload):
    """The body of ``discounts/update`` and ``discounts/delete``: which one; how it is now has to be asked."""

    admin_graphql_api_id = Read(ids.discount_id, required=True)


class Operation(Payload):
    """The body of ``bulk_operations/finish``: which one; how it ended has to be asked."""

    admin_graphql_api_id = Read(ids.operation_id, required=True)


class Scopes(Payload):
    """The body of ``app/scopes_update``; it does not name its store, so what is granted now has to be asked."""

    updated_at = Read(readers.instant, required=True)


class Shop(Payload):
    """The body of ``shop/update``."""

    myshopify_domain = Read(readers.text, required=True)
    name = Read(readers.text)
    currency = Read(readers.currency, required=True)
    iana_timezone = Read(readers.zone, required=True)
    updated_at = Read(readers.instant)


class Uninstalled(Payload):
    """The body of ``app/uninstalled``: the store, which has to be named."""

    myshopify_domain = Read(readers.text, required=True)


class Person(Payload):
    """Whom a request for data or erasure is about; the id may be missing."""

    id = Read(ids.platform_id)
    email = Read(readers.text)
    phone = Read(readers.text)


class DataRequestId(Payload):
    """The store's number for a request."""

    id = Read(ids.platform_id)


class DataRequest(Payload):
    """The body of ``customers/data_request``."""

    shop_domain = Read(readers.text, required=True)
    customer = One(Person, required=True)
    orders_requested = Each(ids.platform_id)
    data_request = One(DataRequestId, required=True)


class CustomerRedact(Payload):
    """The body of ``customers/redact``."""

    shop_domain = Read(readers.text, required=True)
    customer = One(Person, required=True)
    orders_to_redact = Each(ids.platform_id)


class ShopRedact(Payload):
    """The body of ``shop/redact``."""

    shop_id = Read(ids.platform_id, required=True)
    shop_domain = Read(readers.text, required=True)

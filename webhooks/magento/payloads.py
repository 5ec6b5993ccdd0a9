"""What we read of Magento's answers and events, and nothing else: what is not named here is not asked for.

Money is the website's base currency (``base_…``). No name, no address; the e-mail of an order is read to recognise a
guest and hashed at once. Magento leaves out what is null, so nothing is required that an order can be without.
"""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from webhooks import readers
from webhooks.fields import Each, Many, One, Payload, Read
from webhooks.magento import values


class Item(Payload):
    """One line of an order. Of a configurable or a bundle, the parts are lines of their own that name their parent."""

    item_id = Read(values.entity_id, required=True)
    parent_item_id = Read(values.entity_id)
    product_id = Read(values.entity_id)
    product_type = Read(readers.text)
    qty_ordered = Read(values.number)
    qty_refunded = Read(values.number)
    qty_canceled = Read(values.number)
    base_price = Read(values.number)
    base_discount_amount = Read(values.number)


class More(Payload):
    """What extensions add: Adobe Commerce takes several coupons from 2.4.7 on."""

    coupon_codes = Each(readers.text)


class Bill(Payload):
    """Where the bill goes: the country and nothing else."""

    country_id = Read(readers.country)


class Order(Payload):
    """An order, as ``GET /V1/orders`` gives it."""

    entity_id = Read(values.entity_id, required=True)
    store_id = Read(values.view)
    store_name = Read(values.view_name)
    state = Read(readers.text)
    created_at = Read(values.instant)
    updated_at = Read(values.instant)
    customer_id = Read(values.entity_id)
    customer_email = Read(values.email)
    base_currency_code = Read(readers.currency)
    global_currency_code = Read(readers.currency)
    base_to_global_rate = Read(values.number)
    base_grand_total = Read(values.number)
    base_total_invoiced = Read(values.number)
    base_total_refunded = Read(values.number)
    base_discount_amount = Read(values.number)
    coupon_code = Read(readers.text)
    billing_address = One(Bill)
    items = Many(Item)
    extension_attributes = One(More)


class CreditMemo(Payload):
    """A credit memo, as ``GET /V1/creditmemos`` gives it."""

    entity_id = Read(values.entity_id, required=True)
    order_id = Read(values.entity_id, required=True)
    store_id = Read(values.view)
    state = Read(values.view)
    created_at = Read(values.instant)
    updated_at = Read(values.instant)
    base_currency_code = Read(readers.currency)
    global_currency_code = Read(readers.currency)
    base_to_global_rate = Read(values.number)
    base_grand_total = Read(values.number)


class OfOrder(Payload):
    """Something that belongs to an order: an invoice, a shipment, a credit memo."""

    order_id = Read(values.entity_id, required=True)


class Thing(Payload):
    """Something that is named by its own number."""

    entity_id = Read(values.entity_id, required=True)


class Customer(Payload):
    """A customer's account; REST says ``id``, events may say ``entity_id``."""

    id = Read(values.entity_id)
    entity_id = Read(values.entity_id)
    updated_at = Read(values.instant)


def projection(schema: Schema) -> str:
    """The names of all that is read, as Magento's ``fields=`` wants them: ``entity_id,items[sku]``."""
    return ",".join(_named(name, field) for name, field in schema.load_fields.items())


def _named(name: str, field: Any) -> str:
    return f"{name}[{projection(field.schema)}]" if isinstance(field, fields.Nested) else name


#: what is asked for of orders and credit memos, alone or in lists
ORDER_FIELDS = projection(Order())
CREDITMEMO_FIELDS = projection(CreditMemo())

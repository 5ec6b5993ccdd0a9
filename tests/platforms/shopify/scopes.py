"""Which scope each of our operations needs, by Shopify's list of offline scopes for API version 2026-10."""

from __future__ import annotations

from plugin.platforms.shopify.subscription_documents import SUBSCRIPTIONS_ALL

#: a document's or a topic's name → the scopes of which all are needed; writing includes reading
NEEDED: dict[str, frozenset[str]] = {
    "CreateDiscount": frozenset({"write_discounts"}),
    "CreateFreeShipping": frozenset({"write_discounts"}),
    "FindDiscount": frozenset({"write_discounts"}),
    "FindDiscounts": frozenset({"write_discounts"}),
    "ListDiscounts": frozenset({"write_discounts", "read_customers", "read_products"}),
    "DeactivateDiscount": frozenset({"write_discounts"}),
    "StoreInfo": frozenset(),
    "FetchOrder": frozenset({"read_orders", "read_customers", "read_products"}),
    "CustomerTags": frozenset({"read_customers"}),
    # what the bulk query holds
    "RunHistory": frozenset({"read_orders", "read_customers", "read_products"}),
    "LookAtHistory": frozenset(),
    "FindHistory": frozenset(),
    "ChangedOrders": frozenset({"read_orders"}),
    "orders/create": frozenset({"read_orders"}),
    "orders/updated": frozenset({"read_orders"}),
    "orders/paid": frozenset({"read_orders"}),
    "orders/cancelled": frozenset({"read_orders"}),
    "orders/edited": frozenset({"read_orders"}),
    "refunds/create": frozenset({"read_orders"}),
    "customers/create": frozenset({"read_customers"}),
    "customers/update": frozenset({"read_customers"}),
    "customers/delete": frozenset({"read_customers"}),
    "customers/merge": frozenset({"read_customer_merge"}),
    "customers_email_marketing_consent/update": frozenset({"read_customers"}),
    "customer.tags_added": frozenset({"read_customers"}),
    "customer.tags_removed": frozenset({"read_customers"}),
    "discounts/update": frozenset({"write_discounts"}),
    "discounts/delete": frozenset({"write_discounts"}),
    **dict.fromkeys(SUBSCRIPTIONS_ALL, frozenset()),
    "bulk_operations/finish": frozenset(),
    "app/scopes_update": frozenset(),
    "app/uninstalled": frozenset(),
    "shop/update": frozenset(),
    #: shoppers reach us under the store's own address
    "app proxy": frozenset({"write_app_proxy"}),
    "customers/data_request": frozenset(),
    "customers/redact": frozenset(),
    "shop/redact": frozenset(),
    "StartFlow": frozenset({"read_customers"}),
    "CustomerGroups": frozenset({"read_customers"}),
    "DeleteDiscounts": frozenset({"write_discounts"}),
    "AddCodes": frozenset({"write_discounts"}),
    "CodesAdded": frozenset({"write_discounts"}),
    "FindCode": frozenset({"write_discounts"}),
    "RemoveCodes": frozenset({"write_discounts"}),
}

#: the same for what is sent only once the merchant has turned it on and the store has granted it
TURNED_ON: dict[str, frozenset[str]] = {
    "MarkCustomer": frozenset({"write_customers"}),
    "DefineField": frozenset({"write_customers"}),
}

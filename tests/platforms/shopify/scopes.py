"""Which scope each of our operations needs, by Shopify's list of offline scopes for API version 2026-10."""

from __future__ import annotations

#: a document's or a topic's name → the scopes of which all are needed; writing includes reading
NEEDED: dict[str, frozenset[str]] = {
    "CreateDiscount": frozenset({"write_discounts"}),
    "CreateFreeShipping": frozenset({"write_discounts"}),
    "FindDiscount": frozenset({"write_discounts"}),
    "FindDiscounts": frozenset({"write_discounts"}),
    "ListDiscounts": frozenset({"write_discounts", "read_customers"}),
    "DeactivateDiscount": frozenset({"write_discounts"}),
    "StoreInfo": frozenset(),
    "FetchOrder": frozenset({"read_orders", "read_customers"}),
    "CustomerTags": frozenset({"read_customers"}),
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
    "app/uninstalled": frozenset(),
    "shop/update": frozenset(),
    "customers/data_request": frozenset(),
    "customers/redact": frozenset(),
    "shop/redact": frozenset(),
}

"""GraphQL documents and variables as an app for loyalty would send them."""

from __future__ import annotations

from typing import Any

CREATE = """
mutation Create($input: DiscountCodeBasicInput!) {
  discountCodeBasicCreate(basicCodeDiscount: $input) {
    codeDiscountNode { id codeDiscount { ... on DiscountCodeBasic {
      title status tags usageLimit appliesOncePerCustomer startsAt endsAt
      codes(first: 1) { nodes { code asyncUsageCount } }
      context { __typename ... on DiscountCustomers { customers { id displayName } } }
      customerGets { value { __typename ... on DiscountPercentage { percentage } ... on DiscountAmount { amount { amount currencyCode } } }
        items { ... on AllDiscountItems { allItems } } }
      minimumRequirement { ... on DiscountMinimumSubtotal { greaterThanOrEqualToSubtotal { amount currencyCode } } }
    } } }
    userErrors { field code message }
  }
}
"""

FIND = """
query Find($code: String!) {
  codeDiscountNodeByCode(code: $code) {
    id
    codeDiscount { ... on DiscountCodeBasic { title status tags asyncUsageCount } }
  }
}
"""

DEACTIVATE = """
mutation Deactivate($id: ID!) {
  discountCodeDeactivate(id: $id) {
    codeDiscountNode { id codeDiscount { ... on DiscountCodeBasic { status endsAt } } }
    userErrors { field code message }
  }
}
"""

MONEY = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"

ORDERS = """
query Orders($first: Int, $after: String, $query: String, $sortKey: OrderSortKeys, $reverse: Boolean) {
  orders(first: $first, after: $after, query: $query, sortKey: $sortKey, reverse: $reverse) {
    pageInfo { hasNextPage endCursor }
    edges { cursor }
    nodes {
      id legacyResourceId name processedAt createdAt updatedAt cancelledAt test displayFinancialStatus sourceName
      currencyCode discountCodes customer { id }
      totalPriceSet MONEY currentTotalPriceSet MONEY totalDiscountsSet MONEY totalRefundedSet MONEY
      refunds { id processedAt totalRefundedSet MONEY }
      lineItems(first: 2) { nodes { id title quantity currentQuantity isGiftCard product { id } discountedTotalSet MONEY } }
    }
  }
}
""".replace("MONEY", MONEY)

ORDER = """
query Order($id: ID!) {
  order(id: $id) {
    id cancelledAt cancelReason displayFinancialStatus discountCode currentTotalPriceSet MONEY netPaymentSet MONEY
    customer { legacyResourceId numberOfOrders amountSpent { amount } lastOrder { id } defaultEmailAddress { emailAddress } }
    shippingLines(first: 5) { nodes { discountAllocations { allocatedAmountSet MONEY } } }
    lineItems(first: 5) { nodes {
      totalDiscountSet MONEY
      discountAllocations { allocatedAmountSet MONEY discountApplication { ... on DiscountCodeApplication { code } } }
    } }
    refunds(first: 5) {
      totalRefundedSet MONEY
      refundLineItems(first: 5) { nodes { quantity restockType subtotalSet MONEY lineItem { id } } }
      transactions(first: 5) { nodes { kind status amountSet MONEY } }
    }
  }
}
""".replace("MONEY", MONEY)

SHOP = """
query { shop { name myshopifyDomain currencyCode ianaTimezone } currentAppInstallation { accessScopes { handle } } }
"""


def discount(customer_id: int, **changes: Any) -> dict[str, Any]:
    """An input for CREATE: 10 % for one customer, once, in March 2026."""
    return {
        "code": "REG-ABC123",
        "title": "Regulars",
        "startsAt": "2026-03-01T00:00:00Z",
        "endsAt": "2026-03-31T00:00:00Z",
        "customerGets": {"value": {"percentage": 0.1}, "items": {"all": True}},
        "context": {"customers": {"add": [f"gid://shopify/Customer/{customer_id}"]}},
        "usageLimit": 1,
        "appliesOncePerCustomer": True,
        "tags": ["regulars:1"],
    } | changes

"""Every GraphQL document that is sent to Shopify, as written for API version 2026-10.

A test holds each of them, with its variables, to Shopify's own schema.
"""

from __future__ import annotations

from plugin.platforms.shopify.history_documents import HISTORY_ALL
from plugin.platforms.shopify.store_documents import STORE

DISCOUNT_FIELDS = """
fragment DiscountFields on DiscountCodeNode {
  id
  codeDiscount {
    __typename
    ... on DiscountCodeBasic { status tags asyncUsageCount codes(first: 1) { nodes { code } } }
    ... on DiscountCodeBxgy { status tags asyncUsageCount }
    ... on DiscountCodeFreeShipping { status tags asyncUsageCount codes(first: 1) { nodes { code } } }
    ... on DiscountCodeApp { status tags asyncUsageCount }
  }
}
"""

CREATE_DISCOUNT = (
    """
mutation CreateDiscount($discount: DiscountCodeBasicInput!) {
  discountCodeBasicCreate(basicCodeDiscount: $discount) {
    codeDiscountNode { ...DiscountFields }
    userErrors { field code message }
  }
}
"""
    + DISCOUNT_FIELDS
)

CREATE_FREE_SHIPPING = (
    """
mutation CreateFreeShipping($discount: DiscountCodeFreeShippingInput!) {
  discountCodeFreeShippingCreate(freeShippingCodeDiscount: $discount) {
    codeDiscountNode { ...DiscountFields }
    userErrors { field code message }
  }
}
"""
    + DISCOUNT_FIELDS
)

FIND_DISCOUNT = (
    """
query FindDiscount($code: String!) {
  codeDiscountNodeByCode(code: $code) { ...DiscountFields }
}
"""
    + DISCOUNT_FIELDS
)

FIND_DISCOUNTS = (
    """
query FindDiscounts($ids: [ID!]!) {
  nodes(ids: $ids) { id ...DiscountFields }
}
"""
    + DISCOUNT_FIELDS
)

TERMS_FIELDS = """
fragment BuyerFields on DiscountContext {
  __typename
  ... on DiscountCustomers { customers { id } }
}

fragment MinimumFields on DiscountMinimumRequirement {
  __typename
  ... on DiscountMinimumSubtotal { greaterThanOrEqualToSubtotal { amount currencyCode } }
}

fragment ItemsFields on DiscountItems {
  __typename
  ... on DiscountProducts { products(first: 5) { nodes { id } pageInfo { hasNextPage } } }
  ... on DiscountCollections { collections(first: 5) { nodes { id } pageInfo { hasNextPage } } }
}
"""

LIST_DISCOUNTS = (
    """
query ListDiscounts($query: String!, $first: Int!, $after: String) {
  discountNodes(query: $query, first: $first, after: $after, sortKey: UPDATED_AT) {
    nodes {
      id
      discount {
        __typename
        ... on DiscountCodeBasic {
          status tags asyncUsageCount startsAt endsAt usageLimit appliesOncePerCustomer
          codes(first: 1) { nodes { code } }
          context { ...BuyerFields }
          combinesWith { orderDiscounts productDiscounts shippingDiscounts }
          minimumRequirement { ...MinimumFields }
          customerGets {
            items { ...ItemsFields }
            value {
              __typename
              ... on DiscountPercentage { percentage }
              ... on DiscountAmount { amount { amount currencyCode } }
            }
          }
        }
        ... on DiscountCodeFreeShipping {
          status tags asyncUsageCount startsAt endsAt usageLimit appliesOncePerCustomer
          codes(first: 1) { nodes { code } }
          context { ...BuyerFields }
          combinesWith { orderDiscounts productDiscounts shippingDiscounts }
          minimumRequirement { ...MinimumFields }
          maximumShippingPrice { amount currencyCode }
        }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
    + TERMS_FIELDS
)

DEACTIVATE_DISCOUNT = (
    """
mutation DeactivateDiscount($id: ID!) {
  discountCodeDeactivate(id: $id) {
    codeDiscountNode { ...DiscountFields }
    userErrors { field code message }
  }
}
"""
    + DISCOUNT_FIELDS
)

STORE_INFO = """
query StoreInfo {
  shop { name myshopifyDomain currencyCode ianaTimezone }
  currentAppInstallation { accessScopes { handle } }
}
"""

MONEY = """
fragment ShopMoney on MoneyBag { shopMoney { amount currencyCode } }

fragment Allocation on DiscountAllocation {
  allocatedAmountSet { ...ShopMoney }
  discountApplication { __typename ... on DiscountCodeApplication { code } }
}
"""

LINE_FIELDS = """
fragment LineFields on LineItem {
  id
  quantity
  currentQuantity
  isGiftCard
  product { id }
  variant { id }
  originalUnitPriceSet { ...ShopMoney }
  discountAllocations { ...Allocation }
}
"""

FETCH_ORDER = (
    """
query FetchOrder($id: ID!, $lines: Int!, $after: String) {
  order(id: $id) {
    id
    customer { id updatedAt }
    createdAt
    processedAt
    updatedAt
    cancelledAt
    test
    displayFinancialStatus
    sourceName
    currencyCode
    totalPriceSet { ...ShopMoney }
    currentTotalPriceSet { ...ShopMoney }
    discountCodes
    shippingLines(first: 5) { nodes { discountAllocations { ...Allocation } } }
    refunds(first: 20) {
      id
      createdAt
      processedAt
      transactions(first: 4) { nodes { id kind status amountSet { ...ShopMoney } } }
    }
    lineItems(first: $lines, after: $after) {
      nodes { ...LineFields }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
    + LINE_FIELDS
    + MONEY
)

CUSTOMER_TAGS = """
query CustomerTags($id: ID!) {
  customer(id: $id) { id tags }
}
"""

ALL = {
    "CreateDiscount": CREATE_DISCOUNT,
    "CreateFreeShipping": CREATE_FREE_SHIPPING,
    "FindDiscount": FIND_DISCOUNT,
    "FindDiscounts": FIND_DISCOUNTS,
    "ListDiscounts": LIST_DISCOUNTS,
    "DeactivateDiscount": DEACTIVATE_DISCOUNT,
    "StoreInfo": STORE_INFO,
    "FetchOrder": FETCH_ORDER,
    "CustomerTags": CUSTOMER_TAGS,
    **STORE,
    **HISTORY_ALL,
}

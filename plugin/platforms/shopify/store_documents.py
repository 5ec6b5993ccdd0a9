"""The documents of what is written into a Shopify store beside single discounts; for API version 2026-10."""

from __future__ import annotations

MARK_CUSTOMER = """
mutation MarkCustomer(
  $id: ID!, $put: [MetafieldsSetInput!]!, $drop: [MetafieldIdentifierInput!]!, $add: [String!]!, $remove: [String!]!,
  $puts: Boolean!, $drops: Boolean!, $adds: Boolean!, $removes: Boolean!
) {
  metafieldsSet(metafields: $put) @include(if: $puts) { userErrors { field code message } }
  metafieldsDelete(metafields: $drop) @include(if: $drops) { userErrors { field message } }
  tagsAdd(id: $id, tags: $add) @include(if: $adds) { userErrors { field message } }
  tagsRemove(id: $id, tags: $remove) @include(if: $removes) { userErrors { field message } }
}
"""

DEFINE_FIELD = """
mutation DefineField($field: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $field) { userErrors { field code message } }
}
"""

START_FLOW = """
mutation StartFlow($handle: String!, $payload: JSON!) {
  flowTriggerReceive(handle: $handle, payload: $payload) { userErrors { field message } }
}
"""

CUSTOMER_GROUPS = """
query CustomerGroups($ids: [ID!]!) {
  nodes(ids: $ids) { id ... on Customer { statistics { rfmGroup } } }
}
"""

DELETE_DISCOUNTS = """
mutation DeleteDiscounts($ids: [ID!]!) {
  discountCodeBulkDelete(ids: $ids) { job { id } userErrors { field code message } }
}
"""

ADD_CODES = """
mutation AddCodes($id: ID!, $codes: [DiscountRedeemCodeInput!]!) {
  discountRedeemCodeBulkAdd(discountId: $id, codes: $codes) {
    bulkCreation { id }
    userErrors { field code message }
  }
}
"""

CODES_ADDED = """
query CodesAdded($id: ID!) {
  discountRedeemCodeBulkCreation(id: $id) {
    done
    codes(first: 100) { nodes { code discountRedeemCode { id } errors { code } } }
  }
}
"""

FIND_CODE = """
query FindCode($code: String!, $search: String!) {
  codeDiscountNodeByCode(code: $code) {
    id
    codeDiscount {
      __typename
      ... on DiscountCodeBasic { codes(first: 5, query: $search) { nodes { id code } } }
      ... on DiscountCodeFreeShipping { codes(first: 5, query: $search) { nodes { id code } } }
    }
  }
}
"""

REMOVE_CODES = """
mutation RemoveCodes($id: ID!, $codes: [ID!]!) {
  discountCodeRedeemCodeBulkDelete(discountId: $id, ids: $codes) {
    job { id }
    userErrors { field code message }
  }
}
"""

STORE = {
    "MarkCustomer": MARK_CUSTOMER,
    "DefineField": DEFINE_FIELD,
    "StartFlow": START_FLOW,
    "CustomerGroups": CUSTOMER_GROUPS,
    "DeleteDiscounts": DELETE_DISCOUNTS,
    "AddCodes": ADD_CODES,
    "CodesAdded": CODES_ADDED,
    "FindCode": FIND_CODE,
    "RemoveCodes": REMOVE_CODES,
}

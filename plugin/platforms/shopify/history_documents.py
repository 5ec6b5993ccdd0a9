"""The documents that read a store's past: the bulk query and the questions about it, and which orders changed.

The bulk query is sent as text inside another, so it has no variables and no fragments; a list inside an order cannot hold
a connection there, which is why money that went back is asked for twice: of each refund, and of all transactions.
"""

from __future__ import annotations

_MONEY = "{ shopMoney { amount currencyCode } }"
_SHARES = f"""discountAllocations {{
            allocatedAmountSet {_MONEY}
            discountApplication {{ __typename ... on DiscountCodeApplication {{ code }} }}
          }}"""

_HISTORY = f"""
{{
  ORDERS {{
    edges {{
      node {{
        id
        customer {{ id updatedAt }}
        createdAt
        processedAt
        updatedAt
        cancelledAt
        test
        displayFinancialStatus
        sourceName
        currencyCode
        totalPriceSet {_MONEY}
        currentTotalPriceSet {_MONEY}
        discountCodes
        subtotalLineItemsQuantity
        refunds {{ id createdAt processedAt totalRefundedSet {_MONEY} }}
        transactions {{ kind status amountSet {_MONEY} }}
        lineItems {{ edges {{ node {{
          __typename
          id
          quantity
          currentQuantity
          isGiftCard
          product {{ id }}
          variant {{ id }}
          originalUnitPriceSet {_MONEY}
          {_SHARES}
        }} }} }}
        shippingLines {{ edges {{ node {{
          __typename
          id
          {_SHARES}
        }} }} }}
      }}
    }}
  }}
}}
"""

_OPERATION = """
fragment OperationFields on BulkOperation {
  id
  status
  errorCode
  createdAt
  query
  objectCount
  rootObjectCount
  fileSize
  url
  partialDataUrl
}
"""

RUN_HISTORY = (
    """
mutation RunHistory($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: false) {
    bulkOperation { ...OperationFields }
    userErrors { field code message }
  }
}
"""
    + _OPERATION
)

LOOK_AT_HISTORY = (
    """
query LookAtHistory($id: ID!) {
  bulkOperation(id: $id) { ...OperationFields }
}
"""
    + _OPERATION
)

FIND_HISTORY = (
    """
query FindHistory($first: Int!) {
  bulkOperations(first: $first, sortKey: CREATED_AT, reverse: true) {
    nodes { ...OperationFields }
  }
}
"""
    + _OPERATION
)

CHANGED_ORDERS = """
query ChangedOrders($query: String!, $first: Int!, $after: String) {
  orders(query: $query, first: $first, after: $after, sortKey: UPDATED_AT) {
    nodes { id updatedAt }
    pageInfo { hasNextPage endCursor }
  }
}
"""

HISTORY_ALL = {
    "RunHistory": RUN_HISTORY,
    "LookAtHistory": LOOK_AT_HISTORY,
    "FindHistory": FIND_HISTORY,
    "ChangedOrders": CHANGED_ORDERS,
}


def history(search: str) -> str:
    """The bulk query over the orders that a search finds; all of them for an empty one. Raises ValueError for quotes."""
    if '"' in search or "\\" in search:
        raise ValueError("a search that cannot stand in a document")
    return _HISTORY.replace("ORDERS", f'orders(query: "{search}")' if search else "orders")

"""Executes a GraphQL document against the sandbox's own schema, and says what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)

from plugin.sandbox.admin import bulk_fields, cost, discount_queries, hears, marks, mutations, pools, queries
from plugin.sandbox.admin.call import Call

PARTS = ("schema.graphql", "orders.graphql", "discounts.graphql", "bulk.graphql", "in_store.graphql", "hears.graphql")

ROOT = {
    "webhookSubscriptions": hears.subscriptions,
    "webhookSubscriptionCreate": hears.create,
    "webhookSubscriptionDelete": hears.delete,
    "webhookSubscriptionUpdate": hears.update,
    "bulkOperation": bulk_fields.one,
    "bulkOperations": bulk_fields.several,
    "bulkOperationCancel": bulk_fields.cancel,
    "bulkOperationRunQuery": bulk_fields.run_query,
    "codeDiscountNodeByCode": discount_queries.code_discount_node_by_code,
    "currentAppInstallation": queries.current_app_installation,
    "customer": queries.customer,
    "discountNodes": discount_queries.discount_nodes,
    "nodes": discount_queries.nodes,
    "order": queries.order,
    "orders": queries.orders,
    "shop": queries.shop,
    "discountCodeBasicCreate": mutations.discount_code_basic_create,
    "discountCodeFreeShippingCreate": mutations.discount_code_free_shipping_create,
    "discountCodeDeactivate": mutations.discount_code_deactivate,
    "discountCodeBulkDelete": pools.discount_code_bulk_delete,
    "discountCodeRedeemCodeBulkDelete": pools.redeem_code_bulk_delete,
    "discountRedeemCodeBulkAdd": pools.redeem_code_bulk_add,
    "discountRedeemCodeBulkCreation": pools.redeem_code_bulk_creation,
    "flowTriggerReceive": marks.flow_trigger_receive,
    "metafieldDefinitionCreate": marks.metafield_definition_create,
    "metafieldsDelete": marks.metafields_delete,
    "metafieldsSet": marks.metafields_set,
    "tagsAdd": marks.tags_add,
    "tagsRemove": marks.tags_remove,
}


@dataclass(frozen=True, slots=True)
class Ready:
    """A document that is valid, with the operation to run and the most points that it may cost."""

    document: DocumentNode
    operation: OperationDefinitionNode
    requested: int

    @property
    def mutation(self) -> bool:
        """Whether it may change something."""
        return self.operation.operation is OperationType.MUTATION


def sdl() -> str:
    """The subset of the schema, as text."""
    return "\n".join(Path(__file__).with_name(part).read_text("utf-8") for part in PARTS)


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    """The subset of the schema."""
    return build_schema(sdl())


def prepare(text: str, variables: Mapping[str, Any], operation_name: str | None) -> Ready | list[dict[str, Any]]:
    """Parses and validates; what is wrong comes back as the answer's ``errors``."""
    try:
        document, errors = _checked(text)
    except GraphQLError as error:
        return [_told(error, "PARSE_ERROR")]
    if errors:
        return [_told(error, "GRAPHQL_VALIDATION_FAILED") for error in errors]
    operation = get_operation_ast(document, operation_name)
    if operation is None:
        return [
            {
                "message": "An operation name is required"
                if operation_name is None
                else f'No operation named "{operation_name}"'
            }
        ]
    return Ready(document, operation, cost.requested(schema(), document, operation, variables))


def run(
    ready: Ready, variables: Mapping[str, Any], operation_name: str | None, call: Call
) -> tuple[dict[str, Any], int]:
    """The answer's ``data`` and ``errors``, and the points that it cost."""
    result = execute_sync(
        schema(),
        ready.document,
        root_value=ROOT,
        context_value=call,
        variable_values=dict(variables),
        operation_name=operation_name,
    )
    answer: dict[str, Any] = {}
    if result.data is not None or not result.errors:
        answer["data"] = result.data
    if result.errors:
        answer["errors"] = [
            _told(error, "INVALID_VARIABLE" if result.data is None else "INTERNAL_SERVER_ERROR")
            for error in result.errors
        ]
    return answer, min(ready.requested, cost.actual(result.data, mutation=ready.mutation))


@lru_cache(maxsize=64)
def _checked(text: str) -> tuple[DocumentNode, list[GraphQLError]]:
    document = parse(text)
    return document, validate(schema(), document)


def _told(error: GraphQLError, code: str) -> dict[str, Any]:
    told: dict[str, Any] = dict(error.formatted)
    told["extensions"] = {"code": code} | dict(told.get("extensions") or {})
    return told

"""Every document that is sent, with its variables, is valid against Shopify's own schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInputObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NoDeprecatedCustomRule,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
    parse,
    type_from_ast,
    validate,
)  # fmt: skip
from graphql.execution.values import get_variable_values

from plugin import manifest
from plugin.platforms.shopify import documents
from plugin.platforms.shopify.discount_input import create_variables
from plugin.platforms.shopify.discounts import DISCOUNTS_A_PAGE
from plugin.platforms.shopify.history import OPERATIONS, ORDERS_A_PAGE, Span
from plugin.platforms.shopify.history_documents import history
from plugin.platforms.shopify.orders import LINES_A_PAGE
from plugin.sandbox.admin import bulk_lines, execution
from tests.platforms.shopify.samples import BENEFITS, NOW, SPEC
from tests.platforms.shopify.scopes import NEEDED, TURNED_ON

VARIABLES: dict[str, list[dict[str, Any]]] = {
    "CreateDiscount": [
        create_variables(SPEC),
        create_variables(replace(SPEC, minimum=0)),
        create_variables(replace(SPEC, currency="JPY", percent=100)),
        *(create_variables(spec) for spec in BENEFITS if spec.type != "shipping"),
    ],
    "CreateFreeShipping": [create_variables(spec) for spec in BENEFITS if spec.type == "shipping"],
    "FindDiscount": [{"code": SPEC.code}],
    "FindDiscounts": [{"ids": ["gid://shopify/DiscountCodeNode/5", "gid://shopify/DiscountCodeNode/6"]}],
    "ListDiscounts": [
        {"query": "method:code updated_at:>='2026-11-22T12:00:00Z'", "first": DISCOUNTS_A_PAGE, "after": None},
        {"query": "method:code updated_at:>='2026-11-22T12:00:00Z'", "first": DISCOUNTS_A_PAGE, "after": "cursor"},
    ],
    "RunHistory": [{"query": Span().query}, {"query": Span(since=NOW, until=NOW).query}],
    "LookAtHistory": [{"id": "gid://shopify/BulkOperation/5"}],
    "FindHistory": [{"first": OPERATIONS}],
    "ChangedOrders": [
        {"query": "updated_at:>='2026-11-22T12:00:00Z'", "first": ORDERS_A_PAGE, "after": None},
        {"query": "updated_at:>='2026-11-22T12:00:00Z'", "first": ORDERS_A_PAGE, "after": "cursor"},
    ],
    "DeactivateDiscount": [{"id": "gid://shopify/DiscountCodeNode/5"}],
    "StoreInfo": [{}],
    "MarkCustomer": [
        {
            "id": "gid://shopify/Customer/1",
            "put": [
                {
                    "ownerId": "gid://shopify/Customer/1",
                    "namespace": "regulars",
                    "key": "tier",
                    "type": "single_line_text_field",
                    "value": "Gold",
                }
            ],
            "drop": [{"ownerId": "gid://shopify/Customer/1", "namespace": "regulars", "key": "group"}],
            "add": ["regulars: tier Gold"],
            "remove": [],
            "puts": True,
            "drops": True,
            "adds": True,
            "removes": False,
        }
    ],
    "DefineField": [
        {
            "field": {
                "name": "Regulars: tier",
                "namespace": "regulars",
                "key": "tier",
                "ownerType": "CUSTOMER",
                "type": "single_line_text_field",
                "capabilities": {"adminFilterable": {"enabled": True}},
            }
        }
    ],
    "StartFlow": [{"handle": "offer-issued", "payload": {"customer_id": 1, "Code": "A"}}],
    "CustomerGroups": [{"ids": [f"gid://shopify/Customer/{one}" for one in range(1, 51)]}],
    "DeleteDiscounts": [{"ids": ["gid://shopify/DiscountCodeNode/5"]}],
    "AddCodes": [{"id": "gid://shopify/DiscountCodeNode/5", "codes": [{"code": "A1"}]}],
    "CodesAdded": [{"id": "gid://shopify/DiscountRedeemCodeBulkCreation/5"}],
    "FindCode": [{"code": "A1", "search": "A1"}],
    "RemoveCodes": [{"id": "gid://shopify/DiscountCodeNode/5", "codes": ["gid://shopify/DiscountRedeemCode/7"]}],
    "CustomerTags": [{"id": "gid://shopify/Customer/1"}],
    "FetchOrder": [
        {"id": "gid://shopify/Order/1", "lines": LINES_A_PAGE, "after": None},
        {"id": "gid://shopify/Order/1", "lines": LINES_A_PAGE, "after": "cursor"},
    ],
}
CASES = [(name, variables) for name, listed in VARIABLES.items() for variables in listed]
MOST_POINTS = 1000
MUTATION_POINTS = 10


def test_every_document_is_tried() -> None:
    """No document is sent that these tests do not know, and each is listed under its operation's name."""
    assert VARIABLES.keys() == documents.ALL.keys()
    for name in documents.ALL:
        assert _operation(name).name.value == name


@pytest.mark.parametrize("name", documents.ALL)
def test_the_document_is_valid(name: str, schema: GraphQLSchema) -> None:
    """Shopify's schema finds nothing wrong with it, and nothing deprecated in it."""
    document = parse(documents.ALL[name])

    assert validate(schema, document) == []
    assert validate(schema, document, rules=[NoDeprecatedCustomRule]) == []


@pytest.mark.parametrize(("name", "variables"), CASES)
def test_the_variables_are_valid(name: str, variables: dict[str, Any], schema: GraphQLSchema) -> None:
    """The values that are really sent have the types that the document declares."""
    declared = _operation(name).variable_definitions or ()
    coerced = get_variable_values(schema, declared, variables)

    assert not isinstance(coerced, list), coerced
    assert variables.keys() == {definition.variable.name.value for definition in declared}


@pytest.mark.parametrize(("name", "variables"), CASES)
def test_no_deprecated_input_is_sent(name: str, variables: dict[str, Any], schema: GraphQLSchema) -> None:
    """Inside the variables too, where a validator does not look."""
    for definition in _operation(name).variable_definitions or ():
        type_ = type_from_ast(schema, definition.type)

        assert list(_deprecated(type_, variables[definition.variable.name.value])) == []


@pytest.mark.parametrize("span", [Span(), Span(since=NOW), Span(until=NOW), Span(since=NOW, until=NOW)])
def test_the_bulk_query_is_valid_and_runs_in_bulk(span: Span, schema: GraphQLSchema) -> None:
    """It is sent as text inside another: valid by itself, nothing deprecated, and what Shopify runs in bulk.

    Five connections at most, two of them inside one another, none in a list, parents with their id, no variables.
    """
    document = parse(span.query)

    assert validate(schema, document) == []
    assert validate(schema, document, rules=[NoDeprecatedCustomRule]) == []
    assert bulk_lines.checked(execution.schema(), span.query) is not None
    with pytest.raises(ValueError, match="cannot stand"):
        history('a"b')


def test_a_deprecated_input_would_be_noticed(schema: GraphQLSchema) -> None:
    """The check can fail: the old way to choose customers is found."""
    type_ = schema.get_type("DiscountCodeBasicInput")

    assert list(_deprecated(type_, {"customerSelection": {"all": True}})) == ["customerSelection"]


@pytest.mark.parametrize("name", documents.ALL)
def test_the_document_is_cheap_enough(name: str, schema: GraphQLSchema) -> None:
    """By Shopify's rule (an object 1 point, a list times its length, a mutation 10) it stays under 1,000 points."""
    assert 0 < _points(name, VARIABLES[name][0], schema) <= MOST_POINTS


@pytest.mark.parametrize("name", documents.ALL)
def test_the_scopes_cover_the_document(name: str) -> None:
    """A store that granted what the manifest asks for allows every operation."""
    shopify = manifest.load().shopify
    if name in TURNED_ON:
        assert TURNED_ON[name] <= set(shopify.optional_scopes)
    else:
        assert NEEDED[name] <= set(shopify.scopes)


def _operation(name: str) -> OperationDefinitionNode:
    (operation,) = (
        node for node in parse(documents.ALL[name]).definitions if isinstance(node, OperationDefinitionNode)
    )
    return operation


def _deprecated(type_: Any, value: Any) -> Iterator[str]:
    inner = get_named_type(type_)
    if isinstance(value, list):
        for item in value:
            yield from _deprecated(inner, item)
    elif isinstance(inner, GraphQLInputObjectType) and isinstance(value, dict):
        for name, given in value.items():
            if inner.fields[name].deprecation_reason:
                yield name
            yield from _deprecated(inner.fields[name].type, given)


def _points(name: str, variables: dict[str, Any], schema: GraphQLSchema) -> int:
    fragments = {
        node.name.value: node
        for node in parse(documents.ALL[name]).definitions
        if isinstance(node, FragmentDefinitionNode)
    }

    def fields(chosen: SelectionSetNode | None, type_: Any) -> int:
        return sum(selection(item, type_) for item in chosen.selections) if chosen else 0

    def selection(item: Any, type_: Any) -> int:
        if isinstance(item, FragmentSpreadNode):
            fragment = fragments[item.name.value]
            return fields(fragment.selection_set, schema.get_type(fragment.type_condition.name.value))
        if isinstance(item, InlineFragmentNode):
            return fields(item.selection_set, schema.get_type(item.type_condition.name.value))
        return field(item, type_)

    def field(item: FieldNode, type_: Any) -> int:
        if item.name.value == "__typename":
            return 0
        inner = get_named_type(type_.fields[item.name.value].type)
        return 0 if is_leaf_type(inner) else _length(item, variables) * (1 + fields(item.selection_set, inner))

    operation = _operation(name)
    mutation = operation.operation is OperationType.MUTATION
    root = schema.mutation_type if mutation else schema.query_type
    return MUTATION_POINTS * mutation + fields(operation.selection_set, root)


def _length(item: FieldNode, variables: dict[str, Any]) -> int:
    for argument in item.arguments or ():
        if argument.name.value == "first":
            value = argument.value
            return int(value.value) if isinstance(value, IntValueNode) else variables[value.name.value]
    return 1

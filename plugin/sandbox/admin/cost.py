"""What a call costs in points: what it may cost at most, before, and what it did cost, after.

Objects cost 1, scalars nothing, a connection 2 and its page's size times what one of its nodes costs; a mutation costs 10,
whatever it answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

MUTATION = 10
CONNECTION = 2
DEFAULT_PAGE = 10
WRAPPERS = frozenset({"edges", "pageInfo"})


def requested(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> int:
    """The most that the operation may cost."""
    if operation.operation is OperationType.MUTATION:
        return MUTATION * len(operation.selection_set.selections)
    return _Counting(schema, document, variables).selections(operation.selection_set, schema.query_type)


def actual(data: Mapping[str, Any] | None, *, mutation: bool) -> int:
    """What the answer did cost."""
    if data is None:
        return 0
    return MUTATION * len(data) if mutation else sum(_objects(value) for value in data.values())


class _Counting:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._schema = schema
        self._variables = variables
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }

    def selections(self, selected: SelectionSetNode, parent: GraphQLNamedType | None) -> int:
        total = 0
        for node in selected.selections:
            if isinstance(node, FieldNode):
                total += self._field(node, parent)
            elif isinstance(node, InlineFragmentNode):
                inside = self._schema.get_type(node.type_condition.name.value) if node.type_condition else parent
                total += self.selections(node.selection_set, inside)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                total += self.selections(
                    fragment.selection_set, self._schema.get_type(fragment.type_condition.name.value)
                )
        return total

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> int:
        if node.selection_set is None or not hasattr(parent, "fields"):
            return 0
        definition = parent.fields.get(node.name.value)  # type: ignore[union-attr]
        kind = get_named_type(definition.type) if definition else None
        inside = self.selections(node.selection_set, kind)
        if isinstance(kind, GraphQLObjectType) and "pageInfo" in kind.fields:
            return CONNECTION + self._page(node) * inside
        return inside + (node.name.value not in WRAPPERS)

    def _page(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value == "first":
                if isinstance(argument.value, IntValueNode):
                    return int(argument.value.value)
                if isinstance(argument.value, VariableNode):
                    return int(self._variables.get(argument.value.name.value) or DEFAULT_PAGE)
        return DEFAULT_PAGE


def _objects(value: Any) -> int:
    if isinstance(value, list):
        return sum(_objects(item) for item in value)
    if not isinstance(value, dict):
        return 0
    return (set(value) - {"cursor", "node"} != set()) + sum(
        _objects(item) for key, item in value.items() if key != "pageInfo"
    )

"""A bulk operation's query, executed page by page into the lines of its file.

Each node of a connection is a line of its own; those inside another name it under ``__parentId``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    execute_sync,
    get_named_type,
    parse,
    print_ast,
    validate,
    visit,
)

from plugin.sandbox.admin.call import Call

PAGE = 250
Opened = Callable[[], AbstractContextManager[Call]]
MOST_CONNECTIONS, DEEPEST = 5, 2


class Refused(Exception):
    """The query cannot be run in bulk; the message says why."""


def checked(schema: GraphQLSchema, text: str) -> DocumentNode:
    """The document. Raises Refused for what the real store would not run in bulk."""
    try:
        document = parse(text)
    except GraphQLError as error:
        raise Refused(f"Invalid bulk query: {error.message}") from error
    if errors := validate(schema, document):
        raise Refused(f"Invalid bulk query: {errors[0].message}")
    (operation, *others) = document.definitions
    if others or not isinstance(operation, OperationDefinitionNode) or operation.variable_definitions:
        raise Refused("Bulk queries are one operation without fragments and variables.")
    if len(operation.selection_set.selections) != 1:
        raise Refused("Bulk queries have one field at the top.")
    looked = _Looking(types := TypeInfo(schema))
    visit(document, TypeInfoVisitor(types, looked))
    if not looked.connections:
        raise Refused("Bulk queries must contain at least one connection.")
    if looked.connections > MOST_CONNECTIONS or looked.deepest > DEEPEST:
        raise Refused("Bulk queries cannot contain more than 5 connections, nor go deeper than 2 of them.")
    return document


def lines(schema: GraphQLSchema, root: Any, document: DocumentNode, opened: Opened) -> Iterator[dict[str, Any]]:
    """The file's lines, parents before their children; each page is read within a call that ``opened`` gives."""
    name, after = _top(document), None
    while True:
        page = parse(_paged(document, after))
        with opened() as call:
            result = execute_sync(schema, page, root_value=root, context_value=call)
        if result.errors or result.data is None:
            raise Refused(str(result.errors))
        connection = result.data[name]
        for edge in connection["edges"]:
            yield from _flat(edge["node"], None)
        after = connection["edges"][-1]["cursor"] if len(connection["edges"]) == PAGE else None
        if after is None:
            return


def _top(document: DocumentNode) -> str:
    (field,) = _fields(document.definitions[0])
    return field.alias.value if field.alias else field.name.value


def _flat(node: dict[str, Any], parent: str | None) -> Iterator[dict[str, Any]]:
    inside = {key: value for key, value in node.items() if isinstance(value, dict) and value.keys() == {"edges"}}
    own = {key: value for key, value in node.items() if key not in inside}
    yield own if parent is None else own | {"__parentId": parent}
    for connection in inside.values():
        for edge in connection["edges"]:
            yield from _flat(edge["node"], node["id"])


def _paged(document: DocumentNode, after: str | None) -> str:
    """The document as text, with the page's size in every connection, and in the top one its place and the cursors."""
    (top,) = _fields(document.definitions[0])
    place = "" if after is None else f", after: {json.dumps(after)}"
    return "{ " + _written(top, place, "cursor ") + " }"


def _written(node: FieldNode, place: str = "", cursor: str = "") -> str:
    if node.selection_set is None:
        return print_ast(node)
    given = [print_ast(argument) for argument in node.arguments or ()]
    connection = any(one.name.value == "edges" for one in _fields(node))
    given += [f"first: {PAGE}{place}"] if connection else []
    head = (
        (f"{node.alias.value}: " if node.alias else "") + node.name.value + (f"({', '.join(given)})" if given else "")
    )
    chosen = (
        _written(one, cursor=cursor if connection else "") if isinstance(one, FieldNode) else print_ast(one)
        for one in node.selection_set.selections
    )
    return f"{head} {{ {cursor if not connection else ''}{' '.join(chosen)} }}"


def _is_connection(types: TypeInfo) -> bool:
    kind = get_named_type(types.get_type()) if types.get_type() else None
    return isinstance(kind, GraphQLObjectType) and kind.name.endswith("Connection")


def _is_list(types: TypeInfo) -> bool:
    kind = types.get_type()
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)


class _Looking(Visitor):
    """Counts connections and how deep they go; finds those inside lists, and parents without an id."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self._types = types
        self._open: list[str] = []
        self.connections = self.deepest = 0

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        kind = "connection" if _is_connection(self._types) else ""
        if not kind and _is_list(self._types) and node.name.value not in {"edges", "nodes"}:
            kind = "list" if node.selection_set else ""
        if kind == "connection":
            if "list" in self._open:
                raise Refused(
                    "Queries that contain a connection field within a list field are not currently supported."
                )
            self.connections += 1
            self.deepest = max(self.deepest, 1 + self._open.count("connection"))
        self._open.append(kind)
        if node.name.value == "node" and self._nested(node) and not self._names(node, "id"):
            raise Refused(
                "The parent 'node' field for a nested connection must select the 'id' field without an alias."
            )

    def leave_field(self, *_: Any) -> None:
        self._open.pop()

    def _nested(self, node: FieldNode) -> bool:
        return any(self._names(one, "edges") for one in _fields(node))

    def _names(self, node: FieldNode, name: str) -> bool:
        return any(one.name.value == name and one.alias is None for one in _fields(node))


def _fields(node: Any) -> list[FieldNode]:
    chosen = node.selection_set.selections if node.selection_set else ()
    return [one for one in chosen if isinstance(one, FieldNode)]

"""The sandbox's schema is a true subset of the real one."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    is_required_argument,
    is_required_input_field,
    is_specified_scalar_type,
    parse,
    print_ast,
    validate,
)

from plugin.sandbox.admin import execution
from tests.sandbox import documents

REAL = Path(__file__).resolve().parents[2] / "../shared/schemas/shopify/admin_2026-10.graphql"


@pytest.fixture(scope="module")
def real() -> GraphQLSchema:
    if not REAL.exists():
        pytest.skip("the real schema is not beside this repository")
    return build_schema(REAL.read_text("utf-8"), assume_valid=True)


def named_types(schema: GraphQLSchema):
    return [
        kind
        for name, kind in schema.type_map.items()
        if not name.startswith("__") and not is_specified_scalar_type(kind)
    ]


def default_of(one):
    given = one.ast_node.default_value
    return given and print_ast(given)


def differences_of_arguments(where, mine, theirs):
    for name, argument in mine.items():
        if name not in theirs or str(theirs[name].type) != str(argument.type):
            yield f"{where}({name})"
        elif default_of(theirs[name]) != default_of(argument):
            yield f"{where}({name}) has another default"
    yield from (
        f"{where} lacks ({name})" for name, one in theirs.items() if is_required_argument(one) and name not in mine
    )


def differences_of_fields(mine, theirs):
    for name, field in mine.fields.items():
        where = f"{mine.name}.{name}"
        if name not in theirs.fields or str(theirs.fields[name].type) != str(field.type):
            yield where
        else:
            yield from differences_of_arguments(where, field.args, theirs.fields[name].args)
    yield from (
        f"{mine.name} is no {one}"
        for one in mine.interfaces
        if one.name not in {face.name for face in theirs.interfaces}
    )


def differences_of_input(mine, theirs):
    for name, field in mine.fields.items():
        if name not in theirs.fields or str(theirs.fields[name].type) != str(field.type):
            yield f"{mine.name}.{name}"
        elif default_of(theirs.fields[name]) != default_of(field):
            yield f"{mine.name}.{name} has another default"
    yield from (
        f"{mine.name} lacks {name}"
        for name, one in theirs.fields.items()
        if is_required_input_field(one) and name not in mine.fields
    )
    if mine.is_one_of != theirs.is_one_of:
        yield f"{mine.name} @oneOf"


def differences(mine, theirs):
    if type(mine) is not type(theirs):
        yield f"{mine.name} is another kind or unknown"
    elif isinstance(mine, GraphQLObjectType | GraphQLInterfaceType):
        yield from differences_of_fields(mine, theirs)
    elif isinstance(mine, GraphQLInputObjectType):
        yield from differences_of_input(mine, theirs)
    elif isinstance(mine, GraphQLEnumType):
        yield from (f"{mine.name}.{value}" for value in mine.values if value not in theirs.values)
    elif isinstance(mine, GraphQLUnionType):
        known = {kind.name for kind in theirs.types}
        yield from (f"{mine.name} | {kind}" for kind in mine.types if kind.name not in known)


def all_differences(schema: GraphQLSchema, real: GraphQLSchema) -> list[str]:
    return [what for kind in named_types(schema) for what in differences(kind, real.type_map.get(kind.name))]


def test_the_subset_is_true(real):
    """Every type, field, argument, default, nullability and value of the sandbox's schema is the real one's."""
    assert all_differences(execution.schema(), real) == []


@pytest.mark.parametrize(
    ("ours", "changed"),
    [
        ("name: String!", "name: String"),
        ("orders(\n    after: String", "orders(\n    after: Int"),
        ("reverse: Boolean = false", "reverse: Boolean = true"),
        ("order(id: ID!): Order", "order: Order"),
        ("  CANCEL\n", "  CANCEL\n  THROWN_AWAY\n"),
        ("input DiscountContextInput @oneOf", "input DiscountContextInput"),
        ("percentage: Float\n}", "percentage: Int\n}"),
        ("orderDiscounts: Boolean = false", "orderDiscounts: Boolean"),
        ("union DiscountContext = DiscountBuyerSelectionAll |", "union DiscountContext = DiscountAmount |"),
        ("interface DisplayableError", "interface Mishap"),
    ],
)
def test_a_deviation_is_seen(real, ours, changed):
    """The comparison notices each way in which a subset can be untrue."""
    sdl = execution.sdl()
    assert ours in sdl
    bent = sdl.replace(ours, changed).replace(
        "implements DisplayableError", "implements Mishap" if "Mishap" in changed else "implements DisplayableError"
    )
    assert all_differences(build_schema(bent, assume_valid=True), real)


@pytest.mark.parametrize("name", ["CREATE", "FIND", "DEACTIVATE", "ORDERS", "ORDER", "SHOP"])
def test_our_test_documents_are_valid_there_too(real, name):
    """What these tests ask the sandbox could be asked of the real store."""
    assert validate(real, parse(getattr(documents, name))) == []

"""The scopes of the manifest are what our operations need by Shopify's own list, and no more.

``offline_scopes_2026-10.json.gz`` holds, for each type and field of the Admin API that needs one, the scopes of which one
is enough: the list in npm's @shopify/dev-mcp 1.16.0 (ISC, Shopify Inc.), without its words.
"""

from __future__ import annotations

import gzip
import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    validate,
    visit,
)

from plugin import manifest
from plugin.platforms import shopify
from plugin.platforms.shopify import history_documents
from plugin.platforms.shopify.subscriptions import topic_name
from tests.platforms.shopify.scopes import NEEDED

LOADED = manifest.load().shopify
FILE = Path(__file__).with_name("offline_scopes_2026-10.json.gz")
#: where the list is silent and the documentation is not
SILENT = {"Mutation.tagsAdd": "write_customers", "Mutation.tagsRemove": "write_customers"}


def _documents() -> dict[str, str]:
    """Every GraphQL document in the package, wherever it stands, by its operation's name."""
    found = {}
    for module in pkgutil.iter_modules(shopify.__path__, f"{shopify.__name__}."):
        for constant, value in vars(importlib.import_module(module.name)).items():
            if (
                isinstance(value, str)
                and not constant.startswith("_")
                and value.lstrip().startswith(("query ", "mutation ", "{"))
            ):
                (operation,) = [one for one in parse(value).definitions if isinstance(one, OperationDefinitionNode)]
                found[operation.name.value if operation.name else constant] = value
    return found


#: the query inside a bulk operation travels as text
DOCUMENTS = {**_documents(), "History": history_documents.history("")}


@pytest.fixture(scope="module")
def listed() -> dict[str, frozenset[str]]:
    """A type or a field → the scopes of which one is enough."""
    by_scopes = json.loads(gzip.decompress(FILE.read_bytes()))
    known = {place: frozenset(scopes.split(" or ")) for scopes, places in by_scopes.items() for place in places}
    return known | {place: frozenset({scope}) for place, scope in SILENT.items()}


def _needs(document: str, schema: GraphQLSchema, listed: dict[str, frozenset[str]]) -> Iterator[frozenset[str]]:
    info, places = TypeInfo(schema), set()

    class Reader(Visitor):
        def enter_field(self, node: FieldNode, *_rest: object) -> None:
            parent, given = info.get_parent_type(), info.get_type()
            if parent is not None:
                places.add(f"{parent.name}.{node.name.value}")
            if given is not None:
                places.add(get_named_type(given).name)

    visit(parse(document), TypeInfoVisitor(info, Reader()))
    yield from (listed[place] for place in places if place in listed)


def _covered(needed: frozenset[str], granted: frozenset[str]) -> bool:
    """To write includes to read."""
    return bool(needed & granted) or any(scope.replace("read_", "write_") in granted for scope in needed)


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_document_is_valid(name: str, schema: GraphQLSchema) -> None:
    """Shopify's schema finds nothing wrong with any document, wherever it stands."""
    assert validate(schema, parse(DOCUMENTS[name])) == []


def test_every_topic_is_one_that_shopify_knows(schema: GraphQLSchema) -> None:
    """The manifest's spelling leads to GraphQL's."""
    known = schema.type_map["WebhookSubscriptionTopic"]
    assert isinstance(known, GraphQLEnumType)
    assert {topic_name(hook.topic) for hook in LOADED.webhooks} <= known.values.keys()


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_what_a_document_needs_is_asked_for(
    name: str, schema: GraphQLSchema, listed: dict[str, frozenset[str]]
) -> None:
    """By the list of Shopify, with the scopes of the manifest; those that a merchant may refuse are told apart."""
    asked = frozenset({*LOADED.scopes, *LOADED.optional_scopes})

    assert [sorted(needed) for needed in _needs(DOCUMENTS[name], schema, listed) if not _covered(needed, asked)] == []


def test_no_scope_is_asked_for_without_need(schema: GraphQLSchema, listed: dict[str, frozenset[str]]) -> None:
    """Without any one of the required scopes some document or topic would be refused."""
    needs = {needed for document in DOCUMENTS.values() for needed in _needs(document, schema, listed)}
    needs |= {frozenset({scope}) for scopes in NEEDED.values() for scope in scopes}
    for scope in LOADED.scopes:
        left = frozenset(LOADED.scopes) - {scope}
        assert not all(_covered(needed, left) for needed in needs), scope

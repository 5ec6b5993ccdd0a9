"""The mutations by which an app writes on customers and starts automations."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLResolveInfo

from plugin.sandbox import customers, fields
from plugin.sandbox.admin.call import Call, number_of
from plugin.sandbox.admin.pages import Shape

#: one call writes no more
MOST_FIELDS = 25
LARGEST_PAYLOAD = 50_000
NOBODY = "Owner does not exist."


def metafields_set(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``metafieldsSet``: all of them or none."""
    call = info.context
    call.require("write_customers", "metafieldsSet")
    given = arguments["metafields"]
    if len(given) > MOST_FIELDS:
        return _wrong("LESS_THAN_OR_EQUAL_TO", f"Exceeded the maximum metafields input limit of {MOST_FIELDS}.")
    owners = {number_of("Customer", one["ownerId"]) for one in given}
    if any(customers.body(call.connection, owner, call.shop) is None for owner in owners):
        return _wrong("INVALID", NOBODY)
    if any(not one["value"] for one in given):
        return _wrong("INVALID", "Value can't be blank.")
    for one in given:
        owner = number_of("Customer", one["ownerId"])
        fields.put(call.connection, owner, namespace=one["namespace"], key=one["key"], value=one["value"])
    return {"userErrors": []}


def metafields_delete(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``metafieldsDelete``: one that is not there is null in the answer."""
    call = info.context
    call.require("write_customers", "metafieldsDelete")
    told = [
        one
        if fields.drop(
            call.connection, number_of("Customer", one["ownerId"]), namespace=one["namespace"], key=one["key"]
        )
        else None
        for one in arguments["metafields"]
    ]
    return {"deletedMetafields": told, "userErrors": []}


def metafield_definition_create(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``metafieldDefinitionCreate``: for customers."""
    call = info.context
    call.require("write_customers", "metafieldDefinitionCreate")
    field = arguments["definition"]
    if fields.define(call.connection, field["namespace"], field["key"]):
        return {"userErrors": []}
    return _wrong("TAKEN", "Key is in use for Customer metafields on the namespace.")


def tags_add(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``tagsAdd`` on a customer."""
    return _tags(info.context, "tagsAdd", arguments, customers.add_tags)


def tags_remove(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``tagsRemove`` from a customer."""
    return _tags(info.context, "tagsRemove", arguments, customers.remove_tags)


def flow_trigger_receive(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``flowTriggerReceive``: every call starts the automations again."""
    call = info.context
    call.require("read_customers", "flowTriggerReceive")
    if len(str(arguments["payload"])) > LARGEST_PAYLOAD:
        return {"userErrors": [{"field": ["payload"], "message": "Payload is too large."}]}
    fields.start(call.connection, arguments["handle"], arguments["payload"], at=call.now)
    return {"userErrors": []}


def _tags(call: Call, name: str, arguments: Any, change: Any) -> Shape:
    call.require("write_customers", name)
    number = number_of("Customer", arguments["id"])
    if customers.body(call.connection, number, call.shop) is None:
        return {"node": None, "userErrors": [{"field": ["id"], "message": NOBODY}]}
    change(call.connection, number, arguments["tags"])
    return {"node": None, "userErrors": []}


def _wrong(code: str, message: str) -> Shape:
    return {"userErrors": [{"field": None, "code": code, "message": message}]}

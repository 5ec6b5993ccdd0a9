"""What is written on a customer in a Shopify store, automations started, and the store's own groups read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from plugin.platforms import shape
from plugin.platforms.in_store import NAMESPACE, CustomerMark
from plugin.platforms.protocol import InDoubt, Rejected
from plugin.platforms.shopify.admin import AdminClient, Answer
from plugin.platforms.shopify.ids import number_of, to_gid
from plugin.platforms.shopify.store_documents import CUSTOMER_GROUPS, DEFINE_FIELD, MARK_CUSTOMER, START_FLOW

#: our fields and what a merchant sees them called
FIELDS = {
    "group": "Regulars: group",
    "tier": "Regulars: tier",
    "next_step": "Regulars: next step",
    "early_access": "Regulars: early access",
}
#: a field that exists is as good as one made now
THERE_ALREADY = frozenset({"TAKEN", "UNSTRUCTURED_ALREADY_EXISTS"})
LONGEST_REASON = 300


def mark_customer(client: AdminClient, mark: CustomerMark) -> None:
    """Writes and takes away in one question. Raises Rejected for a customer who is gone, or another PlatformError."""
    owner = to_gid("Customer", mark.customer_id)
    asked = {"metafieldsSet": mark.put, "metafieldsDelete": mark.drop, "tagsAdd": mark.add_tags}
    asked |= {"tagsRemove": mark.remove_tags}
    variables = {
        "id": owner,
        "put": [_field(owner, key, value) for key, value in sorted(mark.put.items())],
        "drop": [{"ownerId": owner, "namespace": NAMESPACE, "key": key} for key in mark.drop],
        "add": list(mark.add_tags),
        "remove": list(mark.remove_tags),
        "puts": bool(mark.put),
        "drops": bool(mark.drop),
        "adds": bool(mark.add_tags),
        "removes": bool(mark.remove_tags),
    }
    answer = client.run(MARK_CUSTOMER, variables)
    for name, wanted in asked.items():
        if wanted:
            _check(answer, name)


def define_fields(client: AdminClient) -> None:
    """Makes our fields known, so that segments and filters offer them. Raises PlatformError."""
    for key, name in FIELDS.items():
        field = {
            "name": name,
            "namespace": NAMESPACE,
            "key": key,
            "ownerType": "CUSTOMER",
            "type": _type(key),
            "capabilities": {"adminFilterable": {"enabled": True}},
        }
        _check(client.run(DEFINE_FIELD, {"field": field}), "metafieldDefinitionCreate", besides=THERE_ALREADY)


def start_flow(client: AdminClient, handle: str, payload: Mapping[str, Any]) -> None:
    """Starts the automations that wait for this trigger. Raises PlatformError; in doubt, they may have started."""
    _check(client.run(START_FLOW, {"handle": handle, "payload": dict(payload)}), "flowTriggerReceive")


def customer_groups(client: AdminClient, customer_ids: Collection[str]) -> dict[str, str | None]:
    """Shopify's own group of each of these customers, in lower case; None where it has none. Raises PlatformError."""
    ids = [to_gid("Customer", one) for one in customer_ids]
    nodes = client.run(CUSTOMER_GROUPS, {"ids": ids}).whole("nodes")
    if not isinstance(nodes, list) or len(nodes) != len(ids):
        raise InDoubt("the answer does not speak of every customer")
    found = [shape.mapping(node, "customer") for node in nodes if node is not None]
    return {number_of(shape.text(one.get("id"), "customer's id")): _group(one.get("statistics")) for one in found}


def _field(owner: str, key: str, value: str) -> dict[str, str]:
    return {"ownerId": owner, "namespace": NAMESPACE, "key": key, "type": _type(key), "value": value}


def _type(key: str) -> str:
    return "boolean" if key == "early_access" else "single_line_text_field"


def _group(statistics: Any) -> str | None:
    value = shape.mapping(statistics, "statistics").get("rfmGroup") if statistics is not None else None
    return None if value is None else shape.text(value, "group").lower()


def _check(answer: Answer, name: str, *, besides: Collection[str] = ()) -> None:
    errors = shape.items(shape.mapping(answer.root(name), "payload").get("userErrors"), "list of errors")
    left = [error for error in errors if error.get("code") not in besides]
    if any(error.get("code") == "INTERNAL_ERROR" for error in left):
        raise InDoubt("the store failed inside (INTERNAL_ERROR)")
    if left:
        code = left[0].get("code")
        raise Rejected(
            str(left[0].get("message", ""))[:LONGEST_REASON], code=code if isinstance(code, str) else "UNKNOWN"
        )

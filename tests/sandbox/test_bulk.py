"""Bulk operations: run beside, asked about, downloaded."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import requests

from plugin.sandbox.bulk import Outcome
from tests.sandbox.conftest import CUSTOMER, OTHER

RUN = """
mutation Run($query: String!) { bulkOperationRunQuery(query: $query) {
  bulkOperation { id status } userErrors { code field message } } }
"""
SEEN = "id status errorCode url partialDataUrl objectCount rootObjectCount fileSize completedAt query"
LOOK = f"query Look($id: ID!) {{ bulkOperation(id: $id) {{ {SEEN} }} }}"
FIND = f"query Find {{ bulkOperations(first: 5, reverse: true) {{ nodes {{ {SEEN} }} }} }}"
CANCEL = "mutation Cancel($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { id status } } }"
ORDERS = """
{ orders { edges { node { id updatedAt refunds { id }
  lineItems { edges { node { __typename id quantity } } }
  shippingLines { edges { node { __typename isRemoved } } } } } } }
"""


def _run(client, query=ORDERS):
    answer = client.ask(RUN, query=query)["bulkOperationRunQuery"]
    return answer["bulkOperation"] and answer["bulkOperation"]["id"], answer["userErrors"]


def _look(client, number):
    return client.ask(LOOK, id=number)["bulkOperation"]


def _lines(url, **headers):
    answer = requests.get(url, headers=headers, timeout=10)
    answer.raise_for_status()
    return [json.loads(line) for line in answer.text.splitlines()]


@pytest.fixture
def bought(store):
    """Three orders, one with shipping."""
    return [
        store.checkout(customer_id=CUSTOMER, total="20.00").order_id,
        store.checkout(customer_id=OTHER, total="30.00", shipping="5.00").order_id,
        store.checkout(customer_id=None, total="9.00").order_id,
    ]


def test_a_query_becomes_a_file(store, client, bought):
    """Every node of a connection is a line; those inside another name their parent, lists stay where they are."""
    number, errors = _run(client)
    seen = _look(client, number)

    assert errors == []
    assert (seen["status"], seen["rootObjectCount"], seen["objectCount"]) == ("COMPLETED", "3", "7")
    found = _lines(seen["url"])
    roots = [line for line in found if "__parentId" not in line]
    assert [line["id"] for line in roots] == [f"gid://shopify/Order/{one}" for one in bought]
    assert all(line["refunds"] == [] and "lineItems" not in line for line in roots)
    children = [(line["__typename"], line["__parentId"]) for line in found if "__parentId" in line]
    assert sorted(children) == sorted([("LineItem", line["id"]) for line in roots] + [("ShippingLine", roots[1]["id"])])


def test_children_come_anywhere(store, client, bought):
    """The lines can be ordered to lie in any order."""
    store.bulk.order(Outcome(shuffled=True))
    number, _ = _run(client)
    plain, _ = _run(client)

    shuffled, told = (_lines(_look(client, one)["url"]) for one in (number, plain))
    assert shuffled != told
    assert sorted(map(json.dumps, shuffled)) == sorted(map(json.dumps, told))


def test_many_pages_are_one_file(store, client):
    """More orders than a page holds are all there, once."""
    for _ in range(260):
        store.checkout(customer_id=CUSTOMER, total="1.00")
    number, _ = _run(client, "{ orders { edges { node { id } } } }")

    found = [line["id"] for line in _lines(_look(client, number)["url"])]
    assert len(found) == len(set(found)) == 260


def test_a_store_without_orders_has_no_file(client):
    """The operation is completed, and there is nothing to download."""
    number, _ = _run(client)
    seen = _look(client, number)

    assert (seen["status"], seen["url"], seen["objectCount"]) == ("COMPLETED", None, "0")


def test_a_slow_one_is_asked_about_more_than_once(store, client, bought):
    """It runs until it was asked about often enough, and says so by webhook when it has ended."""
    store.subscribe({"bulk_operations/finish": "/hooks"})
    store.bulk.order(Outcome(polls=2))
    number, _ = _run(client)

    assert [_look(client, number)["status"] for _ in range(3)] == ["RUNNING", "RUNNING", "COMPLETED"]
    with store.transaction() as connection:
        (body,) = [json.loads(row["body"]) for row in connection.execute("SELECT body FROM deliveries")]
    assert (body["admin_graphql_api_id"], body["status"], body["error_code"]) == (number, "completed", None)


@pytest.mark.parametrize(
    ("outcome", "partial"),
    [
        (Outcome(status="FAILED", error_code="TIMEOUT"), False),
        (Outcome(status="FAILED", error_code="INTERNAL_SERVER_ERROR", share=0.5), True),
        (Outcome(status="CANCELED"), False),
        (Outcome(status="EXPIRED"), False),
    ],
)
def test_it_can_end_otherwise(store, client, bought, outcome, partial):
    """Failed, perhaps with a part of the file; cancelled; expired."""
    store.bulk.order(outcome)
    seen = _look(client, _run(client)[0])

    assert (seen["status"], seen["errorCode"], seen["url"]) == (outcome.status, outcome.error_code, None)
    assert (seen["partialDataUrl"] is not None) == partial
    if partial:
        assert len(_lines(seen["partialDataUrl"])) == 3


def test_the_address_lives_a_week(store, client, clock, bought):
    """Then it is refused, and so is a token that somebody sends along."""
    url = _look(client, _run(client)[0])["url"]

    assert requests.get(url, headers={"X-Shopify-Access-Token": "x"}, timeout=10).status_code == 400
    assert requests.get(url, timeout=10).status_code == 200
    clock.at += timedelta(days=7, seconds=1)
    assert requests.get(url, timeout=10).status_code == 400
    assert requests.get(f"{client.url}/bulk/unknown.jsonl", timeout=10).status_code == 400


def test_a_download_can_break_off_and_go_on(store, client, bought):
    """So many bytes and no more at a time; the rest by Range."""
    store.bulk.order(Outcome(breaks_after=300))
    url = _look(client, _run(client)[0])["url"]
    whole = b""
    for _ in range(20):
        with requests.get(url, headers={"Range": f"bytes={len(whole)}-"}, stream=True, timeout=10) as answer:
            try:
                for piece in answer.iter_content(64):
                    whole += piece
            except requests.RequestException:
                continue
            break

    assert len([json.loads(line) for line in whole.splitlines()]) == 7


def test_five_at_once_and_no_more(store, client, bought):
    """The sixth query is refused while five are running; one that is cancelled makes room."""
    store.bulk.order(*[Outcome(polls=9)] * 5)
    numbers = [_run(client)[0] for _ in range(5)]

    assert _run(client) == (None, [{"code": "LIMIT_REACHED", "field": ["query"], "message": _message(client)}])
    assert client.ask(CANCEL, id=numbers[0])["bulkOperationCancel"]["bulkOperation"]["status"] == "CANCELED"
    assert _run(client)[0] is not None
    assert [one["id"] for one in client.ask(FIND)["bulkOperations"]["nodes"]][-1] == numbers[1]


def _message(client):
    return _run(client)[1][0]["message"]


@pytest.mark.parametrize(
    "query",
    [
        "{ orders { edges { node { id refunds { transactions(first: 1) { nodes { id } } } } } } }",
        "{ orders { edges { node { name lineItems { edges { node { id } } } } } } }",
        "{ orders { edges { node { id } } } shop { id } }",
        "{ shop { id } }",
        "{ orders { edges { node { nothing } } } }",
        "query Q($x: String) { orders(query: $x) { edges { node { id } } } }",
        "not GraphQL",
    ],
)
def test_what_the_real_store_does_not_run_in_bulk_is_refused(client, query):
    """A connection in a list, a parent without its id, two fields at the top, no connection, a variable, nonsense."""
    number, errors = _run(client, query)

    assert number is None
    assert [error["code"] for error in errors] == ["INVALID"]


def test_only_sixty_days_without_the_scope(store, client, clock, bought):
    """read_all_orders opens the orders before."""
    clock.forward(days=61)
    assert _look(client, _run(client)[0])["objectCount"] == "0"
    store.scopes = (*store.scopes, "read_all_orders")
    assert _look(client, _run(client)[0])["rootObjectCount"] == "3"

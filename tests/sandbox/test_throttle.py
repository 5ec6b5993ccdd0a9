"""Points: asked for, spent, given back, and run out of."""

from __future__ import annotations

from plugin.sandbox.throttle import Plan
from tests.sandbox.conftest import CUSTOMER
from tests.sandbox.documents import CREATE, ORDERS, SHOP, discount


def test_an_answer_tells_what_it_cost(client):
    """Requested points are reserved, spent ones stay gone, and the bucket's state is told."""
    cost = client.post(ORDERS, first=10).json()["extensions"]["cost"]
    assert cost["requestedQueryCost"] > 100
    assert cost["actualQueryCost"] <= 2
    status = cost["throttleStatus"]
    assert (status["maximumAvailable"], status["restoreRate"]) == (2000.0, 100.0)
    assert status["currentlyAvailable"] == 2000 - cost["actualQueryCost"]


def test_a_mutation_costs_ten(client):
    """Creating a discount costs ten points, whatever is asked of the answer."""
    cost = client.post(CREATE, input=discount(CUSTOMER)).json()["extensions"]["cost"]
    assert cost["actualQueryCost"] == cost["requestedQueryCost"] == 10


def test_an_empty_bucket_throttles_and_time_fills_it(make_store, clock, start_client):
    """Throttled calls are HTTP 200 with THROTTLED and without data; after the wait that follows from the answer they pass."""
    client = start_client(make_store(plan=Plan(10.0, 2.0)))
    for _ in range(3):
        assert "data" in client.post(SHOP).json()
    answer = client.post(SHOP)
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "data" not in answer.json()
    cost = answer.json()["extensions"]["cost"]
    assert cost["actualQueryCost"] is None
    status = cost["throttleStatus"]
    clock.forward(seconds=(cost["requestedQueryCost"] - status["currentlyAvailable"]) / status["restoreRate"])
    assert "data" in client.post(SHOP).json()


def test_too_dear_a_query_is_refused(client):
    """A query that could cost over 1000 points is not run."""
    answer = client.post(ORDERS, first=250).json()
    assert answer["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"

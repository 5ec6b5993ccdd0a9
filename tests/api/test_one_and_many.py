"""Customers, offers and versions for programs: pages that lead to each other, one by its id, acts and who may do them."""

from __future__ import annotations

from typing import Any

import pytest

from storage import customers, offers, outbox, programs
from storage.offers import Offer
from tests.pages.world import NOW, Visit, World, connect


def made(world: World, state: str, *, code: bool = True) -> Offer:
    """An offer in this state."""
    with world.runtime.database.reading() as db:
        found = offers.every(db, world.shop.shop_id)
        return next(one for one in found if one.state == state and bool(one.code) == code)


def everything(visit: Visit, path: str, name: str) -> list[dict[str, Any]]:
    """All items of a list, page after page."""
    found, query = [], ""
    while True:
        page = visit.api("GET", f"{path}?{query}").json
        found += page[name]
        if page["after"] is None:
            return found
        query = f"after={page['after']}"


@pytest.mark.parametrize(
    ("path", "name", "key"), [("/customers", "customers", "customer_id"), ("/offers", "offers", "offer_id")]
)
def test_pages_lead_through_everything(world: World, visit: Visit, path: str, name: str, key: str) -> None:
    """Each is told once, and ``before`` of the second page is the first one."""
    found = [one[key] for one in everything(visit, path, name)]
    first = visit.api("GET", path).json
    second = visit.api("GET", f"{path}?after={first['after']}").json

    assert len(found) == len(set(found)) == first["count"]
    assert first["before"] is None
    assert visit.api("GET", f"{path}?before={second['before']}").json[name] == first[name]


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WzEsMV0", "bnVsbA", "WzEsOTk5OTk5OTk5OTk5OTk5OTk5OTk5LCJhIl0", "%00", "é"]
)
def test_a_cursor_that_is_none_begins_at_the_beginning(visit: Visit, cursor: str) -> None:
    """Whatever somebody made of it; so does one of another list."""
    first = visit.api("GET", "/customers").json
    other = visit.api("GET", "/offers").json["after"]

    assert visit.api("GET", f"/customers?after={cursor}").json == first
    assert visit.api("GET", f"/customers?after={other}").json["customers"] == first["customers"]
    assert visit.api("GET", f"/offers?before={cursor}").status_code == 200


def test_one_customer_with_offers_and_the_last_decision(world: World, visit: Visit) -> None:
    """The same customer as in the list, and everything that the page says about them."""
    offer = made(world, "issued")
    told = visit.api("GET", f"/customers/{offer.customer_id}").json
    listed = visit.api("GET", f"/customers?q={offer.customer_id}").json["customers"]
    one = visit.api("GET", f"/offers/{offer.offer_id}").json

    assert [told | listed[0]] == [told]
    assert one in told["offers"]
    assert one["code"] == offer.code
    assert told["decision"]["reasons"]


def test_versions_of_the_rules_say_what_they_changed(world: World, visit: Visit) -> None:
    """The newest first."""
    told = visit.api("GET", "/program/history").json
    with world.runtime.database.reading() as db:
        kept = programs.history(db, world.shop.shop_id)

    assert [one["version"] for one in told["versions"]] == [one.version for one in kept]
    assert "Send win-back offers: off → on" in told["versions"][0]["changes"]
    assert told["versions"][-1]["changes"] == []


def test_an_open_offer_is_cancelled_and_its_code_called_back(world: World, visit: Visit) -> None:
    """The store is asked to switch the code off; asking again finds it no longer open, or being cancelled."""
    offer = made(world, "issued")
    with world.runtime.database.reading() as db:
        before = outbox.waiting(db)
    first = visit.api("POST", f"/offers/{offer.offer_id}/cancel", {})
    with world.runtime.database.reading() as db:
        calls = outbox.waiting(db) - before
        unwanted = offers.get(db, world.shop.shop_id, offer.offer_id)
    used = visit.api("POST", f"/offers/{made(world, 'redeemed').offer_id}/cancel", {})

    assert (first.status_code, first.json) == (200, {"offer_id": offer.offer_id})
    assert calls == 1
    assert unwanted is not None
    assert unwanted.unwanted
    assert (used.status_code, used.json["error"]["code"]) == (409, "not_open")


def test_what_belongs_to_another_shop_is_not_there(world: World, visit: Visit) -> None:
    """404 for its customers and offers, to read and to change, as for ids that nobody has."""
    offer = made(world, "issued")
    with world.runtime.database.transaction() as db:
        connect(db, "other.myshopify.com", NOW)
    theirs = {"Authorization": f"Bearer {world.id_token(shop='other.myshopify.com')}"}
    answers = [
        visit.client.open(f"/api/v1{path}", method=method, json=body, headers=theirs)
        for method, path, body in (
            ("GET", f"/customers/{offer.customer_id}", None),
            ("POST", f"/customers/{offer.customer_id}/left-out", {"left_out": True}),
            ("GET", f"/offers/{offer.offer_id}", None),
            ("POST", f"/offers/{offer.offer_id}/cancel", {}),
            ("GET", "/customers/nobody", None),
        )
    ]
    with world.runtime.database.reading() as db:
        assert customers.left_out(db, world.shop.shop_id, [offer.customer_id]) == set()

    assert [answer.status_code for answer in answers] == [404] * 5
    assert visit.client.get("/api/v1/customers", headers=theirs).json["count"] == 0


def test_who_may_only_look_changes_nothing(world: World) -> None:
    """Every address that changes something answers 403 with a sentence; all others answer."""
    client = world.app().test_client()
    session = client.get(world.launch(read_only=True)).text.split('data-session="')[1].split('"')[0]
    bearer = {"Authorization": f"Bearer {session}"}
    offer = made(world, "issued")
    before = client.get("/api/v1/program", headers=bearer).json
    changing = [
        client.open(f"/api/v1{path}", method=method, json=body, headers=bearer)
        for method, path, body in (
            ("PUT", "/program", {"program": before["program"], "base_version": before["version"]}),
            ("POST", "/program/undo", {"base_version": before["version"]}),
            ("POST", f"/customers/{offer.customer_id}/left-out", {"left_out": True}),
            ("POST", f"/offers/{offer.offer_id}/cancel", {}),
        )
    ]

    assert {(one.status_code, one.json["error"]["code"]) for one in changing} == {(403, "read_only")}
    assert changing[0].json["error"]["text"] == "You can look but not change. Ask the store owner."
    assert client.get("/api/v1/program", headers=bearer).json == before
    check = client.post("/api/v1/program/check", json={"program": before["program"]}, headers=bearer)
    assert check.status_code == 200


def test_a_part_of_the_rules_that_says_nothing_is_as_usual(visit: Visit) -> None:
    """An empty object where every value has a usual one is no fault, and breaks nothing."""
    program = visit.api("GET", "/program").json["program"] | {"surprise": {}}

    assert visit.api("POST", "/program/check", {"program": program}).json["errors"] == {}

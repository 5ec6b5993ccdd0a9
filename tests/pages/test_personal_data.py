"""What a customer may ask of a shop is done from the pages: to be told, and not to be measured."""

from __future__ import annotations

import json

from plugin.usecases import disclose
from storage import disclosure, orders, snapshots
from tests.pages.world import Visit, World


def test_a_request_is_seen_answered_and_over(world: World, visit: Visit) -> None:
    """It is among what needs attention until the file with all that is kept was fetched; nobody else's rows are in it."""
    shop_id, now = world.shop.shop_id, world.runtime.now()
    with world.runtime.database.transaction() as db:
        who = min(snapshots.ids(db, shop_id))
        disclose.asked(db, shop_id, request_id="5", customer_id=who, order_ids=(), now=now)
    assert "asks what is kept about them" in visit.fragment("/app/overview").text
    assert "asks what is kept about them" in visit.fragment(f"/app/customers/{who}").text

    answer = visit.api("POST", f"/customers/{who}/kept.json", {})
    told = json.loads(answer.text)

    assert answer.headers["Content-Disposition"] == 'attachment; filename="kept.json"'
    assert {row["customer_id"] for row in told["kept"]["orders"]} == {who}
    assert not any("shop_id" in row for rows in told["kept"].values() for row in rows)
    with world.runtime.database.reading() as db:
        assert not disclosure.waiting(db, shop_id, disclose.DATA_REQUEST)
    assert "asks what is kept about them" not in visit.fragment("/app/overview").text


def test_of_a_stranger_nothing_is_told(visit: Visit) -> None:
    """Of one who never bought there is no file."""
    assert visit.api("POST", "/customers/404404/kept.json", {}).status_code == 404
    assert visit.api("POST", "/customers/404404/unscored", {"unscored": True}).status_code == 404


def test_measuring_is_stopped_on_the_page(world: World, visit: Visit) -> None:
    """Once the merchant says that the customer wishes it, nothing measured is left, and the orders are."""
    shop_id = world.shop.shop_id
    with world.runtime.database.reading() as db:
        who = max(snapshots.ids(db, shop_id))
    assert f"/api/v1/customers/{who}/unscored" in visit.fragment(f"/app/customers/{who}").text
    assert visit.api("POST", f"/customers/{who}/unscored", {"unscored": True}).status_code == 200

    assert visit.fragment(f"/app/customers/{who}").status_code == 404
    with world.runtime.database.reading() as db:
        assert orders.latest(db, shop_id, [who])

"""A flood of strangers is answered shortly; merchants, shoppers and stores do not notice it."""

from __future__ import annotations

from dataclasses import replace

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from plugin.app import SHOP_AT_ONCE
from plugin.strangers import MOST_AT_ONCE
from tests.pages.world import Visit, World

THERE = {"REMOTE_ADDR": "8.8.8.8"}
#: more come while the first ones are answered
ENOUGH = 2 * MOST_AT_ONCE


def flooded(client: FlaskClient, **asking: object) -> int:
    """How many were answered before the first that was told to come later; so many as were asked where none was."""
    for turn in range(ENOUGH):
        if client.get("/livez", **asking).status_code == 429:
            return turn
    return ENOUGH


def refused(visit: Visit, path: str, headers: dict[str, str]) -> TestResponse:
    """The answer once the shop has asked for too much; on a slow machine it may ask again in the meantime."""
    for _ in range(SHOP_AT_ONCE):
        while visit.client.get("/api/v1/program", headers=headers).status_code == 200:
            pass
        answer = visit.client.get(path, headers=headers)
        if answer.status_code == 429:
            return answer
    raise AssertionError(path)


def test_a_flood_of_strangers_is_told_to_come_later(world: World) -> None:
    """Whatever they ask for is 429 after a while, hardened like every answer, and counted; who proves themselves is served."""
    visit = Visit(world)
    assert MOST_AT_ONCE <= flooded(visit.client, environ_base=THERE) < ENOUGH
    answer = visit.client.get("/app/overview", environ_base=THERE)
    assert (answer.status_code, answer.headers["X-Content-Type-Options"]) == (429, "nosniff")
    assert int(answer.headers["Retry-After"]) > 0
    assert 'status="429"' in visit.client.get("/metrics").text

    for _ in range(3):
        assert visit.client.get("/api/v1/program", headers=visit.headers(), environ_base=THERE).status_code == 200
        assert visit.client.post("/webhooks/shopify/orders/create", environ_base=THERE).status_code != 429


def test_a_shop_that_asks_for_too_much_is_told_when_to_go_on(world: World) -> None:
    """However many tokens it has, pages and calls are 429 with Retry-After then; deliveries and other shops are not."""
    visit = Visit(world)
    proof, asked = visit.headers(), 0
    while visit.client.get("/api/v1/program", headers=proof).status_code == 200:
        asked += 1
        assert asked < 3 * SHOP_AT_ONCE
    assert asked >= SHOP_AT_ONCE
    call = refused(visit, "/api/v1/program", proof)
    page = refused(visit, "/app/rules", visit.headers() | {"X-Fragment": "1"})
    for answer in (call, page):
        assert (answer.status_code, int(answer.headers["Retry-After"])) == (429, 1)
    assert call.json["error"]["code"] == "too_many_requests"
    assert "Try again in a minute" in page.text

    other = {"Authorization": f"Bearer {world.id_token(shop='other.myshopify.com')}"}
    assert visit.client.get("/api/v1/program", headers=other).status_code == 200


def test_a_merchant_takes_nothing_of_what_strangers_have(world: World) -> None:
    """However much they ask for."""
    visit = Visit(world)
    proof = visit.headers()
    for _ in range(ENOUGH):
        assert visit.client.get("/api/v1/program", headers=proof, environ_base=THERE).status_code == 200


def test_behind_a_proxy_each_address_is_told_by_itself(world: World) -> None:
    """With the setting, strangers are known by what the proxy heard; without it nobody behind it is limited."""
    for proxies in (0, 1):
        world.runtime = replace(world.runtime, config=replace(world.runtime.config, proxies=proxies))
        client = world.app().test_client()
        asked = flooded(client, headers={"X-Forwarded-For": "1.2.3.4, 8.8.8.8"})
        assert (asked < ENOUGH) == bool(proxies)
        assert client.get("/livez", headers={"X-Forwarded-For": "8.8.8.9"}).status_code == 200


def test_made_up_methods_are_counted_as_one(world: World) -> None:
    """Whatever stands in the place of a method, the metrics do not grow by it."""
    client = world.app().test_client()
    for method in ("BREW", "Q" * 500, "get"):
        client.open("/livez", method=method)
    told = client.get("/metrics").text
    assert 'method="other"' in told
    assert "BREW" not in told
    assert "QQQ" not in told

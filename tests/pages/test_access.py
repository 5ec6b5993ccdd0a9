"""Who may see a shop's pages, how they prove it, and who may frame them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from plugin.pages.launch import SESSION_ENDS_AFTER
from storage import shops
from tests.pages.world import CLIENT_SECRET, DOMAIN, NOW, Visit, World

RULES = "/app/rules"
NOBODY = "frame-ancestors 'none'"


def session_of(html: str) -> str:
    """The session that a document hands to its script."""
    return str(BeautifulSoup(html, "html.parser").html["data-session"])


def test_a_launch_link_opens_the_page_with_its_data_once(world: World) -> None:
    """The second visitor with the same link gets an empty page without a session."""
    client, link = world.app().test_client(), world.launch(path=RULES)
    first, second = client.get(link), client.get(link)

    assert ("Loyalty tiers" in first.text, 'data-session="' in first.text) == (True, True)
    assert ("Loyalty tiers" in second.text, 'data-session="' in second.text) == (False, False)


def test_a_launch_link_lives_a_minute(world: World) -> None:
    """After 60 seconds it opens nothing."""
    client, link = world.app().test_client(), world.launch(path=RULES)
    world.clock.forward(seconds=60)

    assert "Loyalty tiers" not in client.get(link).text


def test_a_session_opens_fragments_and_the_api(world: World) -> None:
    """The token that a document handed out is a bearer token."""
    client = world.app().test_client()
    bearer = {"Authorization": f"Bearer {session_of(client.get(world.launch()).text)}"}

    assert client.get(RULES, headers=bearer | {"X-Fragment": "1"}).status_code == 200
    assert client.get("/api/v1/program", headers=bearer).json["version"] == 3


def test_a_session_is_renewed_while_it_is_used_and_ends_after_eight_hours(world: World) -> None:
    """Each answer after five minutes carries a fresh token, until the day's end."""
    client = world.app().test_client()
    token, began = session_of(client.get(world.launch()).text), world.clock.at
    while True:
        world.clock.forward(minutes=10)
        answer = client.get("/api/v1/program", headers={"Authorization": f"Bearer {token}"})
        if answer.status_code != 200:
            break
        token = answer.headers["X-Session"]

    assert timedelta(hours=7, minutes=50) <= world.clock.at - began <= SESSION_ENDS_AFTER


def test_a_session_that_rests_a_quarter_of_an_hour_is_over(world: World) -> None:
    """15 minutes without a request end it."""
    client = world.app().test_client()
    bearer = {"Authorization": f"Bearer {session_of(client.get(world.launch()).text)}"}
    world.clock.forward(minutes=15)

    assert client.get("/api/v1/program", headers=bearer).status_code == 401


def test_a_launch_token_is_no_session_and_a_session_no_launch_token(world: World) -> None:
    """Each token holds for its purpose only."""
    client = world.app().test_client()
    launch = world.launch().partition("t=")[2]
    session = session_of(client.get(world.launch()).text)

    assert client.get("/api/v1/program", headers={"Authorization": f"Bearer {launch}"}).status_code == 401
    assert "data-session" not in client.get(f"/app/rules?t={session}").text


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic eDp5", "Bearer é", "Bearer " + "a" * 9000]
)
def test_without_a_good_token_nothing_is_told(world: World, header: str) -> None:
    """401 with one sentence, for fragments and the API alike."""
    client = world.app().test_client()
    answers = [
        client.get("/api/v1/program", headers={"Authorization": header}),
        client.get(RULES, headers={"Authorization": header, "X-Fragment": "1"}),
    ]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert {answer.json["error"]["code"] for answer in answers} == {"no_access"}


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-app"},
        {"dest": "https://elsewhere.myshopify.com"},
        {"exp": int(NOW.timestamp()) - 3600},
        {"nbf": int(NOW.timestamp()) + 3600},
    ],
)
def test_a_session_token_of_shopify_must_hold_in_every_claim(world: World, claims: dict[str, object]) -> None:
    """Another app, another shop, another time: no access."""
    header = {"Authorization": f"Bearer {world.id_token(**claims)}"}

    assert world.app().test_client().get("/api/v1/program", headers=header).status_code == 401


def test_a_stale_session_token_is_asked_for_again(world: World) -> None:
    """App Bridge learns that a fresh token would help, and from a forged one that none would."""
    stale = world.id_token()
    world.clock.forward(minutes=5)
    client = world.app().test_client()
    retry = "X-Shopify-Retry-Invalid-Session-Request"

    assert client.get("/api/v1/program", headers={"Authorization": f"Bearer {stale}"}).headers.get(retry) == "1"
    assert retry not in client.get("/api/v1/program", headers={"Authorization": "Bearer x.y.z"}).headers


def test_a_store_that_opens_us_first_is_installed_once(world: World) -> None:
    """Its checked token is handed to the installation; the second opening finds the store connected."""
    client = world.app().test_client()
    pages = [client.get(f"/app/overview?id_token={world.id_token(shop='new.myshopify.com')}") for _ in range(2)]

    assert [page.status_code for page in pages] == [200, 200]
    assert "Waiting for your first orders" in pages[0].text
    assert [domain for domain, _token in world.first_opens] == ["new.myshopify.com"]


def test_a_store_that_comes_back_is_installed_again(world: World) -> None:
    """After an uninstall the next opening installs anew."""
    with world.runtime.database.transaction() as db:
        shops.uninstall(db, world.shop.shop_id, NOW)
    Visit(world).fragment(RULES)

    assert [domain for domain, _token in world.first_opens] == [DOMAIN]


def test_a_forged_token_installs_nothing(world: World) -> None:
    """Only a token signed with the app's secret names a store."""
    world.app().test_client().get(f"/app/overview?id_token={world.id_token(shop='new.myshopify.com')[:-4]}AAAA")

    assert world.first_opens == []


def test_an_uninstalled_shop_has_no_pages(world: World) -> None:
    """Its sessions end with it, and nobody may frame what names it."""
    client = world.app().test_client()
    bearer = {"Authorization": f"Bearer {session_of(client.get(world.launch()).text)}"}
    with world.runtime.database.transaction() as db:
        shops.uninstall(db, world.shop.shop_id, NOW)

    assert client.get("/api/v1/program", headers=bearer).status_code == 401
    assert NOBODY in client.get(f"/app/rules?s=shopify:{DOMAIN}").headers["Content-Security-Policy"]


def test_only_the_shops_own_admin_may_frame_its_page(world: World) -> None:
    """Proven by a token or named as a connected store; nobody may frame anything else."""
    client = world.app().test_client()
    own = f"frame-ancestors https://{DOMAIN} https://admin.shopify.com"
    policies = {
        address: client.get(address).headers["Content-Security-Policy"]
        for address in (
            f"/app/overview?id_token={world.id_token()}", f"/app/overview?s=shopify:{DOMAIN}",
            f"/app/overview?shop={DOMAIN}", "/app/overview", "/app/overview?s=shopify:other.myshopify.com",
            "/app/overview?s=standalone:1", "/app/nothing", world.launch(),
        )
    }  # fmt: skip

    assert [policy.endswith(own) for policy in policies.values()] == [True, True, True, *[False] * 5]
    assert [policy.endswith(NOBODY) for policy in policies.values()] == [False, False, False, *[True] * 5]


def test_the_policy_allows_no_inline_script_or_style_and_the_pages_have_none(world: World) -> None:
    """Every script and style of every page is a file of ours, or App Bridge from Shopify's own address."""
    client = world.app().test_client()
    for address in (world.launch(), world.launch(path=RULES), f"{RULES}?id_token={world.id_token()}", RULES):
        answer = client.get(address)
        page = BeautifulSoup(answer.text, "html.parser")
        scripts = [tag for tag in page.find_all("script") if tag.get("type") != "application/json"]

        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert all(re.match(r"/assets/|https://cdn\.shopify\.com/", tag["src"]) and not tag.text for tag in scripts)
        assert page.find_all("style") == page.select("[style]") == []
        assert not [tag for tag in page.find_all() if any(name.startswith("on") for name in tag.attrs)]


def test_a_sandbox_brings_its_own_app_bridge(world: World) -> None:
    """Where the settings name another origin, script and frame are allowed from there."""
    config = replace(world.runtime.config, shopify_origin="http://127.0.0.1:9000")
    world.runtime = replace(world.runtime, config=config)
    answer = world.app().test_client().get(f"{RULES}?id_token={world.id_token()}")
    policy = answer.headers["Content-Security-Policy"]

    assert '<script src="http://127.0.0.1:9000/app-bridge.js">' in answer.text
    assert "script-src 'self' http://127.0.0.1:9000;" in policy
    assert policy.endswith("https://admin.shopify.com http://127.0.0.1:9000")


def test_a_shell_holds_nothing_of_the_shop(world: World) -> None:
    """A document without a token shows a skeleton; names, rules and customers come later, with a token."""
    text = world.app().test_client().get(f"/app/overview?s=shopify:{DOMAIN}").text

    assert "data-shell" in text
    assert not re.search(r"Corner Shop|70000|Champions|Gold", text)


def test_what_the_address_says_is_shown_as_text(world: World) -> None:
    """A place or a language in the address cannot become markup."""
    text = world.app().test_client().get('/app/rules?s=standalone:"><script>alert(1)</script>&locale=%22x').text

    assert "<script>alert" not in text


def test_no_answer_sets_a_cookie_and_none_is_read(world: World) -> None:
    """Authority travels in headers only."""
    client = world.app().test_client()
    client.set_cookie("session", session_of(client.get(world.launch()).text))
    answers = [client.get(path) for path in ("/app/rules", "/api/v1/program", "/livez", world.launch())]

    assert [answer.headers.get("Set-Cookie") for answer in answers] == [None] * 4
    assert answers[1].status_code == 401


def test_the_home_address_leads_to_the_overview_with_its_token(world: World) -> None:
    """Whatever the admin adds to the address travels along."""
    answer = world.app().test_client().get("/?shop=a&id_token=b")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/app/overview?shop=a&id_token=b")


def test_secrets_stay_out_of_pages(world: World) -> None:
    """No page holds the client secret."""
    client = world.app().test_client()

    assert all(
        CLIENT_SECRET not in client.get(path).text for path in (world.launch(), f"{RULES}?id_token={world.id_token()}")
    )

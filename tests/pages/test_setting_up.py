"""The card of setting up: put away by the merchant or done with, it does not come back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bs4 import BeautifulSoup

from plugin.rewards.stored import from_stored
from plugin.usecases import change_program, import_progress
from storage import programs
from tests.pages.world import DOMAIN, NOW, Visit, World, connect

AWAY = "/setup/put-away"


def steps(visit: Visit) -> list[str]:
    """What the card lists; nothing without a card."""
    page = BeautifulSoup(visit.fragment("/app/overview").text, "html.parser")
    return [str(step.get_text()) for step in page.select(".steps strong")]


def save(world: World, **changes: Any) -> None:
    """Rules as a merchant saves them."""
    with world.runtime.database.transaction() as db:
        stored = programs.current(db, world.shop.shop_id)
        assert stored is not None
        program = replace(from_stored(stored.body), **changes)
        change_program.save(
            db, shop_id=world.shop.shop_id, program=program, author="shopify:42", note="", now=NOW,
            base_version=stored.version,
        )  # fmt: skip


def test_a_card_that_was_put_away_is_gone_for_the_shop(new_world: World) -> None:
    """For everyone who opens it, in every language; not for another shop."""
    first, other = Visit(new_world), "other.myshopify.com"
    with new_world.runtime.database.transaction() as db:
        connect(db, other, NOW)
    before = len(steps(first))
    answer = first.api("POST", AWAY, {})
    theirs = first.client.get(
        "/app/overview", headers={"Authorization": f"Bearer {new_world.id_token(shop=other)}", "X-Fragment": "1"}
    )

    assert (before, answer.status_code, answer.json) == (4, 200, {"put_away": True})
    assert steps(first) == steps(Visit(new_world, "zh")) == []
    assert 'class="steps"' in theirs.text
    assert new_world.shop.domain == DOMAIN


def test_orders_that_are_being_read_are_shown_also_without_the_card(new_world: World) -> None:
    """Only that step, and nothing to put away, until they are read."""
    visit = Visit(new_world)
    visit.api("POST", AWAY, {})
    with new_world.runtime.database.transaction() as db:
        import_progress.tell(db, new_world.shop.shop_id, read=12_400, of=38_000, now=NOW)

    assert steps(visit) == ["Read your orders"]
    assert "put-away" not in visit.fragment("/app/overview").text
    new_world.clock.forward(minutes=16)
    assert steps(visit) == []


def test_what_was_done_once_stays_done(world: World, visit: Visit) -> None:
    """Win-back that is switched off later is no step of setting up."""
    with world.runtime.database.reading() as db:
        stored = programs.current(db, world.shop.shop_id)
    assert stored is not None
    win_back = from_stored(stored.body).win_back
    assert steps(visit) == []
    save(world, win_back=replace(win_back, enabled=False))

    assert steps(visit) == []


def test_who_may_only_look_puts_nothing_away(new_world: World) -> None:
    """No button, and 403 for who asks without one."""
    client = new_world.app().test_client()
    session = client.get(new_world.launch(read_only=True)).text.split('data-session="')[1].split('"')[0]
    bearer = {"Authorization": f"Bearer {session}"}

    assert client.post(f"/api/v1{AWAY}", json={}, headers=bearer).status_code == 403
    assert "put-away" not in client.get("/app/overview", headers=bearer | {"X-Fragment": "1"}).text
    assert len(steps(Visit(new_world))) == 4

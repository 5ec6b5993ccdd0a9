"""One customer's page: why there is an offer or none, what happened, and the wish to leave them out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from bs4 import BeautifulSoup
from sqlalchemy import update

from plugin.pages import tier_history, timeline
from plugin.rewards.stored import from_stored, to_stored
from plugin.usecases import make_offers
from storage import customers, decisions, listings, offers, programs, snapshots, tables
from storage.offers import Offer
from tests.pages.world import DOMAIN, NOW, Visit, World


def page_of(visit: Visit, who: str) -> BeautifulSoup:
    """The page as parsed."""
    answer = visit.fragment(f"/app/customers/{who}")
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.text, "html.parser")


def words(part: Any) -> str:
    """The text of a part, with single blanks."""
    return " ".join(part.get_text(" ").split())


def made(world: World, *states: str) -> list[Offer]:
    """Offers in these states."""
    with world.runtime.database.reading() as db:
        return [offer for offer in offers.every(db, world.shop.shop_id) if offer.state in states]


def test_an_open_offer_is_explained_by_the_checks_that_made_it(world: World, visit: Visit) -> None:
    """Each check with its sign for the eye and for the ear, in the order of the decision; then what came of them."""
    offer = next(offer for offer in made(world, "issued") if offer.kind == "win_back" and offer.benefit["value"])
    card = page_of(visit, offer.customer_id).select_one(".card")

    assert words(card.h2).startswith("Why this offer")
    assert f"by version {offer.program_version} of the rules" in words(card)
    assert len(card.select(".checks li")) == len(offer.reasons)
    assert [words(check.select_one(".unseen")) for check in card.select(".checks li")] == [
        "Yes:" if reason["ok"] else "No:" for reason in offer.reasons
    ]
    assert words(card.select_one(".result")).startswith("Discount: ")


def test_no_offer_is_explained_by_what_stood_against_it(world: World, visit: Visit) -> None:
    """With at least one No, and what would change it."""
    with world.runtime.database.reading() as db:
        has_open = {offer.customer_id for offer in made(world, "issued", "planned", "sending")}
        waiting = [
            row for row in decisions.every(db, world.shop.shop_id)
            if row.outcome == "hold" and row.customer_id not in has_open
        ]  # fmt: skip
    for row in waiting[:12]:
        card = page_of(visit, row.customer_id).select_one(".card")

        assert words(card.h2) == "Why no offer"
        assert card.select(".against")
        assert words(card.select_one(".result")).startswith("No offer")


def test_the_control_group_is_told_as_what_it_is(world: World, visit: Visit) -> None:
    """What was kept back is in the timeline, without a code."""
    offer = made(world, "held_out")[0]
    page = page_of(visit, offer.customer_id)

    assert "Would have got" in words(page.select_one(".timeline"))
    assert "In control group yes" in words(page.select_one(".facts"))


def test_the_timeline_tells_orders_and_the_life_of_offers(world: World, visit: Visit) -> None:
    """The newest first; an offer that was used is told when it was made and when it was used."""
    offer = made(world, "redeemed")[0]
    page = page_of(visit, offer.customer_id)
    told = [words(event) for event in page.select(".timeline li")]

    assert any("Offer made" in event and str(offer.code) in event for event in told)
    assert any("Offer used" in event for event in told)
    assert any("Order of" in event and f"With code {offer.code}" in event for event in told)


def test_a_usual_gap_of_few_gaps_is_said_to_be_the_stores(world: World, visit: Visit) -> None:
    """Who ordered often, but on one or two days, is told by the store's gap as well; who came often by their own."""
    with world.runtime.database.reading() as db:
        every = [snapshots.get(db, world.shop.shop_id, who) for who in snapshots.ids(db, world.shop.shop_id)]
    often = next(one for one in every if one is not None and one.order_count > 6 and one.median_gap_days)
    note = "Mostly from your other customers"

    assert note not in words(page_of(visit, often.customer_id))
    with world.runtime.database.transaction() as db:
        db.execute(
            update(tables.snapshots)
            .where(tables.snapshots.c.customer_id == often.customer_id)
            .values(median_gap_days=None)
        )
    assert f"{note}: {often.order_count} orders say little about a rhythm." in words(page_of(visit, often.customer_id))


def test_a_customer_who_is_not_there_is_not_found(world: World, visit: Visit) -> None:
    """Also one of another shop: an id alone opens nothing."""
    with world.runtime.database.reading() as db:
        who = next(snapshots.every(db, world.shop.shop_id)).customer_id
    other = visit.client.get(
        f"/app/customers/{who}",
        headers={"Authorization": f"Bearer {world.id_token(shop='other.myshopify.com')}", "X-Fragment": "1"},
    )

    assert visit.fragment("/app/customers/123").status_code == 404
    assert other.status_code == 404
    assert "There is nothing at this address." in other.text
    assert world.shop.domain == DOMAIN


def test_left_out_is_kept_and_the_customer_is_looked_at_again(world: World, visit: Visit) -> None:
    """The next decision gives nothing and says why; switched back, they take part again."""
    shop_id = world.shop.shop_id
    with world.runtime.database.reading() as db:
        who = next(snapshots.every(db, shop_id)).customer_id
    for wish in (True, False):
        answer = visit.api("POST", f"/customers/{who}/left-out", {"left_out": wish})
        with world.runtime.database.transaction() as db:
            due = snapshots.due(db, shop_id, NOW, 1_000)
            issuer = make_offers.issuer(world.runtime.vault, "test")
            make_offers.for_customers(db, world.shop, [who], as_of=NOW, issuer=issuer)
            told = decisions.get(db, shop_id, who)
            kept = customers.left_out(db, shop_id, [who])

        assert (answer.status_code, answer.json["left_out"]) == (200, wish)
        assert who in due
        assert bool(kept) is wish
        assert told is not None
        assert ("left_out" in {reason["code"] for reason in told.reasons}) is wish
        assert page_of(visit, who).select_one("#left-out").has_attr("checked") is wish


def test_a_wish_about_nobody_and_a_wish_that_is_none_are_refused(visit: Visit) -> None:
    """404 and 422 with a code; without a token 401."""
    assert visit.api("POST", "/customers/123/left-out", {"left_out": True}).status_code == 404
    wrong = visit.api("POST", "/customers/123/left-out", {"left_out": "yes"})
    assert (wrong.status_code, wrong.json["errors"]["left_out"][0]["code"]) == (422, "yes_or_no")
    assert visit.client.post("/api/v1/customers/123/left-out", json={"left_out": True}).status_code == 401


def test_changes_of_tier_and_of_rules_are_in_the_timeline(world: World, visit: Visit) -> None:
    """Told from orders and versions: the tier that spend reached, and the version that changed what it gives."""
    offer = next(offer for offer in made(world, "issued") if offer.kind == "loyalty")
    with world.runtime.database.reading() as db:
        orders = listings.orders_of(db, world.shop.shop_id, offer.customer_id, limit=200)
        versions = programs.history(db, world.shop.shop_id)
    with world.app().test_request_context():
        turns = tier_history.turns(orders, versions, now=NOW)
    shown = [words(event) for event in page_of(visit, offer.customer_id).select(".timeline .turn p:first-child")]

    assert turns
    assert [turn.at for turn in turns] == sorted(turn.at for turn in turns)
    assert all(turn.before != turn.after for turn in turns)
    assert shown == [
        f"{'Tier' if turn.version is None else 'Rules changed'}: {turn.before} → {turn.after}"
        for turn in reversed(turns)
    ]


def test_a_tier_stands_above_the_order_that_reached_it(world: World) -> None:
    """The newest first: what an order brought about came after it, although both bear its instant."""
    offer = next(offer for offer in made(world, "issued") if offer.kind == "loyalty")
    with world.runtime.database.reading() as db:
        orders = listings.orders_of(db, world.shop.shop_id, offer.customer_id, limit=200)
        versions = programs.history(db, world.shop.shop_id)
    with world.app().test_request_context():
        turns = [turn for turn in tier_history.turns(orders, versions, now=NOW) if turn.version is None]
        events = timeline.events(orders, [], turns)
    same = [(one.sort, other.sort) for one, other in pairwise(events) if one.at == other.at]

    assert same
    assert set(same) == {("turn", "order")}


def test_tiers_by_orders_change_when_the_grace_ends_between_orders(world: World) -> None:
    """Told by the measure of the rules: two orders make Gold, which is kept for the days of grace, then lost."""
    with world.runtime.database.reading() as db:
        stored = programs.history(db, world.shop.shop_id)[-1]
        order = next(one for one in listings.orders_of(db, world.shop.shop_id, "7000041", limit=1))
    program = from_stored(stored.body)
    tiers = tuple(
        replace(program.loyalty.tiers[0], name=name, spend_from=100 * least, percent=0, orders_from=least)
        for name, least in (("Member", 0), ("Gold", 2))
    )
    loyalty = replace(program.loyalty, measure="orders", tiers=tiers, grace_days=30)
    version = replace(stored, body=to_stored(replace(program, loyalty=loyalty)), saved_at=NOW - timedelta(days=900))
    bought = [replace(order, valid=True, ordered_at=NOW - timedelta(days=days)) for days in (500, 420)]
    with world.app().test_request_context():
        turns = tier_history.turns(bought, [version], now=NOW)

    assert [(turn.before, turn.after, (NOW - turn.at).days) for turn in turns] == [
        ("Member", "Gold", 420),
        ("Gold", "Member", 500 - 365 - 30),
    ]

"""What we know of customers stands in the store where the merchant wants it, and only there and then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests
from sqlalchemy import update

from plugin.cli.demo.world import World
from plugin.platforms.protocol import InDoubt, PlatformError, Throttled
from plugin.rewards.holdout import is_held_out
from plugin.rewards.parts import Announced, InStore, Tier
from plugin.rewards.program import Program
from plugin.sandbox import customers, fields
from plugin.usecases import change_program, flow, tell_store
from storage import notes, offers, outbox, programs
from storage.tables import shops as shops_table
from tests.journeys import people

REGULAR, OTHER = people.REGULAR, people.REGULAR + 1


def test_fields_and_tags_are_written_when_they_change_and_not_else(world: World) -> None:
    """Group, tier, next step and early access stand on the customer; an hour without news writes nothing."""
    _granted(world)
    _rules(world, InStore(metafields=True, tags=True), Announced(enabled=True, tier="Gold"))
    with world.store.transaction() as connection:
        customers.add(connection, REGULAR, "Ada Tester", email=None, at=world.clock.now())
        customers.add_tags(connection, REGULAR, ["friend of the house"])
    people.buys(world)
    _hour(world)
    first = _stands(world)
    with world.store.transaction() as connection:
        written = fields.writes(connection)
    _hour(world)

    group = _told(world)["group"]
    assert first == (
        {
            "regulars.group": group,
            "regulars.tier": "Regular",
            "regulars.next_step": "loyalty regular",
            "regulars.early_access": "false",
        },
        [
            "friend of the house",
            f"regulars: group {group}",
            "regulars: next step loyalty regular",
            "regulars: tier Regular",
        ],
    )
    with world.store.transaction() as connection:
        assert fields.writes(connection) == written

    people.buys(world, total="500.00")
    _hour(world)
    stands, tags = _stands(world)
    assert (stands["regulars.tier"], stands["regulars.early_access"]) == ("Gold", "true")
    assert {"regulars: early access", "regulars: tier Gold", "friend of the house"} <= set(tags)
    assert "regulars: tier Regular" not in tags


def test_what_is_turned_off_is_taken_away(world: World) -> None:
    """Once the merchant wants none of it, nothing of ours stands on anyone, and nobody else's words are touched."""
    _granted(world)
    _rules(world, InStore(metafields=True, tags=True))
    people.buys(world)
    _hour(world)
    assert _stands(world)[0]
    with world.store.transaction() as connection:
        customers.add_tags(connection, REGULAR, ["vip"])
    _rules(world, InStore())
    _hour(world)

    assert _stands(world) == ({}, ["vip"])
    with world.runtime.database.reading() as db:
        assert not notes.any_told(db, world.shop().shop_id)


def test_nothing_is_written_unless_it_was_asked_for_and_granted(world: World) -> None:
    """Without the scope the rules are refused with the field and a sentence; the usual rules write nothing at all."""
    people.rules(world)
    people.buys(world)
    _hour(world)
    assert _stands(world) == ({}, [])
    with world.store.transaction() as connection:
        assert fields.started(connection) == []

    header = {"Authorization": f"Bearer {world.store.id_token()}"}
    kept = requests.get(f"{world.app_url}/api/v1/program", headers=header, timeout=10).json()
    kept["program"]["in_store"]["tags"] = True
    wanted = {"program": kept["program"], "base_version": kept["version"]}
    answer = requests.put(f"{world.app_url}/api/v1/program", json=wanted, headers=header, timeout=10)

    assert answer.status_code == 422
    [fault] = answer.json()["errors"]["in_store.tags"]
    assert fault["code"] == "not_granted"
    assert "write_customers" in fault["text"]


def test_the_control_group_has_no_early_access(world: World) -> None:
    """Who is held out is not let in early, whatever their tier."""
    _granted(world)
    program = _rules(world, InStore(metafields=True), Announced(enabled=True, tier="Regular"), holdout_percent=50)
    for who in range(REGULAR, REGULAR + 12):
        people.buys(world, who)
    _hour(world)

    name = f"shopify|{world.shop().domain}"
    for who in range(REGULAR, REGULAR + 12):
        held = is_held_out(key=program.key, shop=name, customer_id=str(who), percent=50)
        assert (_stands(world, who)[0]["regulars.early_access"] == "true") == (not held)


def test_automations_start_once_when_an_offer_is_issued_and_before_it_ends(world: World) -> None:
    """Each offer starts its two automations once, with the code and the consent; what is used starts no second one."""
    _rules(world, InStore(flow=True))
    people.buys(world)
    people.buys(world, OTHER)
    world.worker.drain()
    [mine, others] = sorted(people.made(world), key=lambda offer: offer.customer_id)
    assert [handle for handle, _ in _started(world)] == ["offer-issued", "offer-issued"]
    assert {told["Code"] for _, told in _started(world)} == {mine.code, others.code}

    people.buys(world, OTHER, code=others.code)
    world.worker.drain()
    people.passes(world, days=(mine.ends_at - world.clock.now()).days - 1)
    world.worker.drain()
    people.passes(world, hours=2)
    world.worker.drain()

    ending = [told["Code"] for handle, told in _started(world) if handle == "offer-ending"]
    assert ending == [mine.code]


@pytest.mark.parametrize(
    ("error", "again"), [(InDoubt("lost"), False), (Throttled("wait", retry_after_seconds=1), True)]
)
def test_an_automation_in_doubt_is_not_started_again(world: World, error: PlatformError, again: bool) -> None:
    """A lost answer is never asked for again, for it may have arrived; a plain no is."""
    _rules(world, InStore(flow=True))
    people.buys(world)
    world.worker.drain()
    [offer] = people.made(world)
    shop_id, now = world.shop().shop_id, world.clock.now()
    with world.runtime.database.transaction() as db:
        outbox.forget_keys(db, shop_id, [f"flow/{flow.ISSUED}/{offer.offer_id}"])
        flow.issued(db, shop_id, [offer.offer_id], now=now)
        [row] = outbox.claim(db, now=now, limit=10, lease_seconds=60)
        task = flow.prepare(db, row, now=now)
        assert task is not None
        flow.conclude(db, row, task, error, now=now)
        left = outbox.claim(db, now=now.replace(year=now.year + 1), limit=10, lease_seconds=60)
        assert [one.kind for one in left if one.kind == flow.FLOW] == ([flow.FLOW] if again else [])


def test_a_worker_that_died_while_it_started_one_does_not_start_it_twice(world: World) -> None:
    """A start whose lease ran out is given up, for it may have arrived."""
    _rules(world, InStore(flow=True))
    people.buys(world)
    world.worker.drain()
    [offer] = people.made(world)
    shop_id, now = world.shop().shop_id, world.clock.now()
    with world.runtime.database.transaction() as db:
        outbox.forget_keys(db, shop_id, [f"flow/{flow.ISSUED}/{offer.offer_id}"])
        flow.issued(db, shop_id, [offer.offer_id], now=now)
        outbox.claim(db, now=now, limit=10, lease_seconds=60)
        later = people.passes(world, minutes=2)
        [row] = [one for one in outbox.claim(db, now=later, limit=10, lease_seconds=60) if one.kind == flow.FLOW]
        assert flow.prepare(db, row, now=later) is None
        assert outbox.states(db, shop_id, [row.key]) == {row.key: "given_up"}


def test_the_stores_own_groups_are_read_and_shown(world: World) -> None:
    """The group that the store counts a customer to stands beside ours once the merchant asked for it."""
    _rules(world, InStore(read_groups=True))
    people.buys(world)
    _hour(world)

    header = {"Authorization": f"Bearer {world.store.id_token()}"}
    told = _told(world)
    assert told["store_group"] == "new"
    shown = requests.get(f"{world.app_url}/app/customers/{REGULAR}", headers={**header, "X-Fragment": "1"}, timeout=10)
    assert "Group in your store" in shown.text


def test_a_customer_who_left_the_store_holds_nobody_up(world: World) -> None:
    """Of one whom the store has no more the others are told all the same."""
    _granted(world)
    people.buys(world)
    people.buys(world, OTHER)
    with world.store.transaction() as connection:
        connection.execute("DELETE FROM customers WHERE id = ?", (REGULAR,))
    _rules(world, InStore(metafields=True))
    _hour(world)
    _hour(world)

    assert _stands(world, OTHER)[0]
    with world.runtime.database.reading() as db:
        assert outbox.settled(db, world.shop().shop_id, tell_store.TELL, since=world.clock.now().replace(hour=0))


def test_dead_discounts_are_taken_out_of_the_store_after_the_quiet_time(world: World) -> None:
    """What nobody used is deleted a week after its end, not before; a used one stays; money and offer are as they were."""
    people.rules(world)
    people.buys(world)
    people.buys(world, OTHER)
    world.worker.drain()
    [mine, others] = sorted(people.made(world), key=lambda offer: offer.customer_id)
    people.buys(world, OTHER, code=others.code)
    world.worker.drain()
    people.passes(world, days=(mine.ends_at - world.clock.now()).days + 1, hours=2)
    world.worker.drain()
    people.passes(world, days=6)
    world.worker.drain()
    assert people.all_codes(world)
    for _ in range(3):
        people.passes(world, days=1)
        world.worker.drain()
        people.passes(world, minutes=2)
        world.worker.drain()

    assert not people.all_codes(world)
    assert people.all_codes(world, OTHER)
    with world.runtime.database.reading() as db:
        kept = offers.get(db, world.shop().shop_id, mine.offer_id)
    assert kept is not None
    assert kept.state == "expired"


def _told(world: World) -> dict[str, Any]:
    header = {"Authorization": f"Bearer {world.store.id_token()}"}
    found: dict[str, Any] = requests.get(
        f"{world.app_url}/api/v1/customers/{REGULAR}", headers=header, timeout=10
    ).json()
    return found


def _granted(world: World) -> None:
    world.store.scopes = (*world.store.scopes, "write_customers")
    with world.runtime.database.transaction() as db:
        db.execute(update(shops_table).values(scopes=",".join(world.store.scopes)))


def _rules(world: World, in_store: InStore, announced: Announced | None = None, **changes: Any) -> Program:
    usual = people.rules(world)
    tiers = (*usual.loyalty.tiers[:1], Tier(name="Gold", spend_from=20_000, percent=20))
    program = replace(
        usual,
        loyalty=replace(usual.loyalty, tiers=tiers),
        in_store=in_store,
        announced=announced or Announced(),
        **changes,
    )
    with world.runtime.database.transaction() as db:
        current = programs.current(db, world.shop().shop_id)
        assert current is not None
        change_program.save(
            db, shop_id=world.shop().shop_id, program=program, author="a test", note="", now=world.clock.now(),
            base_version=current.version,
        )  # fmt: skip
    return program


def _hour(world: World) -> None:
    """An hour passes, and the rounds have the pauses that they make."""
    world.worker.drain()
    people.passes(world, hours=1)
    for _ in range(4):
        world.worker.drain()
        people.passes(world, minutes=2)
    world.worker.drain()


def _stands(world: World, who: int = REGULAR) -> tuple[dict[str, str], list[str]]:
    with world.store.transaction() as connection:
        return fields.of_customer(connection, who), customers.tags(connection, who)


def _started(world: World) -> list[tuple[str, dict[str, Any]]]:
    with world.store.transaction() as connection:
        return fields.started(connection)

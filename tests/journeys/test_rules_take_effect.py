"""What a merchant saves holds for the next decision, and undo brings back what was before."""

from typing import Any

import requests

from plugin.cli.demo.world import World
from tests.journeys import people

SECONDS = 10


def test_a_saved_change_holds_for_the_next_decision(world: World) -> None:
    """The first order earns 10 %; after the rule is changed the next earns 12 %; after undo it is 10 % again."""
    people.rules(world)
    percents = [_earned(world, people.REGULAR)]

    kept = _api(world, "GET", "/api/v1/program")
    kept["program"]["loyalty"]["tiers"][0]["percent"] = 12
    saved = _api(world, "PUT", "/api/v1/program", {"program": kept["program"], "base_version": kept["version"]})
    percents.append(_earned(world, people.REGULAR + 1))
    _api(world, "POST", "/api/v1/program/undo", {"base_version": saved["version"]})
    percents.append(_earned(world, people.REGULAR + 2))

    assert percents == [10, 12, 10]
    assert [offer.program_version for offer in people.made(world)] == [2, 3, 4]


def _earned(world: World, who: int) -> int:
    """The percentage that an order of this customer brings, as the store itself has it."""
    people.passes(world, minutes=5)
    people.buys(world, who)
    world.worker.drain()
    (discount,) = people.live_codes(world, who)
    assert discount.terms.fraction is not None
    return int(discount.terms.fraction * 100)


def _api(world: World, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    token = world.store.id_token()
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.request(method, world.app_url + path, json=body, headers=headers, timeout=SECONDS)
    assert answer.ok, answer.text
    told: dict[str, Any] = answer.json()
    return told

"""The third promise: every decision can be made again from what was kept with it, with the same outcome and reasons."""

from typing import Any

from plugin.cli.demo.world import World
from plugin.rewards import stored
from plugin.rewards.inputs import redecide
from storage import decisions, offers, programs
from tests.journeys import people


def test_every_offer_is_decided_again_the_same(world: World) -> None:
    """Each offer and each refusal, decided again from its kept inputs under its program, has the same outcome and reasons."""
    people.rules(world, monthly_budget="60")
    for number in range(12):
        people.buys(world, people.REGULAR + number, total=f"{20 + number}.00")
    world.worker.drain()
    people.passes(world, days=60)
    world.worker.drain()

    with world.runtime.database.reading() as db:
        shop_id = world.shop().shop_id
        made = list(offers.every(db, shop_id))
        decided = list(decisions.every(db, shop_id))
        rules = {kept.version: stored.from_stored(kept.body) for kept in programs.history(db, shop_id)}

    assert made
    assert any(row.outcome == "hold" for row in decided)
    for offer in made:
        again = redecide(offer.inputs, rules[offer.program_version])
        assert again.offer is not None
        assert (again.offer.rule, again.offer.cycle) == (offer.rule, offer.cycle)
        assert _plain(again.reasons) == offer.reasons
    for row in decided:
        again = redecide(row.inputs, rules[row.program_version])
        assert again.outcome == row.outcome
        assert _plain(again.reasons) == row.reasons


def _plain(reasons: Any) -> list[dict[str, Any]]:
    return [{"code": one.code, "ok": one.ok, "detail": one.detail, "numbers": dict(one.numbers)} for one in reasons]

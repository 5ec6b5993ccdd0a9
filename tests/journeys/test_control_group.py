"""The control group gets nothing, ever: seen in the store itself, whatever our tables say."""

from plugin.cli.demo.merchant import Merchant
from plugin.cli.demo.world import World
from plugin.rewards import stored, wire
from plugin.rewards.holdout import is_held_out
from plugin.usecases import change_program
from storage import programs
from tests.journeys import people

PERCENT, PEOPLE = 30, 40


def test_the_store_has_no_code_for_the_control_group(world: World) -> None:
    """Months of buying, silence, codes used and rules changed leave not one discount for a customer who is held out."""
    people.rules(world, wait_days=7)
    key = _hold_out(world)
    held_out = {who for who in _everyone() if _is_held_out(world, key, who)}
    assert 4 <= len(held_out) <= PEOPLE - 4

    for week in range(30):
        for place, who in enumerate(_everyone()):
            if (week + place) % (3 + place % 7) == 0 and week < 14:
                codes = [one for one in people.live_codes(world, who) if place % 2]
                people.buys(world, who, code=codes[0].terms.code if codes else None)
        people.passes(world, days=7)
        world.worker.drain()
        # every week, since what is over and unused leaves the store in time
        assert [who for who in held_out if people.all_codes(world, who)] == []

    # whose unused codes may have left the store by now
    served = {offer.customer_id for offer in people.made(world) if offer.code is not None}
    assert len(served) >= (PEOPLE - len(held_out)) // 2
    kinds = {offer.kind for offer in people.made(world) if offer.state == "held_out"}
    assert kinds == {"loyalty", "win_back"}


def _everyone() -> range:
    return range(people.REGULAR, people.REGULAR + PEOPLE)


def _hold_out(world: World) -> str:
    shop_id = world.shop().shop_id
    with world.runtime.database.transaction() as db:
        current = programs.current(db, shop_id)
        assert current is not None
        body = wire.to_wire(stored.from_stored(current.body)) | {"holdout_percent": PERCENT}
        change_program.save(
            db, shop_id=shop_id, program=wire.from_wire(body), author=Merchant.__name__, note="",
            now=world.clock.now(), base_version=current.version,
        )  # fmt: skip
    return str(body["key"])


def _is_held_out(world: World, key: str, who: int) -> bool:
    shop = world.shop()
    return is_held_out(key=key, shop=f"{shop.platform}|{shop.domain}", customer_id=str(who), percent=PERCENT)

"""What people do in the tests' store."""

from datetime import datetime, timedelta

import pytest

from plugin.cli.demo.world import World
from plugin.rewards import stored, wire
from plugin.rewards.program import Program
from plugin.sandbox import diary, discounts
from plugin.sandbox.discounts import Discount
from plugin.usecases import change_program
from storage import offers, programs
from storage.offers import Offer

REGULAR = 7_000_000_000_000_001


def rules(world: World, **limits: object) -> Program:
    """Puts rules in force under which the first order earns a discount and silence a win-back; nobody is held out."""
    shop = world.shop()
    with world.runtime.database.transaction() as db:
        current = programs.current(db, shop.shop_id)
        assert current is not None
        body = wire.to_wire(stored.from_stored(current.body))
        body["mode"] = "live"
        body["loyalty"]["enabled"] = True
        body["loyalty"]["tiers"] = [{"name": "Regular", "spend_from": "0", "percent": 10}]
        body["win_back"]["enabled"] = True
        body["limits"] |= {"monthly_budget": "1000", "min_order": "0", "order_guard": "100", **limits}
        body["holdout_percent"] = 0
        program = wire.from_wire(body)
        change_program.save(
            db,
            shop_id=shop.shop_id,
            program=program,
            author="a test",
            note="",
            now=world.clock.now(),
            base_version=current.version,
        )
    return program


def buys(world: World, who: int = REGULAR, total: str = "40.00", code: str | None = None) -> int:
    """A customer buys now; the webhooks are delivered. Answers the order's number."""
    diary.know(world.store, who, "Ada Tester", world.clock.now())
    placed = world.store.checkout(customer_id=who, total=total, code=code, at=world.clock.now())
    world.postman.deliver()
    return placed.order_id


def passes(world: World, **time: float) -> datetime:
    """Time passes in the store and for Regulars."""
    world.clock.set(world.clock.now() + timedelta(**time))
    return world.clock.now()


def made(world: World) -> list[Offer]:
    """All offers that Regulars knows, as they were made."""
    with world.runtime.database.reading() as db:
        return list(offers.every(db, world.shop().shop_id))


def live_codes(world: World, who: int = REGULAR) -> list[Discount]:
    """The discounts that the store itself would accept from this customer now, or once they have started."""
    with world.store.transaction() as connection:
        found = discounts.meant_for(connection, who)
    return [one for one in found if one.status(world.clock.now()) in {"ACTIVE", "SCHEDULED"} and not one.times_used]


def all_codes(world: World, who: int = REGULAR) -> list[Discount]:
    """All discounts that the store has for this customer, dead ones too."""
    with world.store.transaction() as connection:
        return list(discounts.meant_for(connection, who))


def speaks_with(world: World, environment: pytest.MonkeyPatch) -> None:
    """Commands of this process are those of the world's program from now on."""
    config = world.runtime.config
    for name, value in {
        "DATABASE_URL": config.database_url,
        "SHOPIFY_CLIENT_ID": config.shopify_client_id,
        "SHOPIFY_CLIENT_SECRET": config.shopify_client_secret,
        "SHOPIFY_ORIGIN": config.shopify_origin,
        "ALLOW_PRIVATE_HOSTS": "1",
    }.items():
        environment.setenv(f"REGULARS_{name}", value)

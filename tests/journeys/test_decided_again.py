"""The third promise: every decision can be made again from what was kept with it, with the same outcome and reasons."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from plugin.cli.demo.world import World
from plugin.platforms.protocol import StoreInfo
from plugin.rewards import stored
from plugin.rewards.inputs import redecide
from plugin.rewards.parts import Occasion
from plugin.rewards.program import Program
from plugin.usecases import change_program, install, make_offers, measure
from plugin.vault import Vault
from storage import decisions, offers, orders, programs
from storage.engine import Database
from storage.facts import OrderFact
from storage.shops import Shop
from tests.journeys import people
from tests.simulator import rules

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
#: customers of each of the sets of rules, and how many offers and refusals there must be in all
EACH, SETS, ENOUGH = 200, 10, 1_000


def test_every_offer_is_decided_again_the_same(world: World) -> None:
    """Each offer and each refusal, decided again from its kept inputs under its program, has the same outcome and reasons."""
    people.rules(world, monthly_budget="60")
    for number in range(12):
        people.buys(world, people.REGULAR + number, total=f"{20 + number}.00")
    world.worker.drain()
    people.passes(world, days=60)
    world.worker.drain()

    with world.runtime.database.reading() as db:
        seen = _decided_again(db, world.shop().shop_id)
    assert seen["offer"]
    assert seen["hold"]


def test_a_thousand_of_each_are_decided_again_the_same(sqlite_database: Database) -> None:
    """So are 1,000 offers and 1,000 refusals under rules of every kind, for customers of every kind."""
    rng = random.Random(8)
    by = make_offers.issuer(Vault(["0123456789abcdef" * 4]), "test")
    with sqlite_database.transaction() as db:
        info = StoreInfo(name="Many", currency="USD", timezone="Europe/Madrid", scopes=())
        shop = install.begin(db, platform="shopify", domain="many.myshopify.com", info=info, sealed=b"", now=NOW)
        orders.record_many(db, shop.shop_id, [fact for who in range(EACH * SETS) for fact in _bought(who, rng)], [])
        model = measure.known_model(db, shop, as_of=NOW)
        for number in range(SETS):
            program = _saved(db, shop, _rules(number, rng))
            theirs = [_name(who) for who in range(EACH * number, EACH * (number + 1))]
            measure.customers(db, shop, theirs, as_of=NOW, program=program, model=model)
            # a second look, weeks later, meets the offers of the first
            for days in (0, 40):
                make_offers.for_customers(db, shop, theirs, as_of=NOW + timedelta(days=days), issuer=by)
    with sqlite_database.reading() as db:
        seen = _decided_again(db, shop.shop_id)
    assert seen["offer"] >= ENOUGH
    assert seen["hold"] >= ENOUGH
    assert {kind for kind, number in seen.items() if number} >= {"loyalty", "occasion", "win_back", "surprise"}


def _decided_again(db: Connection, shop_id: int) -> Counter[str]:
    """Decides everything again that is kept; how many offers and refusals that were, and offers of each kind."""
    seen: Counter[str] = Counter()
    in_force = {kept.version: stored.from_stored(kept.body) for kept in programs.history(db, shop_id)}
    for offer in offers.every(db, shop_id):
        again = redecide(offer.inputs, in_force[offer.program_version])
        assert again.offer is not None
        assert (again.offer.rule, again.offer.cycle) == (offer.rule, offer.cycle)
        assert again.outcome == ("held_out" if offer.state == "held_out" else "issue")
        assert _plain(again.reasons) == offer.reasons
        seen.update(("offer", offer.kind))
    for row in decisions.every(db, shop_id):
        again = redecide(row.inputs, in_force[row.program_version])
        assert again.outcome == row.outcome
        assert _plain(again.reasons) == row.reasons
        seen[row.outcome] += 1
    return seen


def _rules(number: int, rng: random.Random) -> Program:
    """Rules of every kind; every other set with money for few."""
    program = rules.draw(rng)
    occasions = (
        Occasion(on="order_number", number=3, group="", percent=8, valid_days=10),
        Occasion(on="anniversary", number=0, group="", percent=5, valid_days=10),
    )
    limits = replace(program.limits, monthly_budget=10_000_000 if number % 2 else 20_000, daily_budget=0)
    tiers = replace(program.loyalty, occasions=occasions[: number % 3], enabled=number % 4 != 3)
    return replace(
        program,
        limits=limits,
        loyalty=tiers,
        win_back=replace(program.win_back, daily_ramp=500),
        surprise=replace(program.surprise, enabled=number % 4 == 3, monthly_budget=1_000_000),
        rollout_percent=50 if number == SETS - 1 else 100,
    )


def _saved(db: Connection, shop: Shop, program: Program) -> Program:
    current = programs.current(db, shop.shop_id)
    change_program.save(
        db, shop_id=shop.shop_id, program=program, author="a test", note="", now=NOW,
        base_version=current.version if current else 0,
    )  # fmt: skip
    return program


def _bought(who: int, rng: random.Random) -> Iterator[OrderFact]:
    at = NOW - timedelta(days=rng.choice((0, 0, 25, 60, 400)), hours=rng.randrange(1, 24))
    for number in range(rng.choice((1, 1, 2, 3, 6))):
        total = rng.choice((1_500, 4_000, 9_000, 40_000))
        yield OrderFact(
            order_id=f"{who}-{number}", customer_id=_name(who), ordered_at=at, updated_at=at, cancelled_at=None,
            test=False, paid=True, currency="USD", gross_minor=total, current_minor=total,
        )  # fmt: skip
        at -= timedelta(days=rng.randrange(5, 90))


def _name(who: int) -> str:
    return str(7_000_000_000_000 + who)


def _plain(reasons: Any) -> list[dict[str, Any]]:
    return [{"code": one.code, "ok": one.ok, "detail": one.detail, "numbers": dict(one.numbers)} for one in reasons]

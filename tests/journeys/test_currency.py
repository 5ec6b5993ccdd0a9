"""A store changes its currency: euros and dollars are never added, and nothing is asked for in the wrong one."""

from __future__ import annotations

from datetime import UTC, datetime

import requests

from plugin.cli.demo.merchant import Merchant
from plugin.cli.demo.world import World
from plugin.rewards import stored, wire
from plugin.sandbox import lifecycle
from plugin.usecases import change_program, deliver
from plugin.usecases.make_offers import ISSUE, past
from plugin.worker import inbox_step, time_step
from storage import budgets, ledger, outbox, programs
from storage.budgets import Budget
from storage.offers import Made, Offer
from tests.journeys import people

#: minor units that one offer of 10 % sets aside, with orders of up to 100
ONE = 1_000


def _becomes(world: World, currency: str, **limits: str) -> None:
    """The store's currency changes, and rules in it are saved."""
    people.passes(world, minutes=1)
    lifecycle.change_shop(world.store, currency=currency)
    world.postman.deliver()
    world.worker.drain()
    with world.runtime.database.transaction() as db:
        current = programs.current(db, world.shop().shop_id)
        assert current is not None
        body = wire.to_wire(stored.from_stored(current.body)) | {"currency": currency}
        body["limits"] |= limits
        change_program.save(
            db, shop_id=world.shop().shop_id, program=wire.from_wire(body), author="a test", note="",
            now=world.clock.now(), base_version=current.version,
        )  # fmt: skip
    assert world.shop().state == "active"


def _of(world: World, who: int) -> Offer:
    return next(one for one in people.made(world) if one.customer_id == str(who))


def _money(world: World) -> dict[str, Budget]:
    """The month's accounts, by their names."""
    shop_id, month = world.shop().shop_id, f"{world.clock.now():%Y-%m}"
    with world.runtime.database.reading() as db:
        assert ledger.disagreements(db, shop_id) == []
        names = (month, budgets.beside(month, "EUR"), budgets.beside(month, "USD"))
        return {name: budgets.state(db, shop_id, name) for name in names}


def test_each_currency_has_a_month_of_its_own(world: World) -> None:
    """With the month's dollars all promised, as many euros can be promised; dollars are booked as dollars; in the next month euros are the month's."""
    people.rules(world, monthly_budget="20")
    for who in range(3):
        people.buys(world, people.REGULAR + who)
        world.worker.drain()
    dollars, other, _ = _money(world)
    assert [one.currency for one in people.made(world)] == ["USD", "USD"]
    assert _money(world)[dollars] == Budget(2 * ONE, 0)

    _becomes(world, "EUR")
    for who in range(3, 6):
        people.buys(world, people.REGULAR + who)
        world.worker.drain()
    made = [one for one in people.made(world) if one.currency == "EUR"]
    # those whom the dollars did not reach may be among them
    assert len(made) == 2
    assert {one.budget_month for one in made} == {other}
    assert (_money(world)[dollars], _money(world)[other]) == (Budget(2 * ONE, 0), Budget(2 * ONE, 0))

    # the page and the metrics speak of the euros
    assert Merchant(world)._api("GET", "/api/v1/overview")["budget"]["reserved"] == "20.00"
    told = requests.get(f"{world.app_url}/metrics", timeout=30).text
    assert f'regulars_budget_reserved_minor{{currency="EUR"}} {2 * ONE:.1f}' in told
    assert 'regulars_budget_reserved_minor{currency="USD"}' not in told

    # an old code on an order in euros takes what was set aside, for nobody knows the rate
    old = _of(world, people.REGULAR)
    people.buys(world, people.REGULAR, total="90.00", code=old.code)
    world.worker.drain()
    assert _of(world, people.REGULAR).cost_minor == ONE
    assert _money(world)[dollars] == Budget(ONE, ONE)
    assert _money(world)[other] == Budget(2 * ONE, 0)

    people.passes(world, days=40)
    world.worker.drain()
    people.buys(world, people.REGULAR + 9)
    world.worker.drain()
    assert _of(world, people.REGULAR + 9).budget_month == f"{world.clock.now():%Y-%m}"


def test_what_was_asked_for_in_doubt_is_not_asked_for_in_another_currency(world: World) -> None:
    """A code whose first request was lost is cancelled after the change, its name taken, and its money free."""
    people.rules(world)
    people.buys(world)
    while inbox_step.run(world.runtime) or time_step.run(world.runtime):
        pass
    with world.runtime.database.transaction() as db:
        rows = outbox.claim(db, now=world.clock.now(), limit=9, lease_seconds=1)
        assert deliver.prepare(db, next(row for row in rows if row.kind == ISSUE), now=world.clock.now()) is not None
    assert _of(world, people.REGULAR).state == "sending"

    _becomes(world, "EUR")
    for _ in range(4):
        people.passes(world, minutes=20)
        world.worker.drain()
    offer = _of(world, people.REGULAR)
    assert (offer.state, offer.note) == ("cancelled", "the store's currency has changed")
    assert people.live_codes(world) == []
    assert [one.terms.code for one in people.all_codes(world)] == [offer.code]
    assert all(state == Budget(0, 0) for name, state in _money(world).items() if not name.startswith("+EUR"))


def test_a_year_counts_its_own_currency() -> None:
    """An offer of another currency takes nothing of what one customer's offers of a year may cost."""
    at, gives = datetime(2026, 10, 1, tzinfo=UTC), {"type": "percent", "value": 10, "cap": 500}
    one = Made("c", "loyalty", "s", "loyalty", "order:1", "issued", gives, at, at, 500, 0, "USD")
    assert (past(one, currency="USD").spent, past(one, currency="EUR").spent) == (500, 0)

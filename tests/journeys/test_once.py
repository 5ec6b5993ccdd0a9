"""The second promise: ten times is once, and nothing lost on the way makes two live codes for one reason."""

import http.client
import threading
from urllib.parse import urlsplit

import pytest

from plugin.cli.demo.world import World
from plugin.sandbox import deliveries
from plugin.sandbox.postman import signature
from plugin.sandbox.weather import Mishap
from plugin.usecases import deliver
from plugin.worker import inbox_step, time_step
from storage import budgets, inbox, outbox
from tests.journeys import people

TEN = 10


def test_ten_deliveries_at_once_have_one_effect(world: World) -> None:
    """Ten deliveries of the same webhook at the same moment leave one inbox row, one order and one offer."""
    people.rules(world)
    people.diary.know(world.store, people.REGULAR, "Ada Tester", world.clock.now())
    world.postman.deliver()
    world.store.checkout(customer_id=people.REGULAR, total="40.00", at=world.clock.now())
    with world.store.transaction() as connection:
        numbers = deliveries.waiting(connection)
        letter = deliveries.load(connection, numbers[:1])[0]
        deliveries.drop(connection, numbers)

    statuses: list[int] = []
    gate = threading.Barrier(TEN)

    def send() -> None:
        wire = http.client.HTTPConnection(urlsplit(world.app_url).netloc, timeout=10)
        gate.wait()
        wire.request("POST", letter.path, body=letter.body, headers=_headers(world, letter))
        statuses.append(wire.getresponse().status)
        wire.close()

    threads = [threading.Thread(target=send) for _ in range(TEN)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.worker.drain()

    assert statuses == [200] * TEN
    with world.runtime.database.reading() as db:
        assert inbox.waiting(db) == 0
    assert len(people.made(world)) == 1
    assert len(people.live_codes(world)) == 1


@pytest.mark.parametrize("mishap", list(Mishap))
def test_no_mishap_makes_two_codes(world: World, mishap: Mishap) -> None:
    """Whatever happens to the call that creates a code, the store ends with one live code and the offer is issued."""
    people.rules(world)
    world.store.weather.hold_seconds = 0.2
    people.buys(world)
    world.store.weather.expect(mishap, mishap, only="codeDiscountNodeByCode" if mishap == Mishap.READ_LAG else "")

    for _ in range(6):
        world.worker.drain()
        people.passes(world, minutes=20)

    (offer,) = people.made(world)
    assert offer.state == "issued"
    assert [one.terms.code.upper() for one in people.live_codes(world)] == [offer.code]


@pytest.mark.parametrize("phase", ["before the wire", "after the wire", "before the first note"])
def test_a_crash_between_two_steps_is_healed(world: World, phase: str) -> None:
    """A worker that dies before, during or after the call leaves a claim that runs out; the next one finishes the work."""
    people.rules(world)
    people.buys(world)
    while inbox_step.run(world.runtime) or time_step.run(world.runtime):
        pass

    _die(world, phase)
    people.passes(world, minutes=10)
    world.worker.drain()

    (offer,) = people.made(world)
    assert offer.state == "issued"
    assert len(people.live_codes(world)) == 1


def test_a_worker_whose_lease_is_over_writes_nothing(world: World) -> None:
    """The answer of a worker that was too slow changes nothing once another worker has taken the call over."""
    people.rules(world)
    people.buys(world)
    while inbox_step.run(world.runtime) or time_step.run(world.runtime):
        pass
    runtime = world.runtime
    with runtime.database.transaction() as db:
        (slow,) = outbox.claim(db, now=runtime.now(), limit=1, lease_seconds=1)
        task = deliver.prepare(db, slow, now=runtime.now())
    assert task is not None
    people.passes(world, minutes=5)
    world.worker.drain()
    with runtime.database.transaction() as db:
        deliver.conclude(
            db, slow, task, deliver.Answer(error=deliver.Rejected("no", code="INVALID")), now=runtime.now()
        )

    (offer,) = people.made(world)
    assert offer.state == "issued"


def test_reserved_money_is_the_sum_over_open_offers(world: World) -> None:
    """After orders, redemptions, refunds and expiries the month's reserved money is that of the offers still open."""
    people.rules(world, wait_days=7)
    for number in range(8):
        people.buys(world, people.REGULAR + number)
    world.worker.drain()
    first, second, *_ = people.made(world)
    order = people.buys(world, int(first.customer_id), code=first.code)
    people.buys(world, int(second.customer_id), code=second.code)
    world.store.cancel(order)
    world.postman.deliver()
    world.worker.drain()
    _assert_balanced(world)
    people.passes(world, days=90)
    world.worker.drain()
    _assert_balanced(world)


def _assert_balanced(world: World) -> None:
    offers = people.made(world)
    with world.runtime.database.reading() as db:
        for month in {offer.budget_month for offer in offers} - {None}:
            held = budgets.state(db, world.shop().shop_id, str(month))
            mine = [offer for offer in offers if offer.budget_month == month]
            still_open = [offer for offer in mine if offer.state in {"planned", "sending", "issued"}]
            assert held.reserved_minor == sum(offer.reserved_minor for offer in still_open)
            assert held.booked_minor == sum(offer.cost_minor for offer in mine)


def _die(world: World, phase: str) -> None:
    runtime = world.runtime
    with runtime.database.transaction() as db:
        (row,) = outbox.claim(db, now=runtime.now(), limit=1, lease_seconds=60)
    if phase == "before the first note":
        return
    with runtime.database.transaction() as db:
        task = deliver.prepare(db, row, now=runtime.now())
    assert task is not None
    if phase == "after the wire":
        assert deliver.ask(runtime.open_platform(world.shop()), task).found is not None


def _headers(world: World, letter: deliveries.Outgoing) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Event-Id": letter.event_id,
        "X-Shopify-Hmac-Sha256": signature(letter.body, world.store.client_secret),
        "X-Shopify-Shop-Domain": world.store.domain,
        "X-Shopify-Topic": letter.topic,
        "X-Shopify-Triggered-At": letter.triggered_at,
        "X-Shopify-Webhook-Id": letter.webhook_id(world.store.domain),
    }

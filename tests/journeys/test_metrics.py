"""What an operator's Prometheus is told: the names, the truth behind them, and nothing about anybody."""

import time

import requests
from prometheus_client.parser import text_string_to_metric_families

from plugin.cli.demo.world import World
from plugin.gauges import REMEMBERED_SECONDS
from plugin.rewards import stored
from plugin.sandbox.weather import Mishap
from plugin.usecases.switch_off import SWITCH_OFF
from storage import outbox, programs
from tests.journeys import people
from tests.journeys.people import REGULAR

NAMES = {
    "regulars_inbox_accepted",
    "regulars_inbox_waiting",
    "regulars_inbox_oldest_age_seconds",
    "regulars_outbox_waiting",
    "regulars_outbox_oldest_age_seconds",
    "regulars_dead_letters",
    "regulars_intents",
    "regulars_in_doubt_oldest_age_seconds",
    "regulars_budget_reserved_minor",
    "regulars_budget_committed_minor",
    "regulars_budget_cap_minor",
    "regulars_store_calls",
    "regulars_connections",
    "regulars_store_notices",
    "regulars_reconciled_orders",
    "regulars_throttled",
    "regulars_token_refresh",
    "regulars_over_redeemed",
    "regulars_redact_pending_oldest_age_seconds",
    "regulars_webhook_answers",
    "regulars_breaker_state",
    "regulars_reconcile_drift",
    "regulars_subscription_missing",
    "regulars_http_answers",
    "regulars_http_seconds",
}


def scraped(world: World) -> dict[tuple[str, str], float]:
    """Every sample by its name and the value of its first label, read anew."""
    time.sleep(REMEMBERED_SECONDS)
    text = requests.get(f"{world.app_url}/metrics", timeout=30).text
    samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
    return {(one.name, next(iter(one.labels.values()), "")): one.value for one in samples}


def test_every_figure_follows_what_happens(world: World) -> None:
    """A delivery waits, is taken in, leads to a call; each step is seen, and the budget is that of the rules in force."""
    people.rules(world)
    people.buys(world)
    before = scraped(world)
    people.passes(world, seconds=90)
    assert before["regulars_inbox_waiting", ""] == before["regulars_inbox_accepted_total", ""] > 0
    assert scraped(world)["regulars_inbox_oldest_age_seconds", ""] == 90

    world.worker.drain()
    seen = scraped(world)
    (offer,) = people.made(world)
    with world.runtime.database.reading() as db:
        current = programs.current(db, world.shop().shop_id)
    assert current is not None
    assert seen["regulars_inbox_waiting", ""] == seen["regulars_inbox_oldest_age_seconds", ""] == 0
    assert seen["regulars_store_calls_total", "answered"] >= 1
    assert seen["regulars_intents", "issued"] == 1
    assert seen["regulars_webhook_answers_total", "kept"] == seen["regulars_inbox_accepted_total", ""]
    assert seen["regulars_budget_reserved_minor", "USD"] == offer.reserved_minor > 0
    assert seen["regulars_budget_cap_minor", "USD"] == stored.from_stored(current.body).limits.monthly_budget


def test_calls_are_counted_by_what_became_of_them(world: World) -> None:
    """A store that asks to wait and one whose answer is lost are told apart; so is how long an offer's fate is unknown."""
    people.rules(world)
    people.buys(world)
    world.store.weather.expect(Mishap.TOO_MANY, Mishap.SERVER_ERROR, only="CreateDiscount")
    world.worker.drain()
    assert scraped(world)["regulars_throttled_total", ""] == 1

    people.passes(world, minutes=1)
    world.worker.drain()
    people.passes(world, seconds=1)
    seen = scraped(world)
    assert seen["regulars_store_calls_total", "throttled"] == seen["regulars_store_calls_total", "in_doubt"] == 1
    assert seen["regulars_intents", "sending"] == 1
    assert seen["regulars_in_doubt_oldest_age_seconds", ""] >= 1


def test_renewals_of_tokens_are_counted(world: World) -> None:
    """A token that has run out is renewed before the next call, and both ways that can end are told apart."""
    people.rules(world)
    people.passes(world, hours=2)
    people.buys(world)
    world.worker.drain()
    assert scraped(world)["regulars_token_refresh_total", "renewed"] >= 1


def test_codes_that_were_used_too_often_are_counted(world: World) -> None:
    """A store that lets a code through twice is an alarm; what is switched off for other reasons is none."""
    assert scraped(world)["regulars_over_redeemed", ""] == 0
    shop_id, payload = world.shop().shop_id, {"code": "X", "until": world.runtime.now().isoformat()}
    with world.runtime.database.transaction() as db:
        for key in ("over", "over/a", "over/b", "over0", "used/c"):
            outbox.put(db, shop_id, key=key, kind=SWITCH_OFF, payload=payload, now=world.runtime.now())
    assert scraped(world)["regulars_over_redeemed", ""] == 2


def test_the_names_are_kept_and_nobody_is_named(world: World) -> None:
    """The names that dashboards rely on are there; no shop, no customer and no code is in any of them."""
    people.rules(world)
    people.buys(world)
    world.worker.drain()
    text = requests.get(f"{world.app_url}/metrics", timeout=30).text
    found = {family.name for family in text_string_to_metric_families(text)}

    assert found == NAMES
    (discount,) = people.live_codes(world)
    for named in (world.shop().domain, world.shop().name, str(REGULAR), "Ada", "Tester", discount.terms.code):
        assert named not in text


def test_who_asks_again_within_a_second_costs_nothing(world: World) -> None:
    """Figures of the database are told again for a second, however many ask."""
    waiting = scraped(world)["regulars_inbox_waiting", ""]
    people.buys(world)
    text = requests.get(f"{world.app_url}/metrics", timeout=30).text
    assert f"regulars_inbox_waiting {waiting}" in text
    assert scraped(world)["regulars_inbox_waiting", ""] > waiting

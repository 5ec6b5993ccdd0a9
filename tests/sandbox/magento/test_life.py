"""What surprises in a Magento store surprises here: late counts, limits of the whole rule, events that get lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugin.sandbox.magento import coupons, events, orders, rules
from plugin.sandbox.magento.refusals import Refused
from plugin.sandbox.magento.store import MagentoStore
from tests.platforms import loopback
from tests.platforms.magento import captures
from tests.sandbox.magento.replay import START

RULE: dict[str, Any] = {
    "name": "Ten", "website_ids": [1], "customer_group_ids": [0, 1], "is_active": True, "simple_action": "by_percent",
    "discount_amount": 10, "coupon_type": "SPECIFIC_COUPON", "use_auto_generation": True, "uses_per_coupon": 1,
    "uses_per_customer": 0, "to_date": "2026-11-30",
}  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MagentoStore]:
    """A store with a customer, a rule of ten percent and two codes under it."""
    opened = MagentoStore(tmp_path / "store.db", now=lambda: START, timezone="UTC")
    opened.add_customer(7, "Ada Byron")
    with opened.transaction() as connection:
        rules.save(connection, RULE)
        for code in ("ONE", "TWO"):
            coupons.save(connection, {"rule_id": 1, "code": code, "type": 1, "expiration_date": "2020-01-01 00:00:00"})
    yield opened
    opened.close()


def test_a_code_for_one_use_is_spent_twice_until_somebody_counts(store: MagentoStore) -> None:
    """And its own end, long past, is not looked at."""
    for _ in range(2):
        assert store.checkout(customer_id=7, total="50", code="one").discount == 5
    assert store.work_queue() == 2
    with pytest.raises(Refused):
        store.checkout(customer_id=7, total="50", code="ONE")
    with store.transaction() as connection:
        assert coupons.get(connection, 1)["times_used"] == 2


def test_a_limit_for_a_customer_counts_the_whole_rule_and_no_guests(store: MagentoStore) -> None:
    """Who used one code of a rule is refused the other; a guest is not."""
    with store.transaction() as connection:
        rules.save(connection, {"uses_per_customer": 1}, rule_id=1)
    store.checkout(customer_id=7, total="50", code="ONE")
    store.work_queue()
    with pytest.raises(Refused):
        store.checkout(customer_id=7, total="50", code="TWO")
    assert store.checkout(customer_id=None, total="50", code="TWO").discount == 5


@pytest.mark.parametrize(
    ("edit", "status"),
    [
        ({"is_active": False}, 404),
        ({"to_date": "2026-11-21", "from_date": None}, 404),
        ({"from_date": "2026-11-23"}, 404),
        ({"website_ids": []}, 404),
        ({"customer_group_ids": [0]}, 404),
        ({"simple_action": "BY_PERCENT"}, 400),
    ],
)
def test_a_dead_rule_is_saved_and_refused_at_the_till(store: MagentoStore, edit: dict[str, Any], status: int) -> None:
    """Nothing is said when it is saved, and one sentence for every reason when it is used."""
    with store.transaction() as connection:
        rules.save(connection, edit, rule_id=1)
    with pytest.raises(Refused) as refused:
        store.checkout(customer_id=7, total="50", code="ONE")
    assert refused.value.status == status


def test_deleting_a_rule_frees_the_names_under_it(store: MagentoStore) -> None:
    """Its coupons go with it, and their codes may be made again."""
    with store.transaction() as connection:
        rules.delete(connection, 1)
        rules.save(connection, RULE)
        assert coupons.save(connection, {"rule_id": 2, "code": "one", "type": 1})["rule_id"] == 2


def test_an_event_carries_what_the_entity_is_by_then(store: MagentoStore) -> None:
    """The letter is signed over its bytes, and tells the order as it is when the queue is worked off."""
    with loopback.store(loopback.answers(b"", status=200)) as listener:
        _listen(store, "sales.order.created", f"{listener.origin}/hooks/sales.order.created")
        placed = store.checkout(customer_id=7, total="50", paid=False)
        store.cancel(placed.order_id)
        assert (store.bring_events().sent, store.bring_events().sent) == (1, 0)
    (heard,) = listener.heard
    assert heard.headers["x-magento-signature"] == events.signature(heard.body, "token")
    with store.transaction() as connection:
        assert heard.json == {"data": orders.get(connection, placed.order_id)}
    assert heard.json["data"]["state"] == "canceled"


def test_an_event_that_nobody_took_is_lost(store: MagentoStore) -> None:
    """No answer: lost without a trace. An answer of failure: it stays and is tried again."""
    _listen(store, "sales.order.created", f"http://127.0.0.1:{loopback.free_port()}/")
    store.checkout(customer_id=7, total="50")
    assert (store.bring_events().lost, store.bring_events().lost) == (1, 0)
    with loopback.store(loopback.answers(b"", status=503), loopback.answers(b"")) as listener:
        _listen(store, "sales.order.paid", f"{listener.origin}/paid")
        store.checkout(customer_id=None, total="50")
        first, second = store.bring_events(), store.bring_events()
    assert (first.failed, second.sent) == (1, 1)


def test_a_part_that_is_given_back_raises_no_event_of_the_order(store: MagentoStore) -> None:
    """Only the credit memo tells of it; the whole moves the order's state and tells twice."""
    with loopback.store(loopback.answers(b"")) as listener:
        for name in ("sales.order.updated", "sales.creditmemo.created"):
            _listen(store, name, f"{listener.origin}/{name}")
        placed = store.checkout(customer_id=7, total="50")
        store.bring_events()
        listener.heard.clear()
        store.refund(placed.order_id, "10")
        store.bring_events()
        assert [one.path for one in listener.heard] == ["/sales.creditmemo.created"]
        store.refund(placed.order_id, "40")
        store.bring_events()
    assert [one.path for one in listener.heard[1:]] == ["/sales.order.updated", "/sales.creditmemo.created"]


def test_letters_are_signed_as_the_module_signs_them() -> None:
    """The captured deliveries bear the signature that the sandbox would give them."""
    path = captures.FOLDER / "asyncevents_deliveries.json"
    if not path.is_file():
        pytest.skip("the captures of Magento are not at hand (../shared/captures/magento)")
    letters = json.loads(path.read_text(encoding="utf-8"))
    assert letters
    for letter in letters:
        made = events.signature(letter["body"].encode(), "s3cr3t-token-for-hmac")
        assert made == letter["headers"]["x-magento-signature"]


def _listen(store: MagentoStore, event: str, url: str) -> None:
    with store.transaction() as connection:
        given = {"event_name": event, "recipient_url": url, "verification_token": "token"}
        events.subscribe(connection, given, now=START)

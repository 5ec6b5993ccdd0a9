"""What a customer agreed to is read from its own topic, without the address that it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from storage import customers
from storage.engine import Database
from storage.facts import ConsentFact
from webhooks.facts import Unexpected
from webhooks.shopify.translate import CONSENTS, translate

TOPIC = "customers_email_marketing_consent/update"
AT = datetime(2026, 10, 1, 12, tzinfo=UTC)


def told(**consent: Any) -> dict[str, Any]:
    agreed = {"state": "subscribed", "opt_in_level": None, "consent_updated_at": "2026-10-01T08:00:00-04:00", **consent}
    return {"customer_id": 77, "email_address": "ada@example.com", "email_marketing_consent": agreed}


def read(body: dict[str, Any]) -> ConsentFact:
    [fact] = translate(TOPIC, body, triggered_at=AT, received_at=AT, currency_hint="").consents
    return fact


@pytest.mark.parametrize("state", sorted(CONSENTS))
def test_every_state_is_read(state: str) -> None:
    """Each of Shopify's words is one of ours; the instant is in UTC; the address is left in the bytes."""
    fact = read(told(state=state))

    assert fact == ConsentFact(customer_id="77", state=state, updated_at=AT)
    assert "example" not in repr(fact)


def test_without_a_time_of_its_own_it_is_as_of_its_message() -> None:
    """A consent that was never changed has no instant: the message's counts."""
    assert read(told(consent_updated_at=None)).updated_at == AT


@pytest.mark.parametrize("state", ["", "yes", "SUBSCRIBED!"])
def test_a_state_that_is_none_of_shopifys_is_refused(state: str) -> None:
    """An unknown word is set aside, and not taken for a yes."""
    with pytest.raises(Unexpected, match="state"):
        read(told(state=state))


def test_the_newest_telling_stays_whatever_the_order(database: Database, shop_id: int) -> None:
    """Three tellings in every order, each twice, leave what was agreed to last."""
    facts = [
        ConsentFact(customer_id="77", state=state, updated_at=AT + timedelta(hours=hours))
        for hours, state in enumerate(("subscribed", "pending", "unsubscribed"))
    ]
    with database.transaction() as db:
        for turn, order in enumerate(permutations(facts)):
            who = f"7{turn}"
            for fact in (*order, *order):
                customers.record_consents(
                    db, shop_id, [ConsentFact(customer_id=who, state=fact.state, updated_at=fact.updated_at)]
                )
            assert customers.consents(db, shop_id, [who, "stranger"]) == {who: "unsubscribed"}

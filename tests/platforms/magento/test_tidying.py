"""Rules that are long over go, once they are empty; what a merchant has touched stays."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from plugin.platforms.magento import tidying
from plugin.platforms.magento.rulebook import GRAVEYARD
from plugin.platforms.protocol import InDoubt
from plugin.sandbox.magento.refusals import Refused
from plugin.sandbox.weather import Mishap
from tests.platforms.magento.sandboxed import START, World

CODE = "BACK0123456789ABCDEF"
LATER = START.date() + timedelta(days=22)


def tidied(shop: World, ended_before: date = LATER) -> list[dict[str, Any]]:
    """One round; the rules that are left, the graveyard without them."""
    after = ""
    while after := shop.platform().tidy_rules(ended_before=ended_before, after=after):
        pass
    return [rule for rule in shop.rows("SELECT * FROM rules ORDER BY rule_id") if rule["description"] != GRAVEYARD]


def test_an_empty_rule_of_the_past_goes_and_its_codes_stay_taken(shop: World) -> None:
    """Coupons of ours move to the graveyard first, with their uses; in the next round the rule goes."""
    shop.platform().create_discount(shop.spec(CODE))
    shop.store.checkout(customer_id=7, total="50", code=CODE)
    shop.store.work_queue()
    shop.now += timedelta(days=30)
    assert len(tidied(shop)) == 1
    assert tidied(shop) == []
    (coupon,) = shop.rows("SELECT * FROM coupons")
    assert (coupon["code"], coupon["times_used"]) == (CODE, 1)
    found = shop.platform().find_discount(CODE)
    assert found is not None
    assert not found.live
    with pytest.raises(Refused):
        shop.store.checkout(customer_id=7, total="50", code=CODE)


def test_a_rule_that_has_not_been_over_for_long_stays(shop: World) -> None:
    """Its last day counts: one on the day itself, or later, is not looked at."""
    made = shop.platform().create_discount(shop.spec(CODE))
    shop.platform().deactivate_discount(made.ref)
    (rule,) = tidied(shop, START.date())
    assert tidied(shop, date.fromisoformat(rule["to_date"])) == [rule]
    assert tidied(shop, date.fromisoformat(rule["to_date"]) + timedelta(days=1)) == []


@pytest.mark.parametrize("edit", [{"is_active": False}, {"discount_amount": 35}, {"description": "regulars: mine"}])
def test_what_a_merchant_has_touched_stays(shop: World, edit: dict[str, Any]) -> None:
    """A rule that was switched off or edited is the merchant's."""
    made = shop.platform().create_discount(shop.spec(CODE))
    shop.platform().deactivate_discount(made.ref)
    shop.client().put("/V1/salesRules/1", {"rule": edit})
    shop.line.sent.clear()
    assert len(tidied(shop)) == len(tidied(shop)) == 1


def test_a_merchants_own_codes_and_rules_stay(shop: World) -> None:
    """A code of another form under a rule of ours keeps both; other rules and the graveyard are not looked at."""
    made = shop.platform().create_discount(shop.spec(CODE))
    shop.platform().deactivate_discount(made.ref)
    body = {"coupon": {"rule_id": 1, "code": "SUMMER", "type": 1, "times_used": 0, "is_primary": False}}
    shop.client().post("/V1/coupons", body)
    shop.client().post("/V1/salesRules", {"rule": {"name": "Mine", "to_date": "2020-01-01"}})
    shop.line.sent.clear()
    assert len(tidied(shop)) == len(tidied(shop)) == 2
    assert {one["code"] for one in shop.rows("SELECT code FROM coupons")} == {CODE, "SUMMER"}
    assert shop.rows("SELECT count(*) AS many FROM rules WHERE description LIKE '%graveyard%'") == [{"many": 1}]


def test_many_rules_go_in_pages(shop: World) -> None:
    """A year of daily ends is taken away a page at a time, and the rest in the next round."""
    many = tidying.MOST_RULES * 2 + 3
    for number in range(many):
        made = shop.platform().create_discount(shop.spec(f"BACK{number:016d}", percent=11 + number))
        shop.platform().deactivate_discount(made.ref)
    first = shop.platform().tidy_rules(ended_before=LATER, after="")
    assert len(shop.rows("SELECT * FROM rules")) == many + 1 - tidying.MOST_RULES
    assert shop.platform().tidy_rules(ended_before=LATER, after=first)
    assert tidied(shop) == []


@pytest.mark.parametrize("mishap", [Mishap.LOST_ANSWER, Mishap.SERVER_ERROR, Mishap.RESET, Mishap.BAD_GATEWAY])
def test_a_lost_answer_is_made_up_for_in_the_next_round(shop: World, mishap: Mishap) -> None:
    """A deletion whose answer never came is in doubt; done again it finds the rule gone, or takes it away."""
    made = shop.platform().create_discount(shop.spec(CODE))
    shop.platform().deactivate_discount(made.ref)
    shop.store.weather.expect(mishap, only="DELETE ")
    with pytest.raises(InDoubt):
        tidied(shop)
    assert tidied(shop) == []

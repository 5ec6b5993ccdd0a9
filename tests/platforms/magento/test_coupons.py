"""Rewards in a Magento store, over HTTP against the sandbox: once, with an end, and never alive again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from plugin.platforms.protocol import MARK, InDoubt, Rejected, Taken
from plugin.sandbox.magento.refusals import Refused
from plugin.sandbox.order_bodies import Line as Bought
from plugin.sandbox.weather import Mishap
from tests.platforms.magento.sandboxed import START, World

RULES = "SELECT rule_id, is_active, to_date, body FROM rules ORDER BY rule_id"
COUPONS = "SELECT * FROM coupons ORDER BY coupon_id"
CODE = "BACK0123456789ABCDEF"


def test_a_code_is_good_at_the_till_and_is_ours(shop: World) -> None:
    """The code takes ten percent off from its smallest order on, and is found under our offer."""
    made = shop.platform().create_discount(shop.spec())
    found = shop.platform().find_discount(CODE.lower())
    assert found is not None
    assert (made.ref, made.code, made.live, made.tags) == (found.ref, CODE, True, (f"offer-{CODE}".lower(), MARK))
    assert (found.live, found.tags, found.usage_count, found.changed) == (True, made.tags, 0, ())
    assert shop.store.checkout(customer_id=7, total="50", code=CODE).discount == 5
    with pytest.raises(Refused):
        shop.store.checkout(customer_id=7, total="19.99", code=CODE)


@pytest.mark.parametrize(
    ("given", "shipping", "off", "paid"),
    [
        ({"type": "fixed", "amount": 700}, "5", 7, 48),
        ({"type": "shipping", "amount": 900}, "9", 0, 50),
        ({"type": "gift", "amount": 800, "products": ("SKU-5",)}, "0", 8, 42),
        ({"percent": 25, "collections": ("3",)}, "0", 5, 45),
        ({"percent": 25, "products": ("SKU-5",)}, "0", 7.5, 42.5),
    ],
)
def test_every_kind_of_reward_takes_off_what_it_should(
    shop: World, given: dict[str, Any], shipping: str, off: float, paid: float
) -> None:
    """Amounts, free shipping, a gift and chosen goods: the till takes off what was asked for."""
    shop.platform().create_discount(shop.spec(**given))
    goods = [
        Bought(title="Tea", price=Decimal(15), quantity=2, product_id=5),
        Bought(title="Cup", price=Decimal(20), product_id=6, collections=(3,)),
    ]
    placed = shop.store.checkout(customer_id=7, total="50", code=CODE, lines=goods, shipping=shipping)
    assert (float(placed.discount), float(placed.total)) == (off, paid)
    found = shop.platform().find_discount(CODE)
    assert found is not None
    assert found.changed == ()


def test_discounts_alike_share_one_rule(shop: World) -> None:
    """One rule for each template and end; many codes at once make no second one."""
    specs = [shop.spec(f"BACK{number:016}") for number in range(8)]
    store = shop.platform()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(store.create_discount, specs))
    later = shop.spec("BACK9999999999999999", ends_at=START + timedelta(days=20))
    shop.platform().create_discount(later)
    shop.platform().create_discount(shop.spec("BACK8888888888888888"))
    assert [rule["to_date"] for rule in shop.rows(RULES)] == ["2026-12-06", "2026-12-12"]
    assert {coupon["rule_id"] for coupon in shop.rows(COUPONS)} == {1, 2}


def test_of_two_rules_alike_the_lowest_is_used(shop: World) -> None:
    """Two processes that each made the rule agree on the first one afterwards."""
    shop.platform().create_discount(shop.spec())
    with shop.store.transaction() as connection:
        connection.execute(
            "INSERT INTO rules (name, description, is_active, from_date, to_date, body)"
            " SELECT name, description, is_active, from_date, to_date, replace(body, '\"rule_id\": 1', '\"rule_id\": 2')"
            " FROM rules"
        )
    shop.platform().create_discount(shop.spec("BACK1111111111111111"))
    assert {coupon["rule_id"] for coupon in shop.rows(COUPONS)} == {1}


def test_the_rule_ends_with_the_last_day_anywhere(shop: World) -> None:
    """The rule's day is the store's own, and an end at midnight is the day before."""
    midnight = START.replace(hour=5) + timedelta(days=10)
    shop.platform().create_discount(shop.spec(ends_at=midnight))
    shop.platform().create_discount(shop.spec("BACK1111111111111111", ends_at=midnight + timedelta(seconds=1)))
    assert [rule["to_date"] for rule in shop.rows(RULES)] == ["2026-12-01", "2026-12-02"]


def test_a_code_that_exists_is_taken_and_adopted(shop: World) -> None:
    """The same create again makes nothing, whatever the case of the code."""
    shop.platform().create_discount(shop.spec())
    for code in (CODE, CODE.lower()):
        with pytest.raises(Taken):
            shop.platform().create_discount(shop.spec(code))
    assert len(shop.rows(COUPONS)) == 1


def test_a_code_of_somebody_elses_is_not_ours(shop: World) -> None:
    """A coupon with our code under the merchant's rule is taken, and bears no mark."""
    rule = {"name": "Mine", "coupon_type": "SPECIFIC_COUPON", "is_active": True}
    number = shop.client().post("/V1/salesRules", {"rule": rule})["rule_id"]
    shop.client().post("/V1/coupons", {"coupon": {"rule_id": number, "code": CODE}})
    shop.line.sent.clear()
    with pytest.raises(Taken):
        shop.platform().create_discount(shop.spec())
    found = shop.platform().find_discount(CODE)
    assert found is not None
    assert (found.tags, found.live) == ((), True)


@pytest.mark.parametrize("mishap", [Mishap.LOST_ANSWER, Mishap.BAD_GATEWAY, Mishap.SERVER_ERROR, Mishap.RESET])
def test_after_any_mishap_the_very_same_again_makes_one(shop: World, mishap: Mishap) -> None:
    """A lost answer is in doubt; asked again there is one coupon, and it is live."""
    shop.store.weather.expect(mishap, only="POST /rest/all/V1/coupons")
    with pytest.raises(InDoubt):
        shop.platform().create_discount(shop.spec())
    found = shop.platform().find_discount(CODE) or shop.platform().create_discount(shop.spec())
    assert found.live
    assert len(shop.rows(COUPONS)) == 1


@pytest.mark.parametrize("mishap", [Mishap.LOST_ANSWER, Mishap.SERVER_ERROR])
def test_a_rule_whose_making_was_in_doubt_is_found_again(shop: World, mishap: Mishap) -> None:
    """A lost answer to a new rule makes no second one."""
    shop.store.weather.expect(mishap, only="POST /rest/all/V1/salesRules")
    with pytest.raises(InDoubt):
        shop.platform().create_discount(shop.spec())
    shop.platform().create_discount(shop.spec())
    assert len(shop.rows(RULES)) == 1


def test_a_code_that_is_switched_off_is_dead_and_keeps_its_name(shop: World) -> None:
    """Under the graveyard the till refuses it, uses are not forgotten, and the same create comes too late."""
    made = shop.platform().create_discount(shop.spec())
    shop.platform().deactivate_discount(made.ref)
    found = shop.platform().find_discount(CODE)
    assert found is not None
    assert (found.live, found.ref, found.tags) == (False, made.ref, made.tags)
    with pytest.raises(Refused):
        shop.store.checkout(customer_id=7, total="50", code=CODE)
    with pytest.raises(Taken):
        shop.platform().create_discount(shop.spec())
    shop.platform().deactivate_discount(made.ref)
    assert shop.platform().find_discounts([made.ref, "999"]) == {made.ref: found}


def test_uses_survive_the_switching_off(shop: World) -> None:
    """What the store had counted is still counted in the graveyard."""
    made = shop.platform().create_discount(shop.spec())
    shop.store.checkout(customer_id=7, total="50", code=CODE)
    shop.store.work_queue()
    shop.platform().deactivate_discount(made.ref)
    found = shop.platform().find_discount(CODE)
    assert found is not None
    assert (found.live, found.usage_count) == (False, 1)


def test_a_name_is_taken_by_a_code_that_is_over(shop: World) -> None:
    """A create whose end has passed lands in the graveyard, and what lands after it finds the name taken."""
    over = shop.spec(starts_at=START - timedelta(days=2), ends_at=START - timedelta(days=1))
    made = shop.platform().create_discount(over)
    assert made.live is False
    with pytest.raises(Taken):
        shop.platform().create_discount(shop.spec())
    with pytest.raises(Refused):
        shop.store.checkout(customer_id=7, total="50", code=CODE)


def test_a_graveyard_that_somebody_switches_on_gives_nothing(shop: World) -> None:
    """It is over as well; and from then on another one is used."""
    made = shop.platform().create_discount(shop.spec())
    shop.platform().deactivate_discount(made.ref)
    shop.client().put("/V1/salesRules/2", {"rule": {"is_active": True}})
    shop.line.sent.clear()
    with pytest.raises(Refused):
        shop.store.checkout(customer_id=7, total="50", code=CODE)
    shop.platform().deactivate_discount(made.ref)
    assert [rule["is_active"] for rule in shop.rows(RULES)] == [1, 1, 0]
    assert shop.rows(COUPONS)[0]["rule_id"] == 3


def test_a_rule_that_was_edited_is_left_alone_and_named(shop: World) -> None:
    """The merchant's edit stays, what differs is told, and new codes hang on a rule of their own."""
    shop.platform().create_discount(shop.spec())
    shop.client().put("/V1/salesRules/1", {"rule": {"discount_amount": 35, "uses_per_coupon": 3}})
    shop.line.sent.clear()
    found = shop.platform().find_discount(CODE)
    assert found is not None
    assert found.changed == ("percent", "uses_per_coupon")
    shop.platform().create_discount(shop.spec("BACK1111111111111111"))
    assert [coupon["rule_id"] for coupon in shop.rows(COUPONS)] == [1, 2]


def test_a_rule_that_was_switched_off_says_no_in_a_sentence(shop: World) -> None:
    """No other rule is made against the merchant's will."""
    made = shop.platform().create_discount(shop.spec())
    shop.client().put("/V1/salesRules/1", {"rule": {"is_active": False}})
    shop.line.sent.clear()
    with pytest.raises(Rejected, match=r"rule 1 .* switched off") as refused:
        shop.platform().create_discount(shop.spec("BACK1111111111111111"))
    assert refused.value.code == "RULE_SWITCHED_OFF"
    assert shop.platform().find_discounts([made.ref])[made.ref].live is False


def test_a_rule_that_was_deleted_is_made_again(shop: World) -> None:
    """Its codes are gone with it; a rule that was remembered is asked for anew."""
    store = shop.platform()
    made = store.create_discount(shop.spec())
    shop.client().delete("/V1/salesRules/1")
    assert shop.platform().find_discounts([made.ref]) == {}
    assert shop.platform().find_discount(CODE) is None
    with pytest.raises(InDoubt):
        store.create_discount(shop.spec("BACK1111111111111111"))
    assert store.create_discount(shop.spec("BACK1111111111111111")).live
    with pytest.raises(InDoubt):
        shop.platform().deactivate_discount(made.ref)


def test_what_magento_cannot_give_is_refused_in_a_sentence(shop: World) -> None:
    """Combining with some kinds only is not possible, and is said before anything is sent."""
    with pytest.raises(Rejected, match="all kinds, or none"):
        shop.platform().create_discount(shop.spec(combines=("order",)))
    assert shop.platform().create_discount(shop.spec(combines=("order", "product", "shipping"))).live
    assert shop.rows(RULES)[0]["body"].count('"stop_rules_processing": false') == 1


@pytest.mark.parametrize(
    "wrong",
    [{"percent": 150}, {"type": "to_percent"}, {"type": "fixed"}, {"type": "gift", "amount": 5}, {"ends_at": START}],
)
def test_nonsense_never_reaches_the_store(shop: World, wrong: dict[str, Any]) -> None:
    """Magento would save it; we do not send it."""
    with pytest.raises(ValueError, match=r"."):
        shop.platform().create_discount(shop.spec(**wrong))
    assert shop.rows(RULES) == []


def test_the_list_shows_what_may_be_live_and_nothing_of_others(shop: World) -> None:
    """Coupons under our rules, the newest first; those in the graveyard and the merchant's own are not marked."""
    store = shop.platform()
    for number in range(3):
        store.create_discount(shop.spec(f"BACK{number:016}"))
    del shop.offers["BACK0000000000000001"]
    shop.client().post(
        "/V1/coupons/generate", {"couponSpec": {"rule_id": 1, "quantity": 1, "length": 5, "format": "num"}}
    )
    page = shop.platform().list_discounts(changed_since=START - timedelta(hours=2), after=None)
    assert page.after is None
    assert [(one.code[-2:], one.tags, one.live) for one in page.discounts[1:]] == [
        ("02", ("offer-back0000000000000002", MARK), True),
        ("01", (MARK,), True),
        ("00", ("offer-back0000000000000000", MARK), True),
    ]
    assert page.discounts[0].tags == ()


def test_a_customers_group_stands_for_tags(shop: World) -> None:
    """Magento has no tags; who is gone has none, and a guest is not logged in."""
    store = shop.platform()
    assert store.customer_tags("7") == ("General",)
    assert store.customer_tags("999") is None
    assert store.customer_tags("guest-0123456789abcdef0123456789abcdef") == ("NOT LOGGED IN",)


def test_an_order_tells_the_code_that_was_used(shop: World) -> None:
    """The order's coupon_code is the truth about a use, long before the store has counted it."""
    shop.platform().create_discount(shop.spec())
    placed = shop.store.checkout(customer_id=7, total="50", code=CODE.lower())
    fetched = shop.platform().fetch_order(str(placed.order_id))
    assert fetched is not None
    assert [(code.code, code.discount_minor) for code in fetched.order.codes] == [(CODE, 500)]
    found = shop.platform().find_discount(CODE)
    assert found is not None
    assert found.usage_count == 0

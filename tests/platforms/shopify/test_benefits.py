"""Every kind of benefit, put into the sandbox store over HTTP, used at its till, and told by its orders."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.platforms import line
from plugin.platforms.protocol import MARK, DiscountSpec
from plugin.platforms.shopify.discount_input import create_variables
from plugin.platforms.shopify.discount_terms import asked
from plugin.platforms.terms import changed
from plugin.sandbox.discounts import CodeRefused
from plugin.sandbox.order_bodies import Line
from tests.platforms.shopify.samples import BENEFITS, NOW, SPEC
from tests.platforms.shopify.test_with_sandbox import World
from tests.platforms.shopify.test_with_sandbox import world as hurried
from webhooks.shopify.translate import translate

__all__ = ["hurried"]

LONG_AGO = NOW - timedelta(days=30)
GIFT, RECORD, COLLECTION = 8_100_000_000_011, 8_100_000_000_012, 8_300_000_000_001
BASKET = (
    Line(title="The gift", price=Decimal("18.50"), quantity=2, product_id=GIFT),
    Line(title="A record", price=Decimal("40.00"), product_id=RECORD, collections=(COLLECTION,)),
)
#: type -> what it takes off that basket, sent for 7.00
EXPECTED = {
    "percent": (replace(SPEC, percent=15), "11.55"),
    "percent of one product": (replace(SPEC, percent=15, products=(str(RECORD),)), "6.00"),
    "fixed": (replace(SPEC, type="fixed", amount=500), "5.00"),
    "fixed, of a collection": (replace(SPEC, type="fixed", amount=9000, collections=(str(COLLECTION),)), "40.00"),
    "gift": (replace(SPEC, type="gift", amount=1850, products=(str(GIFT),)), "18.50"),
    "shipping": (replace(SPEC, type="shipping", amount=900), "7.00"),
}


@pytest.fixture
def world(hurried: World) -> Iterator[World]:
    """A store that may take its time: nothing here is about answers that do not come."""
    hurried.line = line.Line(allow_private_hosts=True, monotonic=lambda: 0.0)
    yield hurried
    hurried.line.close()


def _id(spec: DiscountSpec) -> str:
    return f"{spec.type}-{'-'.join((*spec.products, *spec.collections, *spec.combines)) or 'all'}"


@pytest.mark.parametrize("spec", [SPEC, *BENEFITS], ids=_id)
def test_what_was_asked_for_is_what_the_store_shows(spec: DiscountSpec, world: World) -> None:
    """A discount that nobody has touched has the fingerprint that it was asked for with, whatever it gives."""
    platform = world.platform(world.install())
    made = platform.create_discount(spec)

    page = platform.list_discounts(changed_since=LONG_AGO, after=None)

    (found,) = page.discounts
    assert (found.ref, found.code, found.tags, found.live) == (made.ref, spec.code, (spec.tag, MARK), True)
    assert found.terms is not None
    assert changed(asked(spec), found.terms) == ()
    assert platform.find_discounts([made.ref, "gid://shopify/DiscountCodeNode/1"]) == {made.ref: made}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_till_takes_off_what_was_meant(name: str, world: World) -> None:
    """The order tells, for the code, what it took off goods and shipping together: that is what is booked."""
    spec, off = EXPECTED[name]
    world.platform(world.install()).create_discount(spec)

    placed = world.store.checkout(
        customer_id=int(spec.customer_id), total="77.00", lines=BASKET, shipping="7.00", code=spec.code
    )

    assert placed.discount == Decimal(off)
    assert placed.total == Decimal("84.00") - Decimal(off)
    with world.store.transaction() as connection:
        (body,) = (json.loads(row["body"]) for row in connection.execute("SELECT body FROM orders"))
    facts = translate("orders/create", body, triggered_at=NOW, received_at=NOW, currency_hint="USD")
    fetched = world.platform(world.install()).fetch_order(str(placed.order_id))
    assert fetched is not None
    for order in (facts.orders[0], fetched.order):
        assert [(one.code, one.discount_minor) for one in order.codes] == [(spec.code, int(Decimal(off) * 100))]


@pytest.mark.parametrize(
    ("spec", "shipping", "reason"),
    [
        (replace(SPEC, type="shipping", amount=600), "7.00", "not_for_these"),
        (replace(SPEC, products=("8100000000099",), minimum=0), "0", "not_for_these"),
        (replace(SPEC, products=(str(GIFT),), minimum=4000), "0", "below_minimum"),
    ],
)
def test_the_till_says_no(spec: DiscountSpec, shipping: str, reason: str, world: World) -> None:
    """Shipping dearer than was set aside, a basket without what it is for, too little of what it is for."""
    world.platform(world.install()).create_discount(spec)

    with pytest.raises(CodeRefused) as refused:
        world.store.checkout(
            customer_id=int(spec.customer_id), total="77.00", lines=BASKET, shipping=shipping, code=spec.code
        )

    assert refused.value.reason == reason


def test_a_list_is_read_page_by_page(world: World) -> None:
    """The longest unchanged first; each discount once; nothing older than was asked for."""
    platform = world.platform(world.install())
    for number in range(45):
        platform.create_discount(replace(SPEC, code=f"CODE{number:04}", tag=f"offer-{number}"))
        world.clock.at += timedelta(seconds=1 if number % 3 else 60)
    seen, after, pages = [], None, 0
    while pages < 9:
        page = platform.list_discounts(changed_since=NOW + timedelta(seconds=30), after=after)
        seen += [one.code for one in page.discounts]
        pages, after = pages + 1, page.after
        if after is None:
            break

    assert (pages, seen) == (3, [f"CODE{number:04}" for number in range(1, 45)])


@given(
    first=st.sampled_from([SPEC, *BENEFITS]),
    field=st.sampled_from(
        ["customer_id", "starts_at", "ends_at", "products", "combines", "minimum", "percent", "amount"]
    ),
)
def test_a_change_of_any_part_changes_the_fingerprint(first: DiscountSpec, field: str) -> None:
    """Whatever a benefit is made of stands in its fingerprint, unless the store is never told of it."""
    other = {
        "customer_id": "42", "starts_at": NOW - timedelta(days=1), "ends_at": datetime(2027, 1, 1, tzinfo=UTC),
        "products": ("77",), "combines": ("order",), "minimum": first.minimum + 100, "percent": 7, "amount": 777,
    }[field]  # fmt: skip
    second = replace(first, **{field: other})
    told = create_variables(first) != create_variables(second)

    assert bool(changed(asked(first), asked(second))) == told


@pytest.mark.parametrize(
    "change",
    [
        {"type": "fixed", "amount": 0}, {"type": "gift", "amount": 5}, {"type": "gift", "amount": 0, "products": ("1",)},
        {"type": "gift", "amount": 5, "products": ("1", "2")}, {"type": "points"}, {"combines": ("everything",)},
        {"products": ("a",)}, {"collections": ("gid://shopify/Collection/1",)},
    ],
)  # fmt: skip
def test_a_benefit_that_cannot_be_meant_is_not_sent(change: dict[str, object]) -> None:
    """No amount, a gift that is not one product, a kind that nobody knows, an id that is none."""
    with pytest.raises(ValueError, match=r"."):
        create_variables(replace(SPEC, **change))

"""A bulk operation's file says what the webhooks said."""

from __future__ import annotations

import json
import random
import tempfile
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.platforms.shopify.past_orders import facts_of, root_of
from plugin.platforms.spool import BUFFER_BYTES, MOST_PARTS, PART_BYTES, Spool, parts_for
from tests.platforms.shopify.purchases import as_answer, as_body, purchases
from tests.platforms.shopify.samples import NOW
from webhooks.facts import Facts
from webhooks.shopify.translate import translate

SEEDS = st.integers(0, 2**32)


def _lines(purchase: dict[str, Any]) -> list[dict[str, Any]]:
    """How Shopify writes the purchase into the file."""
    order = as_answer(purchase)["data"]["order"]
    goods, shipping = order.pop("lineItems")["nodes"], order.pop("shippingLines")["nodes"]
    money = purchase["currency"]
    totals = [_counted(refund) for refund in purchase["refunds"]]
    order["refunds"] = [
        {name: told[name] for name in ("id", "createdAt", "processedAt")}
        | {"totalRefundedSet": {"shopMoney": {"amount": _text(sum(total), money), "currencyCode": money}}}
        for told, total in zip(order["refunds"], totals, strict=True)
    ]
    order["transactions"] = [
        {"kind": "SALE", "status": "SUCCESS", "amountSet": {"shopMoney": {"amount": "99.00", "currencyCode": money}}},
        *(
            node
            for refund in as_answer(purchase)["data"]["order"]["refunds"]
            for node in refund["transactions"]["nodes"]
        ),
    ]
    order["subtotalLineItemsQuantity"] = sum(line["quantity"] for line in goods)
    parent = {"__parentId": order["id"]}
    return [
        order,
        *({"__typename": "LineItem", **line, **parent} for line in goods),
        *(
            {"__typename": "ShippingLine", "id": f"gid://shopify/ShippingLine/{place}", **line, **parent}
            for place, line in enumerate(shipping)
        ),
    ]


def _counted(refund: dict[str, Any]) -> list[int]:
    """What Shopify's total of a refund holds: its transactions, settled or not."""
    return [one["minor"] for one in refund["transactions"] if one["kind"] == "refund" and one["status"] != "failure"]


def _text(minor: int, currency: str) -> str:
    digits = {"USD": 2, "JPY": 0, "KWD": 3}[currency]
    return f"{minor / 10**digits:.{digits or 1}f}"


def _raw(lines: list[dict[str, Any]], *, slashes: str = "/") -> list[bytes]:
    return [json.dumps(line).replace("/", slashes).encode() for line in lines]


def _heard(purchase: dict[str, Any]) -> Facts:
    return translate("orders/updated", as_body(purchase), triggered_at=None, received_at=NOW, currency_hint="")


def _alike(one: Facts) -> Facts:
    """Empty refunds, which move nothing, are told live and not by the file; lines come in any order."""
    orders = (
        msgspec.structs.replace(order, lines=tuple(sorted(order.lines, key=lambda line: line.line_id)))
        for order in one.orders
    )
    return msgspec.structs.replace(
        one, orders=tuple(orders), refunds=tuple(refund for refund in one.refunds if refund.amount_minor)
    )


@given(
    bought=st.lists(purchases(), max_size=6, unique_by=lambda one: one["id"]),
    seed=SEEDS,
    slashes=st.sampled_from(["/", "\\/"]),
)
def test_the_file_says_what_the_webhooks_said(bought: list[dict[str, Any]], seed: int, slashes: str) -> None:
    """Lines in any order, children before and far from their parents, slashes escaped or not; the second law.

    Where what went back cannot be told by the file, the order is asked for, and nothing is guessed.
    """
    lines = _raw([line for one in bought for line in _lines(one)], slashes=slashes)
    random.Random(seed).shuffle(lines)
    found = {past.order_id: past for past in facts_of(lines, currency="USD")}

    assert found.keys() == {str(one["id"]) for one in bought}
    for one in bought:
        past, live = found[str(one["id"])], _alike(_heard(one))
        assert past.whole
        assert past.facts is not None
        if past.facts.refetch_order_ids:
            assert _alike(past.facts) == msgspec.structs.replace(
                live, refunds=(), refetch_order_ids=frozenset({str(one["id"])})
            )
            assert any(item["status"] == "pending" for refund in one["refunds"] for item in refund["transactions"])
        else:
            assert _alike(past.facts) == live


@given(bought=purchases())
def test_an_order_that_stands_twice_counts_once(bought: dict[str, Any]) -> None:
    """It may have changed while the file was written: the newer telling holds, its children are the same."""
    older = {**bought, "updated": bought["updated"] - timedelta(seconds=1), "current": 0}
    (past,) = facts_of(_raw([*_lines(older)[:1], *_lines(bought), *_lines(bought)[1:2]]), currency="USD")

    assert past.facts is not None
    assert _alike(past.facts).orders == _alike(_heard(bought)).orders


@given(bought=purchases())
def test_a_file_that_broke_off_is_noticed(bought: dict[str, Any]) -> None:
    """An order without all of its lines is not whole; children without their order say nothing."""
    lines = _lines(bought)
    assert list(facts_of(_raw(lines[1:]), currency="USD")) == []
    if bought["lines"]:
        (past,) = facts_of(_raw([lines[0], *lines[2:]]), currency="USD")
        assert not past.whole


ODD = {
    "no JSON": b'{"id": "gid://shopify/Order/1", ',
    "an odd amount": b'{"id": "gid://shopify/Order/1", "updatedAt": "2026-01-01T00:00:00Z", "refunds": 1}',
    "no time": b'{"id": "gid://shopify/Order/1"}',
    "a key twice": b'{"id": "gid://shopify/Order/1", "id": "gid://shopify/Order/1"}',
    "a list": b'["id": "gid://shopify/Order/1"]',
}


@pytest.mark.parametrize("name", ODD)
def test_what_cannot_be_understood_is_told_with_its_number(name: str) -> None:
    """One odd order does not end an import of a million."""
    (past,) = facts_of([ODD[name]], currency="USD")

    assert (past.order_id, past.facts) == ("1", None)


@pytest.mark.parametrize(
    ("line", "root"),
    [
        (b'{"id":"gid://shopify/Order/12","refunds":[{"id":"gid://shopify/Refund/3"}]}', 12),
        (b'{"id":"gid:\\/\\/shopify\\/LineItem\\/5","__parentId":"gid:\\/\\/shopify\\/Order\\/12"}', 12),
        (b'{"id" : "gid://shopify/LineItem/5", "__parentId" : "gid://shopify/Order/12"}', 12),
        (rb'{"id":"gid://shopify/Order/12","name":"\"__parentId\":\"gid://shopify/Order/99\""}', 12),
        (b'{"name":"gid://shopify/Order/99","id":"gid://shopify/Order/12"}', 12),
        (b'{"id":"gid://shopify/Order/12","__parentId":"gid://shopify/Draft/4"}', None),
        (b'{"id":"gid://shopify/Customer/12"}', None),
        (b"", None),
    ],
)
def test_a_line_tells_its_order(line: bytes, root: int | None) -> None:
    """By what it is, or by its parent; what only looks so inside a text does not count."""
    assert root_of(line) == root


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.binary(min_size=1, max_size=40).filter(lambda line: b"\n" not in line)),
        max_size=60,
    )
)
def test_a_spool_keeps_what_it_is_given(put: list[tuple[int, bytes]]) -> None:
    """Every line comes back once, in its part, in order."""
    spool = Spool(7)
    for part, line in put:
        spool.put(part, line)

    assert [spool.take(part) for part in range(7)] == [[line for at, line in put if at == part] for part in range(7)]
    assert spool.lines == len(put)
    spool.close()


def test_a_spool_leaves_no_file(tmp_path: Any) -> None:
    """What lies on disk has no name, even while it is used; a large part comes back whole."""
    spool = Spool(2, folder=tmp_path)
    line = b"x" * 1000
    for _ in range(3 * BUFFER_BYTES // len(line)):
        spool.put(1, line)

    assert list(tmp_path.iterdir()) == []
    assert set(spool.take(1)) == {line}
    assert len(spool.take(1)) == spool.lines
    spool.close()
    assert tempfile.gettempdir()


def test_parts_are_as_many_as_the_file_needs() -> None:
    """One for a small file, and never more than what has room in memory."""
    assert [parts_for(size) for size in (0, 1, PART_BYTES, PART_BYTES + 1, 10**13)] == [1, 1, 1, 2, MOST_PARTS]

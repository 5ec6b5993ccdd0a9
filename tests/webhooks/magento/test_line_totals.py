"""What lines cost, held against the whole of the order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from webhooks import decoder
from webhooks.magento import orders
from webhooks.magento.people import People

CAPTURES = Path(__file__).resolve().parents[3] / "../shared/captures/magento"
PEOPLE = People(secret=b"a connection's", websites={1: 1}, currency="USD")


@pytest.mark.parametrize(
    "name",
    [
        "order_guest_pending",
        "order_cust_pending",
        "order_cust_processing",
        "order_cust_complete",
        "order_configurable_pending",
    ],
)
def test_lines_add_up_to_the_goods_after_their_discount(name: str) -> None:
    """Of an order of which nothing was given back the lines are its subtotal less its discount."""
    path = CAPTURES / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"the captures of Magento are not at hand ({path.name} in ../shared/captures/magento)")
    body = json.loads(path.read_text(encoding="utf-8"))["response"]
    order = orders.understand(decoder.decode(json.dumps(body).encode()), PEOPLE).orders[0]
    goods = round(100 * (body["base_subtotal"] + body["base_discount_amount"]))
    assert sum(line.total_minor for line in order.lines) == goods

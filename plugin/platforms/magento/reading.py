"""What a Magento store says when it is asked: orders, credit memos, which accounts there are, who it is itself.

There is one translation into facts, the ear's; so an order that was polled, imported or read again after a hint cannot
differ in what it means. Only the fields that are read are asked for: no name and no address comes over the line.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from plugin.platforms import shape
from plugin.platforms.magento.answers import Missing
from plugin.platforms.magento.client import MagentoClient
from plugin.platforms.magento.search import USUAL_PAGE, Filter, Search, any_of, instant, where
from plugin.platforms.protocol import FetchedOrder, InDoubt
from webhooks.complaints import told
from webhooks.facts import Facts, Unexpected
from webhooks.magento import orders, payloads, refunds, values
from webhooks.magento.people import People

ORDERS, CREDITMEMOS = "/V1/orders", "/V1/creditmemos"
Understand = Callable[[Any, People], Facts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of thing that has a number and a time of its last change, and how it is read."""

    name: str
    path: str
    fields: str
    understand: Understand


OF_ORDERS = Kind(name="orders", path=ORDERS, fields=payloads.ORDER_FIELDS, understand=orders.understand)
OF_CREDITMEMOS = Kind(
    name="creditmemos", path=CREDITMEMOS, fields=payloads.CREDITMEMO_FIELDS, understand=refunds.understand
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing of a page: its number, when it last changed, and what it says, or why that cannot be told."""

    entity_id: int
    updated_at: datetime
    facts: Facts | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some rows in the order asked for. ``total`` counts all that fit; ``full`` says that there may be more."""

    rows: tuple[Row, ...]
    total: int
    full: bool


def fetch_order(client: MagentoClient, order_id: str, *, people: People) -> FetchedOrder | None:
    """The order as it is now, or None when the store has none under this number. Raises PlatformError."""
    try:
        answer = client.get(f"{ORDERS}/{_number(order_id)}", [("fields", payloads.ORDER_FIELDS)])
    except Missing:
        return None
    row = _row(OF_ORDERS, shape.mapping(answer, "order"), people)
    if row.facts is None:
        raise InDoubt(f"the answer's order cannot be understood: {row.reason}")
    facts = row.facts
    return FetchedOrder(order=facts.orders[0], refunds=(), customers=facts.customers, merges=facts.merges)


def changed_since(
    client: MagentoClient, kind: Kind, since: datetime, *, people: People, page: int = 1, size: int = USUAL_PAGE
) -> Page:
    """A page of what changed at ``since`` or later, the longest ago first. Raises PlatformError.

    Whoever reads on asks anew from the last row's time, as rows move while pages are turned; ``page`` is for one second
    that holds more than a page.
    """
    search = Search(
        groups=where(Filter("updated_at", instant(since), "gteq")),
        order=(("updated_at", True), ("entity_id", True)),
        page=page,
        page_size=size,
        fields=_listed(kind),
    )
    return _page(client, kind, search, people)


def created_since(
    client: MagentoClient, kind: Kind, since: datetime, *, after: int, people: People, size: int = USUAL_PAGE
) -> Page:
    """A page of what was made at ``since`` or later, by rising number behind ``after``. Raises PlatformError."""
    search = Search(
        groups=where(Filter("created_at", instant(since), "gteq"), Filter("entity_id", str(after), "gt")),
        order=(("entity_id", True),),
        page_size=size,
        fields=_listed(kind),
    )
    return _page(client, kind, search, people)


def numbered_after(client: MagentoClient, kind: Kind, after: int, *, people: People, size: int = USUAL_PAGE) -> Page:
    """A page of everything behind the number ``after``, by rising number: for history. Raises PlatformError."""
    search = Search(
        groups=where(Filter("entity_id", str(after), "gt")),
        order=(("entity_id", True),),
        page_size=size,
        fields=_listed(kind),
    )
    return _page(client, kind, search, people)


def accounts(client: MagentoClient, ids: Collection[str]) -> set[str]:
    """Those of these customers that have an account; up to a page of them. Raises PlatformError."""
    asked = sorted(_number(one) for one in ids)
    search = Search(groups=((any_of("entity_id", asked),),), page_size=len(asked), fields="items[id],total_count")
    found = client.search("/V1/customers/search", search)
    return {str(shape.count(one.get("id"), "customer")) for one in found.items}


def _page(client: MagentoClient, kind: Kind, search: Search, people: People) -> Page:
    found = client.search(kind.path, search)
    rows = tuple(_row(kind, one, people) for one in found.items)
    return Page(rows=rows, total=found.total, full=len(rows) >= search.page_size)


def _row(kind: Kind, body: dict[str, Any], people: People) -> Row:
    try:
        number = int(values.entity_id(body.get("entity_id")))
        updated_at = values.instant(body.get("updated_at") or body.get("created_at"))
    except ValueError:
        raise InDoubt(f"the answer's {kind.name} have no number or no time") from None
    try:
        return Row(entity_id=number, updated_at=updated_at, facts=kind.understand(body, people))
    except ValidationError as wrong:
        return Row(entity_id=number, updated_at=updated_at, facts=None, reason=told(wrong))
    except Unexpected as wrong:
        return Row(entity_id=number, updated_at=updated_at, facts=None, reason=wrong.reason)


def _listed(kind: Kind) -> str:
    return f"items[{kind.fields}],total_count"


def _number(order_id: str) -> int:
    try:
        return int(values.entity_id(order_id))
    except ValueError:
        # a guest's id, or an order that came out of a file
        raise Missing("no number of the store's", code="404") from None

"""Tells a customer everything that is kept about them, for the merchant to hand on; and who still waits for it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from plugin.usecases.list_signals import instant_text
from storage import customers, disclosure, outbox

DATA_REQUEST = "data_request"
#: within this time the law wants an answer
ANSWER_WITHIN = timedelta(days=30)
FORMAT = 1


def asked(
    db: Connection,
    shop_id: int,
    *,
    request_id: str | None,
    customer_id: str | None,
    order_ids: Collection[str],
    now: datetime,
) -> None:
    """Writes down that somebody asks what is kept; the same request again is the same.

    A store may name the person by their orders alone; then it is whose orders they are. Of one whom it names by an
    address alone nothing is kept that could be told.
    """
    found = {customer_id} if customer_id else disclosure.owners(db, shop_id, order_ids)
    for who in sorted(found):
        payload = {"customer_id": who, "order_ids": sorted(order_ids)}
        key = f"data/{request_id or now.isoformat()}/{who}"
        outbox.put(db, shop_id, key=key, kind=DATA_REQUEST, payload=payload, now=now)


def everything(db: Connection, shop_id: int, customer_id: str, *, now: datetime) -> dict[str, Any]:
    """All that is kept about a customer under every id that they had, and their guest orders named in a request."""
    people = customers.family(db, shop_id, customer_id)
    told = disclosure.everything(db, shop_id, people, _named(disclosure.waiting(db, shop_id, DATA_REQUEST), people))
    return {
        "format": FORMAT,
        "customer_id": customer_id,
        "also_known_as": sorted(people - {customer_id}),
        "told_at": now,
        "kept": told,
    }


def as_text(told: dict[str, Any]) -> str:
    """The file to hand on: JSON with instants in ISO 8601."""
    return json.dumps(told, indent=2, ensure_ascii=False, default=_plain) + "\n"


def answered(db: Connection, shop_id: int, customer_id: str, *, now: datetime) -> int:
    """The customer has been told: their requests do not wait any more; how many did."""
    return disclosure.answered(db, shop_id, DATA_REQUEST, customers.family(db, shop_id, customer_id), now)


def _plain(value: object) -> str | None:
    return instant_text(value) if isinstance(value, datetime) else str(value)


def _named(requests: Iterable[dict[str, Any]], people: Collection[str]) -> set[str]:
    return {str(one) for each in requests if each.get("customer_id") in people for one in each.get("order_ids", ())}

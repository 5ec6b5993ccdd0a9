"""Asynchronous and bulk calls: accepted at once, done when the queue is worked off, each with a status of its own."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from plugin.sandbox.magento import coupons
from plugin.sandbox.magento.refusals import Refused, missing
from plugin.sandbox.magento.values import Body

DONE, FAILED, OPEN = 1, 3, 4
TOPIC = "async.magento.salesrule.api.couponrepositoryinterface.save.post"
SUCCESS = "Service execution success Magento\\SalesRule\\Model\\CouponRepository::save"


@dataclass(slots=True)
class Operation:
    """One call of a bulk."""

    given: Body
    status: int = OPEN
    message: str | None = None
    error_code: int | None = None
    result: str | None = None


@dataclass(slots=True)
class Bulks:
    """The bulks of a store, by their number; they are forgotten with the process."""

    kept: dict[str, list[Operation]] = field(default_factory=dict)

    def accept(self, bodies: list[Body]) -> Body:
        """Queues the calls."""
        number = str(uuid.uuid4())
        self.kept[number] = [Operation(given=body) for body in bodies]
        told = [
            {"id": place, "data_hash": hashlib.sha256(json.dumps(body).encode()).hexdigest(), "status": "accepted"}
            for place, body in enumerate(bodies)
        ]
        return {"bulk_uuid": number, "request_items": told, "errors": False}

    def work(self, connection: Any) -> None:
        """Does what waits."""
        for one in (one for bulk in self.kept.values() for one in bulk if one.status == OPEN):
            try:
                one.result = json.dumps(coupons.save(connection, one.given["coupon"]))
                one.status, one.message = DONE, SUCCESS
            except Refused as no:
                one.status, one.error_code, one.message = FAILED, 0, _said(no)


def status(bulks: Bulks, number: str, *, detailed: bool) -> Body:
    """What became of a bulk. Raises Refused."""
    if number not in bulks.kept:
        raise missing()
    told: list[Body] = []
    for place, one in enumerate(bulks.kept[number]):
        short = {"id": place, "status": one.status, "result_message": one.message, "error_code": one.error_code}
        given = json.dumps(one.given) if one.status == FAILED else None
        more = {"bulk_uuid": number, "topic_name": TOPIC, "serialized_data": given}
        more |= {"result_serialized_data": one.result}
        told.append(short | more if detailed else short)
    summary = {
        "bulk_id": number,
        "user_type": 1,
        "description": "Topic " + TOPIC,
        "start_time": "2026-11-22 00:00:00",
        "user_id": 1,
    }
    return {"operations_list": told, **summary, "operation_count": len(told)}


def _said(no: Refused) -> str:
    told = no.message
    for place, one in enumerate(no.parameters or (), start=1):
        told = told.replace(f"%{place}", str(one))
    return told

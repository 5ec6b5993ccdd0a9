"""The part of the JSON API that lists: customers, offers as a file, and the one wish about a single customer."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from plugin.pages import customers, export, offers, schemas, views
from plugin.pages.access import Visitor
from plugin.pages.front import Front
from plugin.pages.guard import Answer, body, guarded
from plugin.usecases import leave_out, list_offers


def blueprint(front: Front) -> Blueprint:
    """The lists' addresses; they take the filters of the pages."""
    api = Blueprint("lists_api", __name__, url_prefix="/api/v1")

    @api.before_request
    def limit() -> None:
        request.max_content_length = views.LARGEST_REQUEST

    @api.get("/customers")
    @guarded(front)
    def read_customers(visitor: Visitor) -> Answer:
        with front.runtime.database.reading() as db:
            return customers.as_json(db, visitor.shop, now=front.runtime.now(), query=request.args)

    @api.post("/customers/<customer_id>/left-out")
    @guarded(front)
    def keep_left_out(visitor: Visitor, customer_id: str) -> Answer:
        left_out = body(front, visitor, schemas.LeftOutShape())["left_out"]
        return _leave_out(front, visitor, customer_id, left_out=left_out)

    @api.get("/offers.csv")
    @guarded(front)
    def export_offers(visitor: Visitor) -> Answer:
        with front.runtime.database.reading() as db:
            rows = offers.exported(db, visitor.shop, request.args)
            text = export.as_csv(rows, list_offers.FIELDS)
        answer = Response(text, content_type="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = 'attachment; filename="offers.csv"'
        return answer

    return api


def _leave_out(front: Front, visitor: Visitor, customer_id: str, *, left_out: bool) -> Answer:
    try:
        with front.runtime.database.transaction() as db:
            leave_out.leave_out(
                db, shop_id=visitor.shop.shop_id, customer_id=customer_id, left_out=left_out, now=front.runtime.now()
            )
    except LookupError:
        abort(404)
    return {"customer_id": customer_id, "left_out": left_out}

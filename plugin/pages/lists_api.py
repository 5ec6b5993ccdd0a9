"""The part of the JSON API that lists: customers and offers, one or many, and the wishes about a single one."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from plugin.pages import customer, customers, export, offers, views, wishes
from plugin.pages.access import Visitor
from plugin.pages.front import Front
from plugin.pages.guard import Answer, body, errors, guarded
from plugin.usecases import cancel_offers, disclose, leave_out, list_offers, opt_out
from storage import offers as offer_store

#: kept beside an offer; the page says it in the reader's language
BY_MERCHANT = "cancelled by the merchant"


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

    @api.get("/customers/<customer_id>")
    @guarded(front)
    def read_customer(visitor: Visitor, customer_id: str) -> Answer:
        try:
            with front.runtime.database.reading() as db:
                return customer.as_json(db, visitor.shop, now=front.runtime.now(), customer_id=customer_id)
        except LookupError:
            abort(404)

    @api.post("/customers/<customer_id>/left-out")
    @guarded(front, changes=True)
    def keep_left_out(visitor: Visitor, customer_id: str) -> Answer:
        left_out = body(front, visitor, wishes.LeftOutShape())["left_out"]
        return _leave_out(front, visitor, customer_id, left_out=left_out)

    @api.post("/customers/<customer_id>/unscored")
    @guarded(front, changes=True)
    def keep_unscored(visitor: Visitor, customer_id: str) -> Answer:
        unscored = body(front, visitor, wishes.UnscoredShape())["unscored"]
        try:
            with front.runtime.database.transaction() as db:
                opt_out.opt_out(
                    db,
                    shop_id=visitor.shop.shop_id,
                    customer_id=customer_id,
                    unscored=unscored,
                    now=front.runtime.now(),
                )
        except LookupError:
            abort(404)
        return {"customer_id": customer_id, "unscored": unscored}

    _kept(api, front)
    _offers(api, front)
    return api


def _kept(api: Blueprint, front: Front) -> None:
    @api.post("/customers/<customer_id>/kept.json")
    @guarded(front, changes=True)
    def disclose_customer(visitor: Visitor, customer_id: str) -> Answer:
        shop_id, now = visitor.shop.shop_id, front.runtime.now()
        with front.runtime.database.transaction() as db:
            told = disclose.everything(db, shop_id, customer_id, now=now)
            if not told["kept"]:
                abort(404)
            disclose.answered(db, shop_id, customer_id, now=now)
        answer = Response(disclose.as_text(told), content_type="application/json; charset=utf-8")
        answer.headers["Content-Disposition"] = 'attachment; filename="kept.json"'
        return answer


def _offers(api: Blueprint, front: Front) -> None:
    @api.get("/offers")
    @guarded(front)
    def read_offers(visitor: Visitor) -> Answer:
        with front.runtime.database.reading() as db:
            return offers.as_json(db, visitor.shop, query=request.args)

    @api.get("/offers.csv")
    @guarded(front)
    def export_offers(visitor: Visitor) -> Answer:
        with front.runtime.database.reading() as db:
            rows = offers.exported(db, visitor.shop, request.args)
            text = export.as_csv(rows, list_offers.FIELDS)
        answer = Response(text, content_type="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = 'attachment; filename="offers.csv"'
        return answer

    @api.get("/offers/<offer_id>")
    @guarded(front)
    def read_offer(visitor: Visitor, offer_id: str) -> Answer:
        with front.runtime.database.reading() as db:
            found = offer_store.get(db, visitor.shop.shop_id, offer_id)
        return list_offers.outside(found) if found else abort(404)

    @api.post("/offers/<offer_id>/cancel")
    @guarded(front, changes=True)
    def cancel_offer(visitor: Visitor, offer_id: str) -> Answer:
        with front.runtime.database.transaction() as db:
            if offer_store.get(db, visitor.shop.shop_id, offer_id) is None:
                abort(404)
            done = cancel_offers.cancel_offer(
                db, visitor.shop.shop_id, offer_id, why=BY_MERCHANT, now=front.runtime.now()
            )
        return {"offer_id": offer_id} if done else (errors("not_open", {}), 409)


def _leave_out(front: Front, visitor: Visitor, customer_id: str, *, left_out: bool) -> Answer:
    try:
        with front.runtime.database.transaction() as db:
            leave_out.leave_out(
                db, shop_id=visitor.shop.shop_id, customer_id=customer_id, left_out=left_out, now=front.runtime.now()
            )
    except LookupError:
        abort(404)
    return {"customer_id": customer_id, "left_out": left_out}

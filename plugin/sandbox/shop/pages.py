"""The shop's pages: look around, log in as a customer, fill a basket, enter a code, buy. Plain forms, no script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency
from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from plugin.sandbox import customers, discounts, orders
from plugin.sandbox.discounts import CodeRefused, Discount
from plugin.sandbox.shop.goods import PRODUCTS
from plugin.sandbox.shop.visit import REFUSALS, Visit
from plugin.sandbox.store import Store

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
MOST_COUPONS = 6
OWN = frozenset({"", "same-origin", "none"})


@dataclass(frozen=True, slots=True)
class Coupon:
    """A code as its customer sees it."""

    code: str
    benefit: str
    terms: str
    usable: bool


def shop_pages(store: Store) -> Blueprint:
    """All addresses of the shop."""
    pages = Blueprint("shop", __name__)
    pages.before_request(_own_forms_only)
    pages.after_request(_harden)
    pages.context_processor(lambda: _around(store))
    _looking(pages, store)
    _logging_in(pages, store)
    _buying(pages, store)
    return pages


def _looking(pages: Blueprint, store: Store) -> None:
    @pages.get("/")
    def front() -> str:
        return render_template("front.html", products=PRODUCTS)

    @pages.get("/discount/<code>")
    def shared(code: str) -> AnyResponse:
        Visit(store, session).enter_code(code)
        return redirect(url_for("shop.front"))


def _logging_in(pages: Blueprint, store: Store) -> None:
    @pages.get("/login")
    def login() -> str:
        wanted = request.args.get("q", "")
        with store.transaction() as connection:
            people = customers.found(connection, wanted)
            holders = [] if wanted else customers.by_numbers(connection, discounts.holders(connection, store.now()))
        return render_template("login.html", wanted=wanted, people=people, holders=holders)

    @pages.post("/login")
    def enter() -> AnyResponse:
        who = request.form.get("customer", type=int)
        with store.transaction() as connection:
            known = who is not None and customers.body(connection, who, store.shop) is not None
        if not known:
            abort(404)
        Visit(store, session).log_in(who)
        return redirect(url_for("shop.front"), 303)

    @pages.post("/logout")
    def leave() -> AnyResponse:
        Visit(store, session).log_in(None)
        return redirect(url_for("shop.front"), 303)


def _buying(pages: Blueprint, store: Store) -> None:
    @pages.get("/basket")
    def basket() -> str:
        return _basket(store)

    @pages.post("/basket")
    def put() -> AnyResponse:
        Visit(store, session).put(request.form.get("product", 0, type=int), request.form.get("change", 1, type=int))
        return redirect(url_for("shop.basket"), 303)

    @pages.post("/code")
    def code() -> AnyResponse:
        Visit(store, session).enter_code(request.form.get("code", ""))
        return redirect(url_for("shop.basket"), 303)

    @pages.post("/buy")
    def buy() -> AnyResponse | tuple[str, int]:
        visit = Visit(store, session)
        quote = visit.quote()
        if not quote.lines:
            return redirect(url_for("shop.basket"), 303)
        try:
            placed = store.checkout(
                customer_id=visit.customer_id, total=str(quote.subtotal), code=visit.code or None, lines=quote.lines
            )
        except CodeRefused as no:
            return _basket(store, refused=REFUSALS[no.reason]), 409
        visit.done()
        session["bought"] = placed.order_id
        return redirect(url_for("shop.thanks"), 303)

    @pages.get("/thanks")
    def thanks() -> str:
        if "bought" not in session:
            abort(404)
        with store.transaction() as connection:
            order = orders.get(connection, session["bought"])
        return render_template(
            "thanks.html", order=order, total=Decimal(order["total_price"]), off=Decimal(order["total_discounts"])
        )


def _basket(store: Store, *, refused: str | None = None) -> str:
    visit = Visit(store, session)
    quote = visit.quote()
    return render_template(
        "basket.html", lines=visit.lines(), quote=quote, refused=refused or quote.refused, code=visit.code
    )


def _around(store: Store) -> dict[str, Any]:
    """What every page shows: the shop, the visitor and their codes."""
    visit = Visit(store, session)
    customer, coupons = None, []
    if visit.customer_id is not None:
        with store.transaction() as connection:
            customer = customers.body(connection, visit.customer_id, store.shop)
            found = discounts.meant_for(connection, visit.customer_id)
        coupons = sorted((_coupon(store, one) for one in found), key=lambda coupon: not coupon.usable)[:MOST_COUPONS]
    return {
        "shop": store.shop,
        "customer": customer,
        "coupons": coupons,
        "pieces": visit.pieces,
        "money": _money_writer(store.shop.currency),
    }


def _coupon(store: Store, one: Discount) -> Coupon:
    terms = one.terms
    money = _money_writer(store.shop.currency)
    benefit = (
        "Free shipping"
        if terms.shipping
        else f"{float(terms.fraction * 100):g}% off"
        if terms.fraction is not None
        else f"{money(terms.amount or Decimal(0))} off"
    )
    if terms.minimum_subtotal:
        benefit += f" from {money(terms.minimum_subtotal)}"
    used = terms.usage_limit is not None and one.times_used >= terms.usage_limit
    status = one.status(store.now())
    said = {
        "SCHEDULED": f"from {_day(store, terms.starts_at)}",
        "EXPIRED": f"ended {_day(store, one.ends_at)}",
        "ACTIVE": f"until {_day(store, one.ends_at)}" if one.ends_at else "no end",
    }
    return Coupon(terms.code, benefit, "used" if used else said[status], usable=not used and status == "ACTIVE")


def _day(store: Store, at: datetime | None) -> str:
    return format_date(at.astimezone(store.shop.zone), "long", locale="en_US") if at else ""


def _money_writer(currency: str) -> Callable[[Decimal], str]:
    return lambda amount: format_currency(amount, currency, locale="en_US")


def _own_forms_only() -> Response | None:
    """A form of another site may not buy in a visitor's name."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "") not in OWN:
        return make_response("Forms of other sites are not accepted.", 403)
    return None


def _harden(answer: Response) -> Response:
    answer.headers.update(HEADERS)
    return answer

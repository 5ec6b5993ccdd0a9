"""The merchant's pages: as a whole document, as a fragment for a page that is open already, or as an empty shell."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from plugin.pages import (
    access,
    customer,
    customers,
    headers,
    history,
    languages,
    notices,
    offers,
    overview,
    report,
    rules,
)
from plugin.pages.access import NoAccess, Visitor
from plugin.pages.front import Front
from plugin.pages.say import _, later

PRODUCT = "Regulars"
LARGEST_REQUEST = 64 * 1024
#: what is left of conditions and loops; no page holds a text in which lines mean something
EMPTY_LINES = re.compile(r"\n\s+")


@dataclass(frozen=True, slots=True)
class Page:
    """A page; its name is that of its template.

    ``gather`` gets the database, the shop, the time, the query and the variable parts of the path; it raises
    LookupError for what is not there, and may answer a ``heading`` that says more than the title.
    """

    name: str
    title: Any
    gather: Callable[..., dict[str, Any]]
    #: below which page of the navigation it lies; "" for one of them
    parent: str = ""
    #: what follows the path of the parent
    below: str = ""

    @property
    def path(self) -> str:
        """Its address, as a rule."""
        return f"/app/{self.parent or self.name}{self.below}"


PAGES = (
    Page("overview", later("Overview"), overview.gather),
    Page("rules", later("Rules"), rules.gather),
    Page("customers", later("Customers"), customers.gather),
    Page("offers", later("Offers"), offers.gather),
    Page("history", later("History"), history.gather),
)
CHILDREN = (
    Page("customer", later("Customer"), customer.gather, "customers", "/<customer_id>"),
    Page("report", later("How customers buy"), report.gather, "overview", "/report"),
)


def blueprint(front: Front) -> Blueprint:
    """``/app/…`` for documents, and for fragments where the request says so."""
    views = Blueprint("pages", __name__)

    @views.before_request
    def limit() -> None:
        request.max_content_length = LARGEST_REQUEST

    @views.get("/")
    @views.get("/app")
    @views.get("/app/")
    def home() -> AnyResponse:
        query = request.query_string.decode()
        return redirect("/app/overview" + (f"?{query}" if query else ""))

    for page in (*PAGES, *CHILDREN):
        views.add_url_rule(page.path, page.name, _view(front, page))
    return views


def document(front: Front, *, host: str, body: str, page: str, heading: str, **more: Any) -> str:
    """A whole HTML document around the content of ``<main>``."""
    config = front.runtime.config
    return render_template(
        "layout.html",
        lang=languages.document_language(),
        host=host,
        body=Markup(body),  # noqa: S704  # rendered by our own templates, which escape
        page=page,
        title=window_title(heading),
        client_id=config.shopify_client_id,
        bridge=headers.bridge_address(config),
        asset=front.assets.path,
        nav=[{"name": each.name, "path": f"/app/{each.name}", "label": str(each.title)} for each in PAGES],
        languages=[{"code": code, "name": languages.NAMES[name]} for name, code in languages.LANGUAGES.items()],
        words=words(),
        **{"place": "", "session": "", "shop_name": "", "is_shell": False, **more},
    )


def window_title(heading: str) -> str:
    """What the browser's window is called."""
    return f"{heading} · {PRODUCT}"


def words() -> dict[str, str]:
    """The few texts that the script itself shows."""
    return {
        "save": _("Save"),
        "saving": _("Saving…"),
        "saved": _("Rules saved"),
        "undo": _("Undo"),
        "undone": _("Change undone"),
        "overtaken": _("Someone saved these rules in the meantime. Nothing was undone."),
        "failed": _("That did not work. Your changes are still on this page."),
        "offline": _("Could not reach the server. Your changes are still on this page."),
        "kept": _("Saved"),
        "leave": _("Leave without saving?"),
    }


def _view(front: Front, page: Page) -> Callable[..., AnyResponse]:
    def view(**place: str) -> AnyResponse:
        answer = _fragment if request.headers.get("X-Fragment") else _document
        return answer(front, page, place)

    return view


def _fragment(front: Front, page: Page, place: Mapping[str, str]) -> Response:
    try:
        visitor = access.of_bearer(front, request)
    except NoAccess as refused:
        return refusal(refused)
    body, _heading = _content(front, page, visitor, place)
    return with_session(make_response(body))


def _document(front: Front, page: Page, place: Mapping[str, str]) -> Response:
    visitor = access.of_document(front, request)
    if visitor is None:
        return make_response(_shell(front, page))
    access.admit_frame(front, visitor.host, visitor.shop)
    body, heading = _content(front, page, visitor, place)
    return make_response(
        document(
            front, host=visitor.host, body=body, page=page.parent or page.name, heading=heading,
            place=visitor.place, session=visitor.session, shop_name=shop_name(visitor),
        )
    )  # fmt: skip


def _content(front: Front, page: Page, visitor: Visitor, place: Mapping[str, str]) -> tuple[str, str]:
    """The content of ``<main>`` and what it is headed by."""
    try:
        with front.runtime.database.reading() as db:
            shown = page.gather(db, visitor.shop, now=front.runtime.now(), query=request.args, **place)
    except LookupError:
        abort(404)
    heading = str(shown.get("heading", page.title))
    above = render_template("notices.html", **notices.shown(front, visitor))
    body = render_template(f"{page.name}.html", title=window_title(heading), read_only=visitor.read_only, **shown)
    whole = f'<div class="look">{above}{body}</div>' if visitor.read_only else above + body
    return EMPTY_LINES.sub("\n", whole), heading


def _shell(front: Front, page: Page) -> str:
    host, shop = access.known_place(front, request)
    access.admit_frame(front, host, shop)
    heading, nav = str(page.title), page.parent or page.name
    body = render_template("shell.html", page=nav, heading=heading, title=window_title(heading))
    place = request.args.get("s", "") or (f"{host}:{shop.domain}" if shop else "")
    return document(front, host=host, body=body, page=nav, heading=heading, place=place, is_shell=True)


def shop_name(visitor: Visitor) -> str:
    """What the shop calls itself, or where it is."""
    return visitor.shop.name or visitor.shop.domain


def refusal(refused: NoAccess) -> Response:
    """401; where only a fresh token is missing, App Bridge is asked to fetch one and try again."""
    answer = make_response({"error": {"code": "no_access", "text": _("Your session ended.")}}, 401)
    answer.headers["WWW-Authenticate"] = "Bearer"
    if refused.stale:
        answer.headers["X-Shopify-Retry-Invalid-Session-Request"] = "1"
    return answer


def with_session(answer: Response) -> Response:
    """Hands out a renewed session with an answer to a proven visitor."""
    if token := g.get("session", ""):
        answer.headers["X-Session"] = token
    return answer

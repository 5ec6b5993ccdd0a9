"""The web side put together: the pages and their API, the webhooks' door, probes and metrics, one shape of error."""

from __future__ import annotations

import gzip
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from wsgiref.types import WSGIApplication

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, TooManyRequests, default_exceptions

from plugin import strangers
from plugin.buckets import Buckets
from plugin.gauges import Standing
from plugin.pages import access, api, assets, headers, languages, lists_api, magento, report_api, views
from plugin.pages.front import Front
from plugin.pages.say import _
from plugin.platforms.protocol import PlatformError
from plugin.readiness import Readiness
from plugin.runtime import Runtime
from plugin.strangers import PROVEN, Strangers
from storage import faults
from storage.shops import Shop
from webhooks import views as webhooks
from webhooks.door import Door
from webhooks.hearing import Ear

log = logging.getLogger(__name__)
#: shorter answers gain nothing by being packed
PACK_FROM_BYTES = 1_000
#: when to ask again while the database is out of order
RETRY_AFTER_SECONDS = 5
PACKED_TYPES = frozenset({"text/html", "application/json"})
#: of one shop, however many people and programs ask for it
SHOP_AT_ONCE, SHOP_PER_SECOND = 1_000, 20.0
#: the database is gone, full, busy, or takes too long
OUT_OF_ORDER = (OperationalError, InterfaceError, PoolTimeout)
#: those that any address of ours takes
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


def create_app(
    runtime: Runtime,
    *,
    ear: Ear,
    on_first_open: Callable[[str, str], None],
    shop_at_once: int = SHOP_AT_ONCE,
) -> Flask:
    """The application for any WSGI server.

    ``on_first_open`` gets the domain and the checked session token of a store that opens us without being connected;
    afterwards it is. ``shop_at_once`` is how much may be asked for one shop before it is told to wait.
    """
    app = Flask("plugin.pages", root_path=str(assets.FOLDER.parent), static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    languages.install(app)
    asks = _buckets(most=shop_at_once, per_second=SHOP_PER_SECOND)
    # a page that asks too much of the database must not go on asking when nobody waits for it any more
    hasty = replace(runtime, database=runtime.database.hasty(runtime.config.page_seconds))
    front = Front(runtime=hasty, assets=assets.load(), on_first_open=on_first_open, asks=asks)
    app.register_blueprint(assets.blueprint(front.assets))
    for part in (views, api, lists_api, report_api, magento):
        app.register_blueprint(part.blueprint(front))
    app.register_blueprint(webhooks.blueprint(ear))
    _probes(app, runtime)
    _errors(app, front)
    app.after_request(_pack)
    app.after_request(headers.harden)
    _metrics(app, runtime)
    # deliveries are most of what comes, and plain ones need nothing of the application
    app.wsgi_app = Door(  # type: ignore[method-assign]
        _limited(app.wsgi_app, runtime),
        ear,
        finish=headers.harden,
        seen=lambda status, seconds: runtime.metrics.seen(webhooks.ROUTE, "POST", status, seconds),
        clock=time.perf_counter,
    )
    return app


def _limited(app: WSGIApplication, runtime: Runtime) -> Strangers:
    return Strangers(
        app,
        buckets=_buckets(most=strangers.MOST_AT_ONCE, per_second=strangers.PER_SECOND),
        proxies=runtime.config.proxies,
        finish=headers.harden,
        seen=lambda: runtime.metrics.seen("none", "any", 429, 0.0),
    )


def _buckets(*, most: int, per_second: float) -> Buckets:
    return Buckets(most=most, per_second=per_second, monotonic=time.monotonic, salt=secrets.randbits(60))


def _probes(app: Flask, runtime: Runtime) -> None:
    @app.get("/livez")
    def alive() -> Response:
        return Response("alive\n", content_type="text/plain")

    readiness = Readiness(runtime, monotonic=time.monotonic)

    @app.get("/readyz")
    def ready() -> Response:
        trouble = readiness.trouble()
        return Response(f"{trouble or 'ready'}\n", 503 if trouble else 200, content_type="text/plain")


def _metrics(app: Flask, runtime: Runtime) -> None:
    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def count(answer: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        # anything may stand there as a method
        method = request.method if request.method in METHODS else "other"
        now = time.perf_counter()
        runtime.metrics.seen(route, method, answer.status_code, now - g.get("began", now))
        if g.get("proven"):
            request.environ[PROVEN] = True
        return answer

    standing = Standing(runtime, monotonic=time.monotonic)

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(runtime.metrics.text(standing), content_type=CONTENT_TYPE_LATEST)


def _errors(app: Flask, front: Front) -> None:
    @app.errorhandler(HTTPException)
    def known(error: HTTPException) -> Response:
        return _error(front, error.code or 500, error)

    @app.errorhandler(PlatformError)
    def store_unreachable(error: PlatformError) -> Response:
        log.warning("the store could not be asked while a page was opened: %s", type(error).__name__)
        return _error(front, 502, error)

    def unavailable(error: Exception) -> Response:
        # as with a delivery, asking again later is right
        answer = _error(front, 503, error)
        answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return answer

    for out_of_order in OUT_OF_ORDER:
        app.register_error_handler(out_of_order, unavailable)

    @app.errorhandler(Exception)
    def unknown(error: Exception) -> Response:
        return _error(front, 500, error)


def _error(front: Front, status: int, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.response is not None:
        return make_response(error.response)
    error_id = secrets.token_hex(4)
    if status >= 500 and not isinstance(error, PlatformError):
        # the rule only: a path may hold a customer, a query may hold a token
        rule = request.url_rule.rule if request.url_rule else "-"
        log.error("error %s at %s %s", error_id, request.method, rule, exc_info=error)
    if request.path.startswith("/app"):
        answer = make_response(_error_page(front, status, error, error_id), status)
        if isinstance(error, TooManyRequests):
            answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    code = (error if isinstance(error, HTTPException) else default_exceptions[status]()).name.lower().replace(" ", "_")
    answer = jsonify(error={"code": code, "text": _text(status, error), "id": error_id})
    answer.status_code = status
    if isinstance(error, HTTPException):
        answer.headers.extend(
            [pair for pair in error.get_headers() if pair[0].lower() not in {"content-type", "content-length"}]
        )
    return answer


def _error_page(front: Front, status: int, error: Exception, error_id: str) -> str:
    heading = _("This page does not exist") if status == 404 else _("This did not work")
    body = render_template(
        "error.html", heading=heading, text=_text(status, error), error_id=error_id, title=views.window_title(heading)
    )
    if request.headers.get("X-Fragment"):
        return body
    host, shop = _place(front)
    access.admit_frame(front, host, shop)
    return views.document(front, host=host, body=body, page="", heading=heading, place=request.args.get("s", ""))


def _place(front: Front) -> tuple[str, Shop | None]:
    try:
        return access.known_place(front, request)
    except OUT_OF_ORDER:
        # what went wrong is told all the same, though no store's admin may frame it then
        return access.STANDALONE, None


def _text(status: int, error: Exception) -> str:
    if status == 404:
        return _("There is nothing at this address.")
    if status == 502:
        return _("Your store could not be reached. Try again in a minute.")
    if status == 429:
        return _("That was very much at once. Try again in a minute.")
    if status < 500:
        return _("The request could not be understood.")
    if isinstance(error, DBAPIError) and faults.took_too_long(error):
        return _(
            "The database took too long over this, and was stopped. Try again when it has less to do. If it happens "
            "every time, whoever runs Regulars can allow more with REGULARS_PAGE_SECONDS."
        )
    return _("Something went wrong on our side. Nothing was changed. Try again in a minute.")


def _pack(answer: Response) -> Response:
    """Compresses pages and JSON; not a document that carries a session, whose length should tell nothing about it."""
    fits = (
        answer.mimetype in PACKED_TYPES and not answer.direct_passthrough and "Content-Encoding" not in answer.headers
    )
    if not fits or g.get("session") or not request.accept_encodings.quality("gzip"):
        return answer
    if (answer.content_length or 0) >= PACK_FROM_BYTES:
        answer.set_data(gzip.compress(answer.get_data(), compresslevel=5, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers.add("Vary", "Accept-Encoding")
    return answer

"""The REST API over HTTP: who asks, what they may, and the answer in Magento's words."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, Response, request

from plugin.sandbox.magento import integrations, oauth
from plugin.sandbox.magento.call import Call
from plugin.sandbox.magento.projecting import parse, project
from plugin.sandbox.magento.refusals import Refused, masked, not_authorized
from plugin.sandbox.magento.routes import ANYBODY, route_for
from plugin.sandbox.magento.store import MagentoStore

#: store views that a path may name
VIEWS = frozenset({"", "all", "default"})
HEADERS = {"Cache-Control": "no-store"}
ACCEPTED = 202
FRAMES = {"X-Frame-Options": "SAMEORIGIN"}


def rest_api(store: MagentoStore) -> Blueprint:
    """All addresses under ``/rest``."""
    pages = Blueprint("magento_rest", __name__)

    @pages.route("/rest/<path:path>", methods=["GET", "POST", "PUT", "DELETE"])
    def answer(path: str) -> Response:
        try:
            view, _, rest = path.rpartition("V1/")
            told, status = _answer(store, view.strip("/"), "/" + rest)
        except Refused as no:
            return _json(no.body(), no.status, HEADERS)
        except (KeyError, TypeError, ValueError, ArithmeticError):
            # whatever the real one would not have foreseen either
            failed = masked()
            return _json(failed.body(), failed.status, HEADERS)
        return _json(told, status, HEADERS | FRAMES)

    return pages


def _answer(store: MagentoStore, view: str, path: str) -> tuple[Any, int]:
    view, queued, bulk = view.partition("async")
    if view.strip("/") not in VIEWS:
        raise Refused(400, "Specified request cannot be processed.")
    route, words = route_for(request.method, path)
    query = parse_qsl(request.query_string.decode(), keep_blank_values=True)
    if route.resource != ANYBODY:
        _let_in(store, route.resource)
    if queued:
        bodies = _body()
        return store.bulks.accept(bodies if bulk == "/bulk" else [bodies]), ACCEPTED
    with store.transaction() as connection:
        call = Call(store=store, connection=connection, query=query, body=_body(), words=words)
        told = route.act(call)
    wanted = dict(query).get("fields")
    return told if wanted is None else project(told, parse(wanted)), 200


def _let_in(store: MagentoStore, resource: str) -> None:
    shown = request.headers.get("Authorization", "")
    if store.bearer_allowed and shown == f"Bearer {store.keys.access_token}":
        return
    if not shown.startswith("OAuth "):
        # nobody, and whoever shows an integration's token as a bearer
        raise not_authorized(resource)
    with store.transaction() as connection:
        oauth.check(
            connection,
            (store.keys, *integrations.opening(connection)),
            method=request.method,
            url=request.base_url,
            query=request.query_string.decode(),
            headers=dict(request.headers),
            now=store.now(),
        )
    if resource not in store.resources:
        raise not_authorized(resource)


def _body() -> Any:
    raw = request.get_data()
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError as error:
        raise Refused(400, "Decoding error.") from error


def _json(told: Any, status: int, headers: dict[str, str]) -> Response:
    answer = Response(json.dumps(told), status, headers)
    answer.headers["Content-Type"] = "application/json; charset=utf-8"
    return answer

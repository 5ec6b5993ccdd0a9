"""The addresses under ``/admin`` that an app's server calls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, request

from plugin.sandbox.admin import execution
from plugin.sandbox.admin.call import Call
from plugin.sandbox.admin.execution import Ready
from plugin.sandbox.admin.grants import grant
from plugin.sandbox.store import API_VERSION, Store
from plugin.sandbox.throttle import MOST_PER_CALL
from plugin.sandbox.tokens import TokenRefused, lives
from plugin.sandbox.weather import Mishap

#: where the weather tells what this call suffers
MISHAP = "sandbox.mishap"
#: as in the real store, one version answers for all that are asked for
VERSION = re.compile(r"20\d\d-(01|04|07|10)|unstable")
DOCUMENTATION = "https://shopify.dev/api/usage/rate-limits"


def admin_api(store: Store) -> Blueprint:
    """GraphQL and the token endpoint of a store."""
    pages = Blueprint("admin_api", __name__)

    @pages.post("/admin/api/<version>/graphql.json")
    def graphql(version: str) -> Response:
        if not VERSION.fullmatch(version):
            return make_response(jsonify(errors="Not Found"), 404)
        answer = _not_ours(store) or _not_allowed(store) or _graphql(store)
        answer.headers["X-Shopify-API-Version"] = API_VERSION
        return answer

    @pages.post("/admin/oauth/access_token")
    def access_token() -> Response:
        given = (request.get_json(silent=True) if request.is_json else request.form.to_dict()) or {}
        try:
            return _not_ours(store) or jsonify(grant(store, given))
        except TokenRefused as refused:
            return make_response(jsonify(error=refused.error, error_description=str(refused)), 400)

    return pages


def _not_ours(store: Store) -> Response | None:
    """A sandbox has one address for whatever name; which store is meant travels in a header."""
    if request.headers.get("X-Shopify-Shop-Domain") == store.domain:
        return None
    return make_response(jsonify(errors="Not Found"), 404)


def _not_allowed(store: Store) -> Response | None:
    with store.transaction() as connection:
        good = lives(connection, request.headers.get("X-Shopify-Access-Token", ""), now=store.now())
    if good:
        return None
    return make_response(
        jsonify(errors="[API] Invalid API key or access token (unrecognized login or wrong password)"), 401
    )


def _graphql(store: Store) -> Response:
    given = request.get_json(silent=True)
    if not isinstance(given, dict) or not isinstance(given.get("query"), str):
        return make_response(jsonify(errors={"query": "Required parameter missing or invalid"}), 400)
    variables = given.get("variables") or {}
    name = given.get("operationName")
    ready = execution.prepare(given["query"], variables, name)
    if not isinstance(ready, Ready):
        return jsonify(errors=ready)
    if ready.requested > MOST_PER_CALL:
        message = f"Query cost is {ready.requested}, which exceeds the single query max cost limit ({MOST_PER_CALL})."
        return jsonify(
            errors=[{"message": message, "extensions": {"code": "MAX_COST_EXCEEDED", "cost": ready.requested}}]
        )
    mishap = request.environ.get(MISHAP)
    if mishap is Mishap.THROTTLED:
        store.bucket.drain()
    if not store.bucket.reserve(ready.requested):
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": DOCUMENTATION}}
        return jsonify(errors=[error], extensions={"cost": _cost(store, ready.requested, None)})
    return _executed(store, ready, variables, name, read_lag=mishap is Mishap.READ_LAG)


def _executed(
    store: Store, ready: Ready, variables: Mapping[str, Any], name: str | None, *, read_lag: bool
) -> Response:
    with store.transaction() as connection:
        call = Call(
            connection=connection,
            shop=store.shop,
            now=store.now(),
            scopes=frozenset(store.scopes),
            most_discounts=store.most_discounts,
            read_lag=read_lag,
            office=store.bulk,
            origin=request.host_url.rstrip("/"),
        )
        answer, spent = execution.run(ready, variables, name, call)
    store.bucket.give_back(ready.requested - spent)
    extensions: dict[str, Any] = {"cost": _cost(store, ready.requested, spent)}
    if call.warnings:
        extensions["search"] = call.warnings
    return jsonify(**answer, extensions=extensions)


def _cost(store: Store, requested: int, actual: int | None) -> dict[str, Any]:
    return {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": store.bucket.status()}

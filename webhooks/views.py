"""The door as a part of the application: every address and every way to write a body; what is answered is ``hearing``.

``door`` answers plain deliveries before the application is asked, and in the same words.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from webhooks import decoder, hearing, hearing_magento
from webhooks.hearing import CANNOT_KEEP, TOO_LARGE, TRUNCATED, Ear, Outcome

RETRY_AFTER_SECONDS = 5
PREFIX = "/webhooks/shopify/"
#: the address as the application's metrics name it
ROUTE = f"{PREFIX}<path:topic>"
MAGENTO_ROUTE = "/webhooks/magento/<connection>/<path:topic>"


def blueprint(ear: Ear) -> Blueprint:
    """``POST /webhooks/shopify/<topic>`` and ``/webhooks/magento/<connection>/<topic>``; no other method, no redirects."""
    door = Blueprint("webhooks", __name__)

    def shopify(topic: str) -> Response:
        return answer(hearing.shopify(ear, request.environ, topic.removesuffix("/"), _body()))

    def magento(connection: str, topic: str) -> Response:
        if request.method == "GET":
            asked = hearing_magento.challenge(ear, connection, request.args.get("challenge", ""))
            return Response(asked or "not found\n", 404 if asked is None else 200, content_type="text/plain")
        return answer(hearing_magento.hear(ear, request.environ, connection, topic.removesuffix("/"), _body()))

    options: dict[str, Any] = {"methods": ["POST"], "strict_slashes": False, "merge_slashes": False}
    options["provide_automatic_options"] = False
    door.add_url_rule(ROUTE, view_func=shopify, **options)
    door.add_url_rule("/webhooks/shopify", view_func=shopify, defaults={"topic": ""}, **options)
    # Adobe asks the address a question first, by GET
    door.add_url_rule(MAGENTO_ROUTE, view_func=magento, **{**options, "methods": ["GET", "POST"]})
    return door


def answer(outcome: Outcome) -> Response:
    """An outcome in words, as plain text."""
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if outcome is CANNOT_KEEP else {}
    return Response(outcome.name.replace("_", " ") + "\n", outcome.status, headers, content_type="text/plain")


def _body() -> bytes | Outcome:
    # one more than allowed: a body in chunks is cut off at the limit without a word
    request.max_content_length = decoder.LONGEST_BODY_BYTES + 1
    try:
        raw = request.get_data(cache=False)
        return raw if len(raw) <= decoder.LONGEST_BODY_BYTES else TOO_LARGE
    except RequestEntityTooLarge:
        return TOO_LARGE
    except ClientDisconnected:
        return TRUNCATED

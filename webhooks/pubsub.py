"""Google Pub/Sub pushes here: a token of Google's says who pushes, then the letter is heard like every other.

Answered 2xx it is done with; everything else comes again, until the subscription's dead-letter topic takes it.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from webhooks import decoder, envelopes, hearing, views
from webhooks.hearing import BAD_SIGNATURE, TOO_LARGE, TRUNCATED, Ear

ADDRESS = "/webhooks/shopify-pubsub"
LONGEST = 2 * decoder.LONGEST_BODY_BYTES


def blueprint(ear: Ear, *, proves: Callable[[str], bool]) -> Blueprint:
    """``POST`` of the address. ``proves`` says whether a bearer token shows that our subscription pushes."""
    door = Blueprint("pubsub", __name__)

    @door.post(ADDRESS, strict_slashes=False)
    def pushed() -> Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not proves(token.strip()):
            ear.count(BAD_SIGNATURE.name)
            return views.answer(BAD_SIGNATURE)
        request.max_content_length = LONGEST
        try:
            letter = envelopes.from_pubsub(request.get_data(cache=False))
        except RequestEntityTooLarge:
            return views.answer(TOO_LARGE)
        except envelopes.BadEnvelope:
            ear.count(TRUNCATED.name)
            return views.answer(TRUNCATED)
        return views.answer(hearing.queued(ear, letter.headers, letter.body))

    return door

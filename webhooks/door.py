"""Answers plain deliveries before the application is asked: the same answers, for a fraction of the time.

Plain is a POST with a length to the address of a topic that is read. Everything else, a body that is cut off, and every
failure go to the application with all that was read, so that one place knows how to answer those.
"""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Response

from storage.inbox import Delivery
from webhooks import decoder, hearing, views
from webhooks.hearing import CANNOT_KEEP, KEPT, KNOWN, OUTCOMES, Ear, Heads, Outcome
from webhooks.keeper import CannotKeep

#: more digits than the length of the largest body has
TOO_MANY_DIGITS = len(str(decoder.LONGEST_BODY_BYTES)) + 1


class Answer(NamedTuple):
    """An answer as WSGI wants it, made once."""

    status: str
    headers: list[tuple[str, str]]
    body: list[bytes]


class Door:
    """Stands before ``inner``, which is the application with the same ear.

    ``finish`` is what the application does to each answer; ``seen`` gets the status and the seconds of those given here,
    by a ``clock`` of seconds that never goes back.
    """

    def __init__(
        self,
        inner: WSGIApplication,
        ear: Ear,
        *,
        finish: Callable[[Response], Response],
        seen: Callable[[int, float], None],
        clock: Callable[[], float],
    ) -> None:
        self.inner = inner
        self._ear = ear
        self._seen = seen
        self._clock = clock
        self._topics = {f"{views.PREFIX}{topic}{end}": topic for topic in ear.topics for end in ("", "/")}
        self._answers = {outcome: _written(finish(views.answer(outcome))) for outcome in OUTCOMES}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One request, as WSGI has it."""
        topic, length = self.plain(environ)
        if topic is None:
            return self.inner(environ, start_response)
        began = self._clock()
        raw: bytes = environ["wsgi.input"].read(length)
        outcome = self._hear(environ, topic, raw) if len(raw) == length else None
        if outcome is None:
            environ["wsgi.input"] = io.BytesIO(raw)
            return self.inner(environ, start_response)
        answer = self._answers[outcome]
        start_response(answer.status, answer.headers.copy())
        self._seen(outcome.status, self._clock() - began)
        return answer.body

    def plain(self, environ: WSGIEnvironment) -> tuple[str | None, int]:
        """The topic of a plain delivery and the length of its body; None for anything else."""
        topic = self._topics.get(environ["PATH_INFO"])
        length = None if topic is None else _length(environ)
        return (None, 0) if length is None else (topic, length)

    async def hear(
        self, environ: WSGIEnvironment, topic: str, raw: bytes, keep: Callable[[Delivery], Awaitable[bool]]
    ) -> Answer | None:
        """What a plain delivery with this body is answered, on an event loop; ``keep`` is awaited instead of the ear's.

        None for what the application is to answer, on a thread: failures, and what would have to ask the database first.
        """
        began = self._clock()
        try:
            heads = Heads(environ)
            if not self._ear.remembers("shopify", heads.domain):
                return None
            heard = hearing.weigh(self._ear, heads, topic, raw)
            outcome = heard if isinstance(heard, Outcome) else await _kept(keep, heard)
            hearing.tell(self._ear, heads, topic, outcome)
        except Exception:  # noqa: BLE001 - the application meets it again, and answers it as it does all others
            return None
        self._seen(outcome.status, self._clock() - began)
        return self._answers[outcome]

    def _hear(self, environ: WSGIEnvironment, topic: str, raw: bytes) -> Outcome | None:
        try:
            return hearing.shopify(self._ear, environ, topic, raw)
        except Exception:  # noqa: BLE001 - the application meets it again, and answers it as it does all others
            return None


async def _kept(keep: Callable[[Delivery], Awaitable[bool]], delivery: Delivery) -> Outcome:
    try:
        return KEPT if await keep(delivery) else KNOWN
    except CannotKeep:
        return CANNOT_KEEP


def _length(environ: WSGIEnvironment) -> int | None:
    """How long the body of a plain delivery is; None for what is not one."""
    told = environ.get("CONTENT_LENGTH") or ""
    if environ["REQUEST_METHOD"] != "POST" or "HTTP_TRANSFER_ENCODING" in environ:
        return None
    if not (told.isascii() and told.isdigit() and len(told) < TOO_MANY_DIGITS):
        return None
    length = int(told)
    return length if length <= decoder.LONGEST_BODY_BYTES else None


def _written(answer: Response) -> Answer:
    return Answer(answer.status, answer.headers.to_wsgi_list(), [answer.get_data()])

"""Who may use the API, and how its answers look whoever made them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from flask import Response, make_response, request
from marshmallow import Schema

from plugin.pages import access, problems, sent, views
from plugin.pages.access import NoAccess, Visitor
from plugin.pages.front import Front
from plugin.pages.say import _
from plugin.pages.sent import Unprocessable
from plugin.rewards.stored import from_stored
from plugin.rewards.wire import to_wire
from storage import programs

Answer = Response | tuple[dict[str, Any], int] | dict[str, Any]


def guarded(front: Front, *, changes: bool = False) -> Callable[[Callable[..., Answer]], Callable[..., Response]]:
    """Lets a view answer proven visitors only; it gets the visitor and the variable parts of the path.

    One that ``changes`` something answers only those who may.
    """

    def guard(view: Callable[..., Answer]) -> Callable[..., Response]:
        @wraps(view)
        def answered(**place: str) -> Response:
            try:
                visitor = access.of_bearer(front, request)
                answer = make_response(_read_only() if changes and visitor.read_only else view(visitor, **place))
            except NoAccess as refused:
                return views.refusal(refused)
            except Unprocessable as wrong:
                answer = make_response(errors("unprocessable", problems.by_field(wrong.problems)), 422)
            return views.with_session(answer)

        return answered

    return guard


def _read_only() -> Answer:
    text = _("You can look but not change. Ask the store owner.")
    return {"error": {"code": "read_only", "text": text}}, 403


def body(front: Front, visitor: Visitor, shape: Schema) -> Mapping[str, Any]:
    """What the present request sends, in this shape. Raises Unprocessable."""
    with front.runtime.database.reading() as db:
        stored = programs.current(db, visitor.shop.shop_id)
    return sent.body(shape, in_force=to_wire(from_stored(stored.body)) if stored else {})


def errors(code: str, by_field: dict[str, Any]) -> dict[str, Any]:
    """An error as every answer tells it."""
    texts = {
        "unprocessable": _("Some fields need your attention."),
        "conflict": _("Someone else saved these rules in the meantime."),
        "nothing_to_undo": _("There is nothing to undo."),
        "not_confirmed": _("This is to be confirmed first."),
        "not_open": _("This offer is not open any more."),
    }
    return {"error": {"code": code, "text": texts[code]}, "errors": by_field, "warnings": {}}

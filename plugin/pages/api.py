"""The JSON API behind the pages, ``/api/v1``: bearer tokens only, errors as dotted fields to codes and sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from plugin.pages import access, formats, overview, problems, rules, schemas, views
from plugin.pages.access import NoAccess, Visitor
from plugin.pages.front import Front
from plugin.pages.say import _
from plugin.rewards.cautions import cautions
from plugin.rewards.problem import InvalidProgram, Problem
from plugin.rewards.program import Program
from plugin.rewards.stored import from_stored
from plugin.rewards.wire import from_wire, to_wire
from plugin.usecases import change_program
from plugin.usecases.change_program import Conflict, NothingToUndo
from storage import programs

Answer = Response | tuple[dict[str, Any], int] | dict[str, Any]


class Unprocessable(Exception):
    """What was sent has faults; each with its field."""

    def __init__(self, found: list[Problem]) -> None:
        super().__init__()
        self.problems = found


def blueprint(front: Front) -> Blueprint:
    """The API's addresses."""
    api = Blueprint("api", __name__, url_prefix="/api/v1")

    @api.before_request
    def limit() -> None:
        request.max_content_length = views.LARGEST_REQUEST

    @api.get("/overview")
    @_guarded(front)
    def read_overview(visitor: Visitor) -> Answer:
        with front.runtime.database.reading() as db:
            return overview.as_json(db, visitor.shop, now=front.runtime.now())

    @api.get("/program")
    @_guarded(front)
    def read_program(visitor: Visitor) -> Answer:
        return _program_in_force(front, visitor)

    @api.post("/program/check")
    @_guarded(front)
    def check_program(visitor: Visitor) -> Answer:
        try:
            program = _program(visitor, _body(schemas.CheckShape())["program"])
        except Unprocessable as wrong:
            return {"errors": problems.by_field(wrong.problems), "warnings": {}}
        return {"errors": {}, "warnings": problems.by_field(cautions(program))}

    @api.put("/program")
    @_guarded(front)
    def save_program(visitor: Visitor) -> Answer:
        body = _body(schemas.SaveShape())
        return _save(front, visitor, _program(visitor, body["program"]), body)

    @api.post("/program/undo")
    @_guarded(front)
    def undo_program(visitor: Visitor) -> Answer:
        return _undo(front, visitor, _body(schemas.UndoShape())["base_version"])

    return api


def _guarded(front: Front) -> Callable[[Callable[[Visitor], Answer]], Callable[[], Response]]:
    def guard(view: Callable[[Visitor], Answer]) -> Callable[[], Response]:
        @wraps(view)
        def guarded() -> Response:
            try:
                visitor = access.of_bearer(front, request)
                answer = make_response(view(visitor))
            except NoAccess as refused:
                return views.refusal(refused)
            except Unprocessable as wrong:
                answer = make_response(_errors("unprocessable", problems.by_field(wrong.problems)), 422)
            return views.with_session(answer)

        return guarded

    return guard


def _body(shape: Schema) -> Mapping[str, Any]:
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        loaded: Mapping[str, Any] = shape.load(request.get_json())
    except ValidationError as wrong:
        raise Unprocessable(schemas.problems(wrong.messages, below="program")) from None
    except (RecursionError, OverflowError):
        raise BadRequest from None
    return loaded


def _program(visitor: Visitor, wire: Mapping[str, Any]) -> Program:
    try:
        program = from_wire(wire)
    except InvalidProgram as wrong:
        raise Unprocessable(list(wrong.problems)) from None
    if program.currency != visitor.shop.currency:
        raise Unprocessable([Problem(field="currency", code="other_currency", message="")])
    return program


def _program_in_force(front: Front, visitor: Visitor) -> Answer:
    with front.runtime.database.reading() as db:
        stored = programs.current(db, visitor.shop.shop_id)
    if stored is None:
        return {"version": 0, "program": None}
    program = from_stored(stored.body)
    return {
        "version": stored.version,
        "program": to_wire(program),
        "author": stored.author,
        "note": stored.note,
        "saved_at": stored.saved_at.isoformat(),
        "warnings": problems.by_field(cautions(program)),
    }


def _save(front: Front, visitor: Visitor, program: Program, body: Mapping[str, Any]) -> Answer:
    try:
        with front.runtime.database.transaction() as db:
            version = change_program.save(
                db, shop_id=visitor.shop.shop_id, program=program, author=visitor.author, note=body["note"],
                now=front.runtime.now(), base_version=body["base_version"],
            )  # fmt: skip
    except Conflict as conflict:
        return _conflict(front, visitor, conflict, body["base_version"])
    return {"version": version, "warnings": problems.by_field(cautions(program))}


def _undo(front: Front, visitor: Visitor, base_version: int) -> Answer:
    try:
        with front.runtime.database.transaction() as db:
            version = change_program.undo(
                db,
                shop_id=visitor.shop.shop_id,
                author=visitor.author,
                now=front.runtime.now(),
                base_version=base_version,
            )
    except Conflict as conflict:
        return _conflict(front, visitor, conflict, base_version)
    except NothingToUndo:
        return _errors("nothing_to_undo", {}), 409
    return {"version": version}


def _conflict(front: Front, visitor: Visitor, conflict: Conflict, base_version: int) -> Answer:
    current = conflict.current
    if current is None:
        return _errors("conflict", {}) | {"version": 0}, 409
    with front.runtime.database.reading() as db:
        base = programs.get(db, visitor.shop.shop_id, base_version)
    when = formats.when(current.saved_at, front.runtime.now())
    what = rules.changed(base, current) if base else []
    told = {"version": current.version, "saved_at": current.saved_at.isoformat(), "author": current.author}
    banner = render_template("conflict.html", when=when, changes=what)
    return _errors("conflict", {}) | told | {"changes": what, "html": banner}, 409


def _errors(code: str, errors: dict[str, Any]) -> dict[str, Any]:
    texts = {
        "unprocessable": _("Some fields need your attention."),
        "conflict": _("Someone else saved these rules in the meantime."),
        "nothing_to_undo": _("There is nothing to undo."),
    }
    return {"error": {"code": code, "text": texts[code]}, "errors": errors, "warnings": {}}

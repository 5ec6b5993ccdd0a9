"""The JSON API behind the pages, ``/api/v1``: bearer tokens only, errors as dotted fields to codes and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request

from plugin.pages import (
    figures,
    formats,
    history,
    openapi,
    overview_json,
    previews,
    problems,
    questions,
    rules,
    schemas,
    sent,
    typical,
    views,
)
from plugin.pages.access import Visitor
from plugin.pages.front import Front
from plugin.pages.guard import Answer, body, errors, guarded
from plugin.pages.lists_api import BY_MERCHANT
from plugin.pages.questions import Question
from plugin.pages.sent import Unprocessable
from plugin.rewards.cautions import cautions
from plugin.rewards.program import Program
from plugin.rewards.stored import from_stored
from plugin.rewards.wire import to_wire
from plugin.usecases import cancel_offers, change_program, put_away
from plugin.usecases.change_program import Conflict, NothingToUndo
from storage import programs


def blueprint(front: Front) -> Blueprint:
    """The API's addresses."""
    api = Blueprint("api", __name__, url_prefix="/api/v1")

    @api.before_request
    def limit() -> None:
        request.max_content_length = views.LARGEST_REQUEST

    _reads(api, front)
    _program(api, front)
    return api


def _reads(api: Blueprint, front: Front) -> None:
    @api.get("/overview")
    @guarded(front)
    def read_overview(visitor: Visitor) -> Answer:
        with front.runtime.database.reading() as db:
            return overview_json.as_json(db, visitor.shop, now=front.runtime.now(), query=request.args)

    @api.post("/setup/put-away")
    @guarded(front, changes=True)
    def put_set_up_away(visitor: Visitor) -> Answer:
        with front.runtime.database.transaction() as db:
            put_away.put_away(db, visitor.shop.shop_id, now=front.runtime.now())
        return {"put_away": True}

    @api.get("/program")
    @guarded(front)
    def read_program(visitor: Visitor) -> Answer:
        return _program_in_force(front, visitor)

    @api.get("/openapi.json")
    def document() -> Answer:
        return openapi.document(front.runtime.manifest.version)

    @api.get("/program/history")
    @guarded(front)
    def read_history(visitor: Visitor) -> Answer:
        with front.runtime.database.reading() as db:
            return history.as_json(db, visitor.shop, query=request.args)


def _program(api: Blueprint, front: Front) -> None:
    @api.post("/program/check")
    @guarded(front)
    def check_program(visitor: Visitor) -> Answer:
        try:
            given = body(front, visitor, schemas.CheckShape())
            program = sent.program(given["program"], shop=visitor.shop)
        except Unprocessable as wrong:
            return {"errors": problems.by_field(wrong.problems), "warnings": {}}
        return {"errors": {}, "warnings": problems.by_field(cautions(program))}

    @api.post("/program/preview")
    @guarded(front)
    def preview_program(visitor: Visitor) -> Answer:
        try:
            given = body(front, visitor, schemas.CheckShape())
            program = sent.program(given["program"], shop=visitor.shop)
        except Unprocessable as wrong:
            return {
                "errors": problems.by_field(wrong.problems),
                "warnings": {},
                "hints": {},
                "figures": None,
                "line": "",
                "html": "",
            }
        return {"errors": {}, "warnings": problems.by_field(cautions(program)), **_preview(front, visitor, program)}

    @api.put("/program")
    @guarded(front, changes=True)
    def save_program(visitor: Visitor) -> Answer:
        given = body(front, visitor, schemas.SaveShape())
        return _save(front, visitor, sent.program(given["program"], shop=visitor.shop), given)

    @api.post("/program/undo")
    @guarded(front, changes=True)
    def undo_program(visitor: Visitor) -> Answer:
        return _undo(front, visitor, body(front, visitor, schemas.UndoShape()))


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


def _preview(front: Front, visitor: Visitor, program: Program) -> dict[str, Any]:
    """The program beside the saved one; for the first one beside itself."""
    now = front.runtime.now()
    with front.runtime.database.reading() as db:
        stored = programs.current(db, visitor.shop.shop_id)
        saved = from_stored(stored.body) if stored else program
        found = front.previews.compare(db, visitor.shop, saved=saved, changed=program, now=now)
        middle = front.previews.typical(db, visitor.shop, now=now)
        steps = typical.chart(program, middle, figures.gaps(db, visitor.shop.shop_id)) if middle else None
    shown = previews.page(found, program, now=now, steps=steps)
    return {
        "hints": typical.hints(program, middle) if middle else {},
        "figures": previews.as_json(found, program) if found else None,
        "line": shown["p"]["line"] if found else "",
        "html": render_template("preview.html", **shown),
    }


def _save(front: Front, visitor: Visitor, program: Program, given: Mapping[str, Any]) -> Answer:
    if not given["confirmed"] and (question := _question(front, visitor, program, given["base_version"])):
        html = render_template("question.html", q=question)
        return errors("not_confirmed", {}) | {"question": question.text, "html": html}, 428
    try:
        with front.runtime.database.transaction() as db:
            before = programs.current(db, visitor.shop.shop_id)
            version = change_program.save(
                db, shop_id=visitor.shop.shop_id, program=program, author=visitor.author, note=given["note"],
                now=front.runtime.now(), base_version=given["base_version"],
            )  # fmt: skip
            for kind in questions.switched_off(from_stored(before.body), program) if before else ():
                if given["cancel_codes"]:
                    cancel_offers.cancel_offers(
                        db, visitor.shop.shop_id, kind=kind, why=BY_MERCHANT, now=front.runtime.now()
                    )
    except Conflict as conflict:
        return _conflict(front, visitor, conflict, given["base_version"])
    return {"version": version, "warnings": problems.by_field(cautions(program))}


def _question(front: Front, visitor: Visitor, program: Program, base_version: int) -> Question | None:
    """None also where somebody else saved in the meantime, which is to be told first."""
    now = front.runtime.now()
    with front.runtime.database.reading() as db:
        stored = programs.current(db, visitor.shop.shop_id)
        if stored is None or stored.version != base_version:
            return None
        saved = from_stored(stored.body)
        return questions.before(
            db, visitor.shop, saved, program,
            compare=lambda: front.previews.compare(db, visitor.shop, saved=saved, changed=program, now=now),
        )  # fmt: skip


def _undo(front: Front, visitor: Visitor, given: Mapping[str, Any]) -> Answer:
    base_version = given["base_version"]
    try:
        with front.runtime.database.transaction() as db:
            version = change_program.undo(
                db,
                shop_id=visitor.shop.shop_id,
                author=visitor.author,
                now=front.runtime.now(),
                base_version=base_version,
                cancel_codes=given["cancel_codes"],
            )
    except Conflict as conflict:
        return _conflict(front, visitor, conflict, base_version)
    except NothingToUndo:
        return errors("nothing_to_undo", {}), 409
    return {"version": version}


def _conflict(front: Front, visitor: Visitor, conflict: Conflict, base_version: int) -> Answer:
    current = conflict.current
    if current is None:
        return errors("conflict", {}) | {"version": 0}, 409
    with front.runtime.database.reading() as db:
        base = programs.get(db, visitor.shop.shop_id, base_version)
    when = formats.when(current.saved_at, front.runtime.now())
    what = rules.changed(base, current) if base else []
    told = {"version": current.version, "saved_at": current.saved_at.isoformat(), "author": current.author}
    banner = render_template("conflict.html", when=when, changes=what)
    return errors("conflict", {}) | told | {"changes": what, "html": banner}, 409

"""What was sent to the API, read: a program or everything that is wrong with it, each fault at its field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from plugin.pages import schemas
from plugin.rewards.granted import ungranted
from plugin.rewards.invariants import LONGEST_NAME
from plugin.rewards.possible import impossible
from plugin.rewards.problem import InvalidProgram, Problem
from plugin.rewards.program import Program
from plugin.rewards.wire import from_wire
from storage.shops import Shop

PROGRAM = "program"
#: of faults that a shape finds, what their sentences name
NUMBERS: Mapping[str, Mapping[str, int]] = {"name_length": {"least": 1, "most": LONGEST_NAME}}


class Unprocessable(Exception):
    """What was sent has faults; each with its field."""

    def __init__(self, found: list[Problem]) -> None:
        super().__init__()
        self.problems = found


def body(shape: Schema, *, in_force: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON of the present request. Raises Unprocessable, and the errors of HTTP for what is no JSON.

    ``in_force`` is the shop's program; it stands in for parts that cannot be read, so that the others are looked at too.
    """
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        given = request.get_json()
        loaded: Mapping[str, Any] = shape.load(given)
    except ValidationError as wrong:
        found = _faults(wrong.messages)
        raise Unprocessable([*found, *_in_other_parts(given, found, in_force)]) from None
    except (RecursionError, OverflowError):
        raise BadRequest from None
    return loaded


def program(wire: Mapping[str, Any], *, shop: Shop) -> Program:
    """The program that a shape has let through, for this shop. Raises Unprocessable."""
    try:
        found = from_wire(wire)
    except InvalidProgram as wrong:
        raise Unprocessable(list(wrong.problems)) from None
    if found.currency != shop.currency:
        raise Unprocessable([Problem(field="currency", code="other_currency", message="")])
    if refused := [*impossible(found, shop.platform)] or [*ungranted(found, shop.scopes)]:
        raise Unprocessable(refused)
    return found


def _in_other_parts(given: Any, found: list[Problem], in_force: Mapping[str, Any]) -> list[Problem]:
    """What the rules themselves say about the parts that could be read."""
    faulty = {problem.field.partition(".")[0] for problem in found}
    wire = given.get(PROGRAM) if isinstance(given, Mapping) else None
    if not isinstance(wire, Mapping) or not in_force:
        return []
    readable = {name: in_force[name] if name in faulty else wire.get(name, in_force[name]) for name in in_force}
    try:
        from_wire(schemas.ProgramShape().load(readable))
    except InvalidProgram as wrong:
        return [problem for problem in wrong.problems if problem.field.partition(".")[0] not in faulty]
    except ValidationError:
        return []
    return []


def _faults(messages: Any) -> list[Problem]:
    """Marshmallow's nested messages as findings, each at its dotted field of the program or beside it."""
    found = [Problem(field=name or "request", code=code, message=code) for name, code in _flat(messages, "")]
    return [
        replace(each, field=each.field.removeprefix(f"{PROGRAM}."), numbers=NUMBERS.get(each.code, {}))
        for each in found
    ]


def _flat(messages: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            below = at if name == "_schema" else f"{at}.{name}" if at else str(name)
            yield from _flat(inner, below)
    else:
        for code in messages if isinstance(messages, list) else [messages]:
            yield at, str(code)

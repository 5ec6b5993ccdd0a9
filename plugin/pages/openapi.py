"""The document of the JSON API, OpenAPI 3.1, made from the marshmallow schemas of what it takes and what it answers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from marshmallow import Schema, fields

from plugin.pages import answers, report_files, schemas, wish_answers, wishes

JSON = "application/json"
#: what may be wrong with a request before anybody looks at what it says
UNREAD = {
    400: "What was sent is not JSON.",
    413: "What was sent is too large.",
    415: "What was sent is not marked as JSON.",
}
NOT_FOUND = {404: "There is none in this shop."}
WORDS = {
    401: "The token is missing, foreign or expired, or its shop is not connected.",
    403: "The visitor may look, not change.",
    405: "This is no address of one of them.",
    409: "Someone else saved in the meantime, or there is nothing to undo; nothing was changed.",
    422: "Some fields have faults; each is named.",
    429: "So much was asked for this shop that others would have to wait; Retry-After tells when to ask again.",
    428: "It was sent as not confirmed, and there is something to confirm; nothing was changed.",
}
SHAPES = {409: answers.Overtaken, 422: answers.FieldFaults, 428: answers.Asked}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One thing that the API does."""

    method: str
    #: with {name} for variable parts
    path: str
    summary: str
    answer: type[Schema] | None
    query: Collection[str] = ()
    body: type[Schema] | None = None
    #: statuses beside 200, 401, 429 and those of every request with a body
    also: Collection[int] = ()
    #: of an answer that is not JSON
    media: str = JSON


LIST = ("after", "before")
ENDPOINTS = (
    Endpoint(method="get", path="/overview", summary="The shop in numbers", answer=answers.Overview, query=("period",)),
    Endpoint(
        method="post", path="/setup/put-away", summary="Put the set-up card away", answer=wish_answers.PutAway, also=(403,)
    ),
    Endpoint(method="get", path="/program", summary="The rules in force", answer=answers.Program),
    Endpoint(
        method="put", path="/program", summary="Save rules as a new version", answer=answers.Saved,
        body=schemas.SaveShape, also=(403, 409, 422, 428),
    ),
    Endpoint(
        method="post", path="/program/check", summary="What is wrong with rules", answer=answers.Checked,
        body=schemas.CheckShape,
    ),
    Endpoint(
        method="post", path="/program/preview", summary="What rules would have done", answer=answers.Previewed,
        body=schemas.CheckShape,
    ),
    Endpoint(
        method="post", path="/program/undo", summary="Take the last save back, as a new version", answer=answers.Saved,
        body=schemas.UndoShape, also=(403, 409, 422),
    ),
    Endpoint(method="get", path="/program/history", summary="Every version of the rules", answer=answers.History, query=("page",)),
    Endpoint(
        method="get", path="/customers", summary="Customers", answer=answers.Customers,
        query=("q", "group", "tier", "status", "r", "value", "sort", *LIST),
    ),
    Endpoint(
        method="get", path="/customers/{customer_id}", summary="One customer", answer=answers.OneCustomer, also=(404,)
    ),
    Endpoint(
        method="post", path="/customers/{customer_id}/left-out", summary="Leave a customer out of offers, or not",
        answer=wish_answers.LeftOut, body=wishes.LeftOutShape, also=(403, 404, 422),
    ),
    Endpoint(
        method="post", path="/customers/{customer_id}/unscored", summary="Measure a customer no more, or again",
        answer=wish_answers.Unscored, body=wishes.UnscoredShape, also=(403, 404, 422),
    ),
    Endpoint(
        method="post", path="/customers/{customer_id}/kept.json", summary="All that is kept about a customer, as a file",
        answer=wish_answers.Kept, also=(403, 404),
    ),
    Endpoint(method="get", path="/offers", summary="Offers", answer=answers.Offers, query=("status", "kind", *LIST)),
    Endpoint(
        method="get", path="/offers.csv", summary="Offers as a file", answer=None, query=("status", "kind"),
        media="text/csv",
    ),
    Endpoint(method="get", path="/offers/{offer_id}", summary="One offer", answer=answers.Offer, also=(404,)),
    Endpoint(
        method="post", path="/offers/{offer_id}/cancel", summary="Cancel an open offer", answer=answers.Cancelled,
        also=(403, 404, 409),
    ),
    *(
        Endpoint(
            method="get", path=f"/report/{name}.csv", summary=f"How customers buy, as a file: {name}", answer=None,
            query=("by",) if name == "cohorts" else (), media="text/csv",
        )
        for name in report_files.FIELDS
    ),
)  # fmt: skip


@cache
def document(version: str) -> dict[str, Any]:
    """The whole document; made once, for anybody may ask for it and making it takes ten times as long as all else."""
    paths: dict[str, dict[str, Any]] = {}
    for one in ENDPOINTS:
        paths.setdefault(f"/api/v1{one.path}", {})[one.method] = _operation(one)
    used = dict(_schemas())
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Regulars", "version": version,
            "description": "The JSON API behind the merchant's pages. A filter that is not known asks for nothing.",
        },
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {name: _object(used[name]) for name in sorted(used)},
        },
    }  # fmt: skip


def _operation(one: Endpoint) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "query", "schema": {"type": "string"}} for name in one.query
    ]
    parts = [part[1:-1] for part in one.path.split("/") if part.startswith("{")]
    text = {"type": "string", "minLength": 1}
    parameters += [{"name": name, "in": "path", "required": True, "schema": text} for name in parts]
    told: dict[str, Any] = {
        "summary": one.summary,
        "operationId": "_".join((one.method, *one.path.replace("{", "").replace("}", "").replace(".", "_").replace("-", "_").strip("/").split("/"))),
        "parameters": parameters,
        "responses": _responses(one),
    }  # fmt: skip
    if one.body is not None:
        told["requestBody"] = {"required": True, "content": {JSON: {"schema": _ref(one.body)}}}
    return told


def _responses(one: Endpoint) -> dict[str, Any]:
    shape = {"type": "string"} if one.answer is None else _ref(one.answer)
    found = {"200": {"description": "Done.", "content": {one.media: {"schema": shape}}}}
    unread = UNREAD if one.body is not None else {}
    # a slash in an id makes another address of it
    parts = {405} if "{" in one.path else set()
    for status in sorted({401, 429, *parts, *one.also, *unread}):
        words = {**WORDS, **NOT_FOUND, **UNREAD}[status]
        refused = _ref(SHAPES.get(status, answers.Refusal))
        found[str(status)] = {"description": words, "content": {JSON: {"schema": refused}}}
    return found


def _schemas() -> Iterator[tuple[str, type[Schema]]]:
    """Every schema that is named, by its name."""
    waiting: list[type[Schema]] = [answers.Refusal, *SHAPES.values()]
    waiting += [shape for one in ENDPOINTS for shape in (one.answer, one.body) if shape is not None]
    known: set[str] = set()
    while waiting:
        shape = waiting.pop()
        if shape.__name__ not in known:
            known.add(shape.__name__)
            yield shape.__name__, shape
            waiting += [inner for field in shape().fields.values() for inner in _nested(field)]


def _nested(field: Any) -> Iterator[type[Schema]]:
    if isinstance(field, fields.Nested):
        yield type(field.schema)
    elif isinstance(field, fields.List):
        yield from _nested(field.inner)
    elif isinstance(field, fields.Dict) and field.value_field is not None:
        yield from _nested(field.value_field)


def _object(shape: type[Schema]) -> dict[str, Any]:
    made = shape()
    return {
        "type": "object",
        "description": (shape.__doc__ or "").strip(),
        "properties": {name: _field(field) for name, field in made.fields.items()},
        "required": sorted(name for name, field in made.fields.items() if field.required),
        # what is sent may be written by a newer page; what is not known is refused with its name
        "additionalProperties": issubclass(shape, schemas.Shape),
    }


def _field(field: Any) -> dict[str, Any]:
    plain = _plain(field)
    if not field.allow_none:
        return plain
    return {"anyOf": [plain, {"type": "null"}]}


def _plain(field: Any) -> dict[str, Any]:
    if isinstance(field, fields.Nested):
        return _ref(type(field.schema))
    if isinstance(field, fields.List):
        return {"type": "array", "items": _field(field.inner)}
    if isinstance(field, fields.Dict):
        return {"type": "object", "additionalProperties": _field(field.value_field) if field.value_field else True}
    kinds: tuple[tuple[type[Any], dict[str, Any]], ...] = (
        (schemas.Whole, {"type": ["integer", "string"]}),
        (schemas.Money, {"type": ["string", "integer"], "description": "An amount as decimal text."}),
        (schemas.Texts, {"type": ["array", "string"], "items": {"type": "string"}}),
        (fields.Boolean, {"type": "boolean"}),
        (fields.Integer, {"type": "integer"}),
        (fields.Float, {"type": "number"}),
        (fields.String, {"type": "string"}),
    )
    return next(dict(told) for kind, told in kinds if isinstance(field, kind))


def _ref(shape: type[Schema]) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{shape.__name__}"}

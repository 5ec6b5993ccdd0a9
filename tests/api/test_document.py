"""The document of the API: it names all that there is, and the API answers as it says, whatever is sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.schemas import APIOperation, BaseSchema

from plugin.pages import openapi
from storage import offers, snapshots
from tests.pages.world import Visit, World

DOCUMENT = "/api/v1/openapi.json"
#: addresses of the API that are no part of it
ITSELF = {("get", DOCUMENT)}
#: no server error, and no answer that is not documented with its status, type and shape
CHECKS = [
    checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
    checks.response_schema_conformance, checks.response_headers_conformance,
]  # fmt: skip


def rules(app: Flask) -> Iterator[tuple[str, str]]:
    """Every method and path that the application answers below the API's address."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1/"):
            path = rule.rule.replace("<", "{").replace(">", "}")
            yield from ((method.lower(), path) for method in rule.methods - {"HEAD", "OPTIONS"})


def attack(schema: BaseSchema, visit: Visit, *, examples: int, known: dict[str, list[str]]) -> int:
    """Sends what fits the document and what does not to every operation; how many requests there were."""
    sent = 0

    def against(operation: APIOperation) -> None:
        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.data())
        def run(data: st.DataObject) -> None:
            nonlocal sent
            case = data.draw(operation.as_strategy())
            for name, ids in known.items():
                # half of the time someone who is there
                if name in case.path_parameters and data.draw(st.booleans()):
                    case.path_parameters[name] = data.draw(st.sampled_from(ids))
            answer = case.call(headers=visit.headers() | {"Accept-Encoding": "identity"})
            case.validate_response(answer, checks=CHECKS)
            sent += 1

        run()

    for found in schema.get_all_operations():
        against(found.ok())
    return sent


@pytest.fixture
def known(world: World) -> dict[str, list[str]]:
    """Some customers and offers of the shop."""
    with world.runtime.database.reading() as db:
        people = sorted(snapshots.ids(db, world.shop.shop_id))[:20]
        made = [one.offer_id for one in offers.newest(db, world.shop.shop_id, 20)]
    return {"customer_id": people, "offer_id": made}


def test_the_document_names_every_address(world: World) -> None:
    """No address that is not documented, none documented that is not there."""
    told = world.app().test_client().get(DOCUMENT).json["paths"]
    documented = {(method, path) for path, methods in told.items() for method in methods}

    assert documented | ITSELF == set(rules(world.app()))


def test_the_document_is_made_once() -> None:
    """Anybody may ask for it again and again: the second time it is the same one."""
    assert openapi.document("1") is openapi.document("1")


def test_the_document_can_be_read_by_everyone(world: World) -> None:
    """It tells no shop's data, so no token is asked for; every answer has a shape."""
    told = world.app().test_client().get(DOCUMENT).json
    answers = [
        answer for methods in told["paths"].values() for one in methods.values() for answer in one["responses"].values()
    ]

    assert told["openapi"].startswith("3.")
    assert all("content" in answer for answer in answers)
    assert all("401" in one["responses"] for methods in told["paths"].values() for one in methods.values())


def test_no_server_error_and_no_answer_that_is_not_documented(
    world: World, visit: Visit, known: dict[str, list[str]]
) -> None:
    """With a valid token, for requests that fit the document and for ones that do not."""
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, visit.client.application)

    assert attack(schema, visit, examples=12, known=known) > 100


@pytest.mark.soak
def test_no_server_error_in_a_long_campaign(world: World, visit: Visit, known: dict[str, list[str]]) -> None:
    """The same with many more requests, for a shop that may ask as much as it likes."""
    visit.client = world.app(shop_at_once=10**9).test_client()
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, visit.client.application)

    assert attack(schema, visit, examples=400, known=known) > 1_000

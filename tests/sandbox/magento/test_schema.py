"""The sandbox's answers are what Magento's own description of its API says, with the tolerances that real answers need."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from plugin.sandbox.magento import coupons, customers, rules
from tests.platforms.magento import captures
from tests.platforms.magento.sandboxed import schema, world
from tests.sandbox.magento.replay import Replay, everything

#: definition → properties that a real store answers otherwise: null, or another kind of value
#: (measured on the captures; the same real answers need them)
LOOSE = {
    "sales-rule-data-coupon-interface": {"is_primary", "times_used"},
    "sales-rule-data-condition-interface": {"operator", "value"},
    "sales-data-order-payment-interface": {"account_status", "cc_last4"},
    "sales-data-creditmemo-item-interface": {"base_cost"},
    "asynchronous-operations-data-summary-operation-status-interface": {"result_message", "error_code"},
    "asynchronous-operations-data-operation-interface": {
        "result_message", "error_code", "serialized_data", "result_serialized_data",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """All captured requests, answered."""
    schema()
    if not captures.names():
        pytest.skip("the captures of Magento are not at hand (../shared/captures/magento)")
    return everything(tmp_path_factory.mktemp("described"))


@pytest.mark.parametrize("name", captures.names())
def test_answers_are_as_described(replay: Replay, name: str) -> None:
    """A whole answer fits its description; with ``fields=`` only a part is there, and some paths are nobody's."""
    status, told = replay.answers[name]
    request = captures.one(name)["request"]
    wanted = _described(request["method"].lower(), request["path"].partition("?")[0])
    if status != 200 or wanted is None or "fields=" in request["path"]:
        return
    assert [error.message for error in _validator(json.dumps(wanted)).iter_errors(told)] == []
    real = captures.one(name)["response"]
    assert [error.message for error in _validator(json.dumps(wanted)).iter_errors(real)] == []


@pytest.mark.parametrize(
    ("definition", "fields"),
    [
        ("sales-rule-data-rule-interface", rules.FIELDS),
        ("sales-rule-data-condition-interface", rules.CONDITION_FIELDS),
        ("sales-rule-data-rule-label-interface", rules.LABEL_FIELDS),
        ("sales-rule-data-coupon-interface", coupons.FIELDS),
        ("sales-rule-data-coupon-generation-spec-interface", coupons.SPEC_FIELDS),
        ("customer-data-customer-interface", customers.FIELDS),
    ],
)
def test_the_keys_that_are_known_are_those_described(definition: str, fields: frozenset[str]) -> None:
    """What the sandbox takes in a body without failing is what Magento takes."""
    assert fields == schema()["definitions"][definition]["properties"].keys()


def test_the_store_says_where_it_is(tmp_path: Path) -> None:
    """A running store tells the address that it is reached at."""
    made, close = world(tmp_path)
    try:
        assert made.client().get("/V1/store/storeConfigs")[0]["base_url"] == f"{made.url}/"
    finally:
        close()


def _described(method: str, path: str) -> Any:
    short = re.sub(r"^/rest/(?:[a-z]+/)?V1", "/V1", path)
    for template, held in schema()["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), short) and method in held:
            return held[method]["responses"]["200"].get("schema")
    return None


@cache
def _validator(wanted: str) -> Any:
    definitions = {}
    for name, held in schema()["definitions"].items():
        loose = {one: {} for one in LOOSE.get(name, ())}
        definitions[name] = {**held, "properties": {**held.get("properties", {}), **loose}}
    return jsonschema_rs.Draft4Validator({**json.loads(wanted), "definitions": definitions})

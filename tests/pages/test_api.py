"""The API behind the pages: what it takes, what it refuses and how it says so."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin.pages import fields
from plugin.rewards.stored import from_stored
from storage import programs, snapshots
from tests.pages.world import Visit, World

Wire = dict[str, Any]


def put(wire: Wire, name: str, value: Any) -> Wire:
    """A copy of a program with one value changed."""
    changed = copy.deepcopy(wire)
    *path, last = [int(part) if part.isdigit() else part for part in name.split(".")]
    at: Any = changed
    for part in path:
        at = at[part]
    at[last] = value
    return changed


@pytest.fixture
def wire(visit: Visit) -> Wire:
    """The rules in force."""
    told: Wire = visit.api("GET", "/program").json["program"]
    return told


def text_of(visit: Visit, program: Wire, name: str) -> str:
    """What saving says about a field."""
    answer = visit.api("PUT", "/program", {"base_version": 3, "program": program})
    assert answer.status_code == 422, answer.json
    return " ".join(told["text"] for told in answer.json["errors"][name])


def test_a_save_is_a_new_version_in_force(world: World, visit: Visit, wire: Wire) -> None:
    """The version before stays as it was, the author is written down."""
    answer = visit.api(
        "PUT", "/program", {"base_version": 3, "program": put(wire, "limits.wait_days", 60), "note": "n"}
    )
    with world.runtime.database.reading() as db:
        kept = programs.history(db, world.shop.shop_id)

    assert answer.json["version"] == 4
    assert (kept[0].author, kept[0].note) == ("shopify:42", "n")
    assert [from_stored(version.body).limits.wait_days for version in kept] == [60, 45, 45, 45]


def test_faults_of_a_row_are_all_said_at_once(visit: Visit, wire: Wire) -> None:
    """A name that is missing beside numbers that are none."""
    tier = wire["loyalty"]["tiers"][-1] | {"name": " ", "spend_from": "", "percent": "lots"}
    wire["loyalty"]["tiers"].append(tier)
    answer = visit.api("PUT", "/program", {"base_version": 3, "program": wire})

    assert {name: told[0]["text"] for name, told in answer.json["errors"].items()} == {
        "loyalty.tiers.4.name": "Use 1 to 30 characters.",
        "loyalty.tiers.4.spend_from": "Enter a value.",
        "loyalty.tiers.4.percent": "Enter a number.",
    }


def test_after_a_save_everyone_is_looked_at_again(world: World, visit: Visit, wire: Wire) -> None:
    """The next decision of every customer is made under the new rules."""
    visit.api("PUT", "/program", {"base_version": 3, "program": wire})
    with world.runtime.database.reading() as db:
        due = snapshots.due(db, world.shop.shop_id, world.clock.at, 1_000)
        everyone = list(snapshots.every(db, world.shop.shop_id))

    assert len(due) == len(everyone) > 100


def test_undo_writes_the_version_before_as_a_new_one(visit: Visit, wire: Wire) -> None:
    """And undoing the undo brings the change back."""
    visit.api("PUT", "/program", {"base_version": 3, "program": put(wire, "holdout_percent", 20)})
    versions = [visit.api("POST", "/program/undo", {"base_version": base}).json["version"] for base in (4, 5)]

    assert versions == [5, 6]
    assert visit.api("GET", "/program").json["program"]["holdout_percent"] == 20


def test_the_first_version_cannot_be_undone(new_world: World) -> None:
    """There is nothing before it."""
    answer = Visit(new_world).api("POST", "/program/undo", {"base_version": 1})

    assert (answer.status_code, answer.json["error"]["code"]) == (409, "nothing_to_undo")


def test_a_save_over_someone_elses_is_refused_with_what_they_changed(visit: Visit, wire: Wire) -> None:
    """409 carries the version in force and its changes; saving over it knowingly works, nobody's work is lost."""
    visit.api("PUT", "/program", {"base_version": 3, "program": put(wire, "limits.monthly_budget", "700")})
    mine = put(wire, "holdout_percent", 5)
    refused = visit.api("PUT", "/program", {"base_version": 3, "program": mine})
    knowingly = visit.api("PUT", "/program", {"base_version": refused.json["version"], "program": mine})

    assert (refused.status_code, refused.json["error"]["code"]) == (409, "conflict")
    assert refused.json["changes"] == ["Monthly budget: $1,800 → $700"]
    assert "Monthly budget: $1,800 → $700" in refused.json["html"]
    assert (knowingly.status_code, knowingly.json["version"]) == (200, 5)


def test_an_undo_of_what_is_no_longer_in_force_is_refused(visit: Visit, wire: Wire) -> None:
    """Someone else saved in between."""
    visit.api("PUT", "/program", {"base_version": 3, "program": wire})

    assert visit.api("POST", "/program/undo", {"base_version": 3}).status_code == 409


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("loyalty.tiers.1.name", "", "Use 1 to 30 characters."),
        ("loyalty.tiers.1.name", "x" * 31, "Use 1 to 30 characters."),
        ("loyalty.tiers.2.name", "silver", "Another tier has this name."),
        ("loyalty.tiers.2.spend_from", "105", "Must be more than $105 for Silver."),
        ("loyalty.tiers.2.spend_from", "", "Enter a value."),
        ("loyalty.tiers.2.spend_from", "lots", "Enter a number."),
        ("loyalty.tiers.2.spend_from", "190.001", "This currency has fewer digits after the point."),
        ("loyalty.tiers.0.spend_from", "1", "The first tier begins at 0."),
        ("loyalty.tiers.1.percent", "51", "Enter a number from 0 to 50."),
        ("loyalty.tiers.1.percent", "-1", "Enter a number from 0 to 50."),
        ("loyalty.tiers.1.percent", "2.5", "Enter a whole number."),
        ("loyalty.tiers.1.percent", "", "Enter a value."),
        ("loyalty.tiers.1.percent", "five", "Enter a number."),
        ("loyalty.tiers", [], "Keep at least one tier."),
        ("loyalty.valid_days", 61, "Enter a number from 3 to 60."),
        ("win_back.timing.gap_multiple_tenths", 121, "Enter a number from 1 to 12."),
        ("win_back.timing.gap_multiple_tenths", "25.3", "Use at most one digit after the point."),
        ("win_back.timing.rule", "moon", "Choose one of the given values."),
        ("win_back.steps.2.wait_days", 0, "Enter a number from 1 to 365."),
        ("win_back.enabled", "yes", "Choose yes or no."),
        ("limits.wait_days", 6, "Enter a number from 7 to 365."),
        ("limits.order_guard", "20", "Must be at least $25, or the budget means nothing."),
        ("limits.monthly_budget", None, "Enter a value."),
        ("code_prefix", "no good", "Use up to 12 capital letters and digits."),
        ("currency", "EUR", "The rules must be in your shop's currency."),
        ("holdout_percent", 51, "Enter a number from 0 to 50."),
    ],
)
def test_each_fault_is_said_at_its_field(visit: Visit, wire: Wire, name: str, value: Any, text: str) -> None:
    """The sentence that the field shows."""
    assert text_of(visit, put(wire, name, value), name) == text


def test_faults_are_said_in_the_readers_language(world: World, wire: Wire) -> None:
    """With the same code beside it for programs."""
    answer = Visit(world, "zh-CN").api(
        "PUT", "/program", {"base_version": 3, "program": put(wire, "holdout_percent", 51)}
    )
    told = answer.json["errors"]["holdout_percent"][0]

    assert (told["code"], told["text"]) == ("range", "请输入 0 到 50 之间的数字。")
    assert told["numbers"]["most"] == 50


def test_all_faults_are_said_at_once(visit: Visit, wire: Wire) -> None:
    """Not one at a time, and not first those that cannot be read and then those out of range."""
    program = put(put(wire, "holdout_percent", 51), "limits.wait_days", 1)
    readable = visit.api("PUT", "/program", {"base_version": 3, "program": program})
    unreadable = visit.api("PUT", "/program", {"base_version": 3, "program": put(program, "loyalty.valid_days", "")})

    assert readable.json["errors"].keys() == {"limits.wait_days", "holdout_percent"}
    assert unreadable.json["errors"].keys() == {"limits.wait_days", "holdout_percent", "loyalty.valid_days"}


def test_a_missing_and_an_unknown_field_are_named(visit: Visit, wire: Wire) -> None:
    """A program is whole or it is not one."""
    program = copy.deepcopy(wire) | {"colour": "red"}
    del program["limits"]["wait_days"]
    answer = visit.api("PUT", "/program", {"base_version": 3, "program": program})

    assert {name: told[0]["code"] for name, told in answer.json["errors"].items()} == {
        "limits.wait_days": "required", "colour": "unknown",
    }  # fmt: skip


def test_checking_says_errors_and_warnings_and_saves_nothing(visit: Visit, wire: Wire) -> None:
    """The page asks when a field is left."""
    wrong = visit.api("POST", "/program/check", {"program": put(wire, "holdout_percent", 51)}).json
    odd = visit.api("POST", "/program/check", {"program": put(wire, "loyalty.tiers.3.percent", 4)}).json

    assert list(wrong["errors"]) == ["holdout_percent"]
    assert odd["warnings"]["loyalty.tiers.3.percent"][0]["text"] == "VIP gets less than the tier before it."
    assert visit.api("GET", "/program").json["version"] == 3


@pytest.mark.parametrize(
    ("send", "status"),
    [
        (lambda at: at(data="{", content_type="application/json"), 400),
        (lambda at: at(data="[" * 40_000, content_type="application/json"), 400),
        (lambda at: at(data="x=1", content_type="application/x-www-form-urlencoded"), 415),
        (lambda at: at(data=b" " * 70_000, content_type="application/json"), 413),
        (lambda at: at(json=[]), 422),
        (lambda at: at(json="program"), 422),
        (lambda at: at(data="null", content_type="application/json"), 422),
        (lambda at: at(json={"base_version": True, "program": 1}), 422),
        (lambda at: at(data='{"base_version": 1e999}', content_type="application/json"), 422),
    ],
)
def test_what_is_no_program_is_refused_without_a_fault_of_ours(
    visit: Visit, send: Callable[[Callable[..., Any]], Any], status: int
) -> None:
    """The status says what was wrong; there is never a 500."""
    answer = send(lambda **sent: visit.client.put("/api/v1/program", headers=visit.headers(), **sent))

    assert answer.status_code == status, answer.text


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_value_anywhere_breaks_the_server(visit: Visit, wire: Wire, data: st.DataObject) -> None:
    """Any JSON value at any field is taken or refused with that field or one it depends on named."""
    name = data.draw(st.sampled_from([*fields.flat(wire), "loyalty", "loyalty.tiers", "win_back.steps", "limits"]))
    answer = visit.api("POST", "/program/check", {"program": put(wire, name, data.draw(ANYTHING))})

    assert answer.status_code == 200
    for told in (*answer.json["errors"].values(), *answer.json["warnings"].values()):
        assert all(each["text"] and each["code"] for each in told)


def test_another_shops_rules_are_out_of_reach(world: World, visit: Visit, wire: Wire) -> None:
    """The shop is the token's, whatever the body says."""
    other = {"Authorization": f"Bearer {world.id_token(shop='other.myshopify.com')}"}
    visit.client.put("/api/v1/program", headers=other, json={"base_version": 1, "program": wire})

    assert visit.api("GET", "/program").json["version"] == 3


def test_what_means_more_than_it_shows_is_asked_before_it_is_saved(visit: Visit) -> None:
    """428 with the question, nothing saved; who confirms, and a program that does not ask to be asked, is not asked."""
    told = visit.api("GET", "/program").json
    program = told["program"] | {"win_back": told["program"]["win_back"] | {"enabled": False}}
    sent = {"base_version": told["version"], "program": program}
    asked = visit.api("PUT", "/program", sent | {"confirmed": False})

    assert asked.status_code == 428
    assert asked.json["error"]["code"] == "not_confirmed"
    assert "stay valid until they end" in asked.json["question"]
    assert visit.api("GET", "/program").json["version"] == told["version"]
    assert visit.api("PUT", "/program", sent).status_code == 200


def test_a_change_that_somebody_else_made_is_told_before_anything_is_asked(visit: Visit) -> None:
    """409 comes before 428."""
    told = visit.api("GET", "/program").json
    off = told["program"] | {"win_back": told["program"]["win_back"] | {"enabled": False}}
    visit.api("PUT", "/program", {"base_version": told["version"], "program": told["program"]})

    assert (
        visit.api("PUT", "/program", {"base_version": told["version"], "program": off, "confirmed": False}).status_code
        == 409
    )

"""A program kept and a program written by people: both come back equal, and nothing strange is let in."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.rewards.program import InvalidProgram, Program
from plugin.rewards.stored import from_stored, to_stored
from plugin.rewards.wire import from_wire, to_wire
from tests.rewards.worlds import programs, usual_program

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(programs(modes=("live", "shadow")))
def test_a_program_comes_back_equal(program: Program) -> None:
    """Kept or written, through JSON text and back, a program is the same."""
    assert from_stored(json.loads(json.dumps(to_stored(program)))) == program
    assert from_wire(json.loads(json.dumps(to_wire(program)))) == program


def test_money_is_kept_in_minor_units_under_names_that_say_so() -> None:
    """Kept are 20000 cents as ``spend_from_minor``; shown is "200.00" as ``spend_from``."""
    kept, shown = to_stored(usual_program()), to_wire(usual_program())
    assert (kept["format"], kept["loyalty"]["tiers"][1]["spend_from_minor"]) == (2, 20_000)
    assert shown["loyalty"]["tiers"][1]["spend_from"] == "200.00"
    assert {name for name in kept["limits"] if name.endswith("_minor")} >= {"min_order_minor", "monthly_budget_minor"}


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(*at, name) for name, _ in inner] + [path for name, held in inner for path in places(held, (*at, name))]


PLACES = places(to_wire(usual_program()))


def holder(value: Any, path: tuple[Any, ...]) -> Any:
    """The container that a path ends in."""
    for name in path[:-1]:
        value = value[name]
    return value


@given(st.sampled_from(PLACES), any_json)
def test_anything_at_all_in_any_place_is_read_or_refused(path: tuple[Any, ...], strange: Any) -> None:
    """A strange value gives a program or InvalidProgram naming fields, never another error."""
    written = copy.deepcopy(to_wire(usual_program()))
    holder(written, path)[path[-1]] = strange
    read, faults = attempt(written)
    assert (read is None) == bool(faults)
    assert read is None or from_wire(to_wire(read)) == read


def attempt(written: Any) -> tuple[Program | None, dict[str, str]]:
    """The program, or the faults by field."""
    try:
        return from_wire(written), {}
    except InvalidProgram as fault:
        return None, fault.messages


@given(any_json)
def test_what_is_no_program_is_refused(strange: Any) -> None:
    """Any JSON value that is no object with all fields is an InvalidProgram."""
    with pytest.raises(InvalidProgram):
        from_wire(strange)


#: what came after the first format
LATER = {
    "type", "amount", "cap", "product", "products", "collections", "combine_order", "combine_product", "combine_shipping",
    "daily_budget", "customer_year", "daily_ramp", "quantile_percent",
    "margin_percent", "margin_floor_percent", "rollout_percent", "occasions", "orders_from", "measure", "retain_percent", "reenter_percent", "grace_days", "notice_days",
    "leave_out_tags",
}  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        p
        for p in PLACES
        if isinstance(p[-1], str) and p[-1] not in LATER and p[0] not in {"surprise", "in_store", "announced"}
    ],
    ids=str,
)
def test_a_missing_field_is_named(path: tuple[Any, ...]) -> None:
    """Whatever is left out is asked for by its dotted name."""
    written = copy.deepcopy(to_wire(usual_program()))
    del holder(written, path)[path[-1]]
    with pytest.raises(InvalidProgram) as caught:
        from_wire(written)
    assert caught.value.errors == {".".join(map(str, path)): "missing"}


def test_an_older_file_means_what_it_meant() -> None:
    """What came later may be left out; the program is the one that it was."""
    written = to_wire(usual_program())
    for path in reversed(PLACES):
        if path[-1] in LATER or path == ("surprise",):
            del holder(written, path)[path[-1]]
    assert from_wire(written) == usual_program()


def test_the_first_format_is_read() -> None:
    """A program kept before there was more than a percentage to give is read, and gives percentages."""
    kept: dict[str, Any] = {"format": 1, **OLD}
    program = from_stored(kept)
    assert {tier.type for tier in program.loyalty.tiers} == {"percent"}
    assert from_stored(to_stored(program)) == program


OLD = {
    "key": "main", "mode": "live", "currency": "EUR", "code_prefix": "REG", "holdout_percent": 10,
    "loyalty": {"enabled": True, "valid_days": 30, "tiers": [
        {"name": "Member", "spend_from_minor": 0, "percent": 0}, {"name": "Gold", "spend_from_minor": 20_000, "percent": 5},
    ]},
    "win_back": {
        "enabled": True, "timing": {"rule": "recommended", "days": 60, "gap_multiple_tenths": 15},
        "steps": [{"name": "offer", "wait_days": 0, "percent": 10, "valid_days": 21}], "sunset_days": 180, "max_age_days": 30,
    },
    "limits": {
        "highest_percent": 20, "min_order_minor": 2_500, "order_guard_minor": 30_000, "wait_days": 45,
        "monthly_budget_minor": 50_000,
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("limits", "monthly_budget"), 500, "not_text"),
        (("limits", "monthly_budget"), "500,00", "not_money"),
        (("limits", "monthly_budget"), "5e2", "not_money"),
        (("limits", "monthly_budget"), "NaN", "not_money"),
        (("limits", "monthly_budget"), "٥٠٠", "not_money"),
        (("limits", "monthly_budget"), "500.001", "too_fine"),
        (("limits", "monthly_budget"), "-1", "amount_range"),
        (("limits", "monthly_budget"), "9" * 30, "amount_range"),
        (("loyalty", "tiers", 2, "percent"), True, "type"),
        (("loyalty", "tiers", 2, "percent"), "5", "type"),
        (("loyalty", "tiers", 2, "percent"), 5.0, "type"),
        (("loyalty", "tiers", 2), None, "type"),
        (("loyalty", "tiers"), {}, "type"),
        (("loyalty", "enabled"), 1, "type"),
        (("win_back",), [], "type"),
        (("win_back", "gift"), 1, "unknown"),
        (("format",), 1, "unknown"),
        (("limits", "products"), "7", "type"),
        (("limits", "products"), [7], "type"),
        (("currency",), ["USD"], "type"),
    ],
)
def test_a_fault_of_form_is_named(path: tuple[Any, ...], value: Any, code: str) -> None:
    """The dotted field and a stable code say what cannot be read."""
    written = copy.deepcopy(to_wire(usual_program()))
    holder(written, path)[path[-1]] = value
    with pytest.raises(InvalidProgram) as caught:
        from_wire(written)
    assert caught.value.errors[".".join(map(str, path))] == code


def test_faults_of_form_are_told_together() -> None:
    """Everything that cannot be read is named at once."""
    written = to_wire(usual_program())
    written["loyalty"]["tiers"][1]["spend_from"] = 5
    written["holdout_percent"] = "ten"
    del written["mode"]
    with pytest.raises(InvalidProgram) as caught:
        from_wire(written)
    assert caught.value.errors == {
        "loyalty.tiers.1.spend_from": "not_text",
        "holdout_percent": "type",
        "mode": "missing",
    }


@pytest.mark.parametrize("found", [None, 0, 3, True, "1"])
def test_another_format_is_refused(found: Any) -> None:
    """A kept program of a format that this version does not know is named as such."""
    with pytest.raises(InvalidProgram) as caught:
        from_stored({**to_stored(usual_program()), "format": found})
    assert caught.value.errors == {"format": "format"}


@pytest.mark.parametrize("value", ["20000", 20_000.0, True, None])
def test_kept_money_is_a_whole_number(value: Any) -> None:
    """Anything but a whole number of minor units was not kept by us."""
    kept = to_stored(usual_program())
    kept["limits"]["min_order_minor"] = value
    with pytest.raises(InvalidProgram) as caught:
        from_stored(kept)
    assert caught.value.errors == {"limits.min_order": "type"}

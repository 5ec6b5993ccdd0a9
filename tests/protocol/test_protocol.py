"""The issuing protocol holds whatever is lost, late, doubled or killed; each of its parts is there for a reason."""

from __future__ import annotations

import pytest

from tests.protocol.search import Searched, search
from tests.protocol.state import Rules

#: what the protocol must bear, small enough for every run
CONFIGURATIONS = {
    "late requests": Rules(),
    "orders": Rules(orders=True, workers=1),
    "stale look-ups, doubled requests": Rules(stale_look_ups=True, duplicated=True),
    "two late requests at once": Rules(in_flight=2, stale_look_ups=True, duplicated=True, workers=1),
    "no look-up before asking again": Rules(found_before_asked_again=False),
    "ends that the merchant moves": Rules(end_moves=True, orders=True, workers=1),
    "refusals, read with care": Rules(refuses=True, late_refusal_is_doubt=True, orders=True, workers=1),
}
LARGE = {
    "two late requests at once, two workers": Rules(in_flight=2, stale_look_ups=True, duplicated=True),
    "ends that the merchant moves, two workers": Rules(end_moves=True),
    "orders, two workers": Rules(orders=True),
    "refusals and orders, two workers": Rules(refuses=True, late_refusal_is_doubt=True, orders=True),
    "ends that the merchant moves, and orders": Rules(end_moves=True, orders=True),
    "everything": Rules(in_flight=2, stale_look_ups=True, duplicated=True, orders=True),
    "everything, three late requests": Rules(in_flight=3, stale_look_ups=True, duplicated=True, orders=True),
    "three workers": Rules(workers=3, stale_look_ups=True, duplicated=True),
    "three workers, orders": Rules(workers=3, in_flight=2, stale_look_ups=True, duplicated=True, orders=True),
}
MUTANTS = {
    "another code for every try": (Rules(same_code=False), "two live codes"),
    "a time-out is a failure": (Rules(time_out_is_doubt=False), "released and the code is live"),
    "taken is a failure": (Rules(taken_is_looked_up=False), "released and the code is live"),
    "not found is off": (Rules(not_found_is_no_end=False), "a live code of an erased customer"),
    "deleted, not switched off": (Rules(switched_off_not_deleted=False), "store has no code"),
    "anyone may conclude": (Rules(fence_on_commit=False, compare_on_commit=False), "switched off for good"),
    "not written before the wire": (Rules(written_before_the_wire=False), "code"),
    "not found is cancelled": (Rules(name_taken=False), "released and the code is live"),
    "a tombstone is not looked for": (Rules(tombstone_looked_for=False), "released and the code is live"),
    "closed by the clock": (Rules(closing_asks=False, end_moves=True), "released and the code is live"),
    "a refusal is final although asked before": (Rules(refuses=True), "released and the code is live"),
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_protocol_holds(name: str) -> None:
    """No state that can be reached breaks an invariant, and from each a good end is reached once nothing fails."""
    _assert_holds(search(CONFIGURATIONS[name]), name)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", LARGE)
def test_the_protocol_holds_at_large(name: str) -> None:
    """The same with more workers and more requests under way."""
    _assert_holds(search(LARGE[name]), name)


@pytest.mark.parametrize("name", MUTANTS)
def test_each_part_of_the_protocol_is_needed(name: str) -> None:
    """A protocol that lacks one part is refuted, with the steps that refute it."""
    rules, expected = MUTANTS[name]
    found = search(rules)
    print(f"{name}: {found.violation} after {found.states} states: {', '.join(found.trace)}")  # noqa: T201
    assert expected in found.violation
    assert len(found.trace) <= 15


def test_the_comparison_holds_without_the_fence() -> None:
    """The comparison of the offer's state is safe without a fence; a fence alone is not, as a switch-off has its own."""
    assert not search(Rules(fence_on_commit=False)).violation
    assert search(Rules(compare_on_commit=False)).violation


def _assert_holds(found: Searched, name: str) -> None:
    print(f"{name}: {found.states} states, {found.edges} edges")  # noqa: T201
    assert (found.violation, found.trace) == ("", ())
    assert (found.stuck, found.stuck_trace) == (0, ())
    assert found.states > 10_000

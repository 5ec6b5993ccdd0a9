"""Customers who are left out by a tag that they bear in the store."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.rewards.decide import decide, primary_reason
from plugin.rewards.decision import Budget
from plugin.rewards.inputs import freeze, redecide
from plugin.rewards.problem import InvalidProgram
from plugin.rewards.program import Program
from plugin.rewards.tags import among, plain
from tests.rewards.worlds import SHOP, World, after, customer, decided, usual_program, worlds

words = st.text(min_size=1, max_size=8)


def _leaving_out(*tags: str, program: Program | None = None) -> Program:
    program = program or usual_program()
    return replace(program, limits=replace(program.limits, leave_out_tags=tags))


@given(tags=st.lists(words, max_size=5), named=st.lists(words, max_size=5))
def test_case_and_blanks_do_not_tell_tags_apart(tags: list[str], named: list[str]) -> None:
    """What is found is what was named, whatever the case and the blanks on either side."""
    found = among(tags, named)
    assert found == among([f" {tag.swapcase().swapcase()} " for tag in tags], named)
    assert {plain(one) for one in found} == {plain(one) for one in tags} & {plain(one) for one in named}


def test_a_tag_that_is_left_out_gets_nothing_and_says_which() -> None:
    """The main reason names the tag as the merchant wrote it, and time is not what ends it."""
    decision = decided(after(1), program=_leaving_out("wholesale", "Staff"), standing=customer(tags=("staff",)))
    reason = primary_reason(decision)
    assert reason is not None
    assert (decision.outcome, decision.next_check_at, reason.code) == ("hold", None, "left_out_by_tag")
    assert reason.numbers == {"tag": "Staff"}
    assert decided(after(1), program=_leaving_out("wholesale"), standing=customer(tags=("staff",))).outcome == "issue"


def test_an_offer_waits_until_the_tags_are_known() -> None:
    """Whoever would get an offer and whose tags are not known gets none yet; rules without tags do not ask."""
    decision = decided(after(1), program=_leaving_out("staff"), standing=customer(tags=None))
    reason = primary_reason(decision)
    assert reason is not None
    assert (decision.outcome, decision.offer, reason.code) == ("hold", None, "tags_unread")
    assert decided(after(1), standing=customer(tags=None)) == decided(after(1))


@given(world=worlds(), tags=st.none() | st.just(()) | st.just(("staff",)))
def test_leaving_out_gives_nothing_more_and_nothing_else(world: World, tags: tuple[str, ...] | None) -> None:
    """With a tag to leave out a customer gets what they got without, or nothing; and deciding again says the same."""
    given = {
        "standing": msgspec.structs.replace(world.standing, tags=tags),
        "program_shop": SHOP,
        "past": world.past,
        "budget": Budget(month="2026-11", cap=world.program.limits.monthly_budget, used=world.used),
        "as_of": after(1),
        "timezone": world.timezone,
    }
    program = _leaving_out("Staff", program=world.program)
    decision = decide(program=program, **given)
    if tags == ():
        assert decision == decide(program=world.program, **given)
    else:
        assert decision.offer is None
    assert redecide(freeze(**given), program) == decision


@pytest.mark.parametrize(
    ("tags", "code"),
    [(("vip", "VIP"), "twice"), (("",), "name_length"), ((" vip",), "name_length"), (("x" * 256,), "name_length"),
     (tuple(map(str, range(21))), "too_many")],
)  # fmt: skip
def test_a_list_of_tags_is_short_and_says_each_once(tags: tuple[str, ...], code: str) -> None:
    """At most 20 tags of 1 to 255 characters, none twice in another case."""
    with pytest.raises(InvalidProgram) as caught:
        _leaving_out(*tags)
    assert caught.value.errors == {"limits.leave_out_tags": code}

"""What a platform cannot do is said before rules are saved."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import product

import pytest

from plugin.platforms.magento import templates
from plugin.rewards.parts import InStore
from plugin.rewards.possible import KINDS, impossible
from plugin.rewards.reward import benefit_of
from tests.rewards.worlds import usual_program


@pytest.mark.parametrize("ticked", list(product((False, True), repeat=3)))
@pytest.mark.parametrize("kind", ["percent", "fixed", "gift"])
def test_what_may_be_saved_can_be_given(ticked: tuple[bool, ...], kind: str) -> None:
    """Rules that pass ask a Magento store for nothing that it would refuse; Shopify combines as it likes."""
    program = usual_program()
    program = replace(program, limits=replace(program.limits, **dict(zip(KINDS, ticked, strict=True))))
    benefit = benefit_of(replace(program.loyalty.tiers[0], percent=10), program.limits)
    refused = bool(templates.cannot(kind, combines=benefit.combines))
    assert bool(list(impossible(program, "magento"))) == refused == (sum(ticked) in {1, 2})
    assert list(impossible(program, "shopify")) == []


@pytest.mark.parametrize("part", [part.name for part in fields(InStore)])
def test_what_only_shopify_has_is_refused_at_its_field(part: str) -> None:
    """Fields and tags of customers, automations, groups and pools are no part of Magento."""
    program = replace(usual_program(), in_store=replace(InStore(), **{part: True}))
    assert [one.field for one in impossible(program, "magento")] == [f"in_store.{part}"]
    assert list(impossible(program, "shopify")) == []

"""Rules for whatever is asked for: whole, as described, and known again whatever the store makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin.platforms.magento.templates import Template, drift, last_day, rule_body, template_of, told_terms
from plugin.platforms.protocol import DiscountSpec
from plugin.sandbox.ledger import Ledger
from plugin.sandbox.magento import rules
from plugin.sandbox.magento.tables import TABLES
from tests.platforms.magento.sandboxed import START, hold_to_schema

ZONES = [ZoneInfo(name) for name in ("UTC", "America/New_York", "Asia/Shanghai", "Pacific/Apia")]
SKU = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,20}", fullmatch=True)


@st.composite
def specs(draw: st.DrawFn) -> DiscountSpec:
    """Any discount that the rules can ask for."""
    kind = draw(st.sampled_from(["percent", "fixed", "gift", "shipping"]))
    products = tuple(draw(st.lists(SKU, max_size=4, unique=True)))
    return DiscountSpec(
        code="BACK0123456789ABCDEF",
        title="Regulars",
        tag="offer",
        customer_id="7",
        type=kind,
        percent=draw(st.integers(1, 100)) if kind == "percent" else 0,
        amount=draw(st.integers(1, 10**9)),
        minimum=draw(st.integers(0, 10**9)),
        currency=draw(st.sampled_from(["USD", "JPY", "BHD"])),
        starts_at=START,
        ends_at=START + draw(st.timedeltas(timedelta(seconds=1), timedelta(days=90))),
        products=(draw(SKU),) if kind == "gift" else products,
        collections=tuple(draw(st.lists(st.integers(1, 99).map(str), max_size=4, unique=True))),
        combines=draw(st.sampled_from([(), ("order", "product", "shipping")])),
    )


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A store's file."""
    folder: Path = tmp_path_factory.mktemp("rules")
    opened = Ledger(folder / "store.db", TABLES)
    yield opened
    opened.close()


@given(spec=specs(), zone=st.sampled_from(ZONES))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_rule_is_whole_and_is_known_again(ledger: Ledger, spec: DiscountSpec, zone: ZoneInfo) -> None:
    """The rule fits Magento's description, and as the store shows it nothing differs from what it was made with."""
    template = template_of(spec, websites=(1, 3), zones=(zone,))
    body = json.loads(json.dumps({"rule": rule_body(template, groups=(0, 1))}))
    hold_to_schema([("POST", "http://store/rest/all/V1/salesRules", body)])
    with ledger.transaction() as connection:
        shown = json.loads(json.dumps(rules.save(connection, body["rule"])))
    assert drift(shown) == ()
    told = told_terms(shown)
    assert told is not None
    assert Template(**{k: tuple(v) if isinstance(v, list) else v for k, v in told.items()}) == template


@given(one=specs(), other=specs())
@settings(max_examples=100, deadline=None)
def test_rules_are_shared_by_discounts_alike_only(one: DiscountSpec, other: DiscountSpec) -> None:
    """Two discounts hang on one rule if and only if the rule would be the same."""
    first, second = (template_of(spec, websites=(1,), zones=(ZONES[0],)) for spec in (one, other))
    assert (first.reference == second.reference) == (first == second)


EDITS: list[tuple[dict[str, Any], str]] = [
    ({"discount_amount": 11}, "percent"),
    ({"simple_action": "cart_fixed"}, "type"),
    ({"to_date": "2027-01-01"}, "to_date"),
    ({"website_ids": [2]}, "websites"),
    ({"uses_per_coupon": 0}, "uses_per_coupon"),
    ({"use_auto_generation": False}, "use_auto_generation"),
    ({"stop_rules_processing": False}, "combines"),
    ({"condition": None}, "minimum"),
    ({"description": "mine"}, "description"),
    ({"discount_amount": "much"}, "percent"),
]


@pytest.mark.parametrize(("edit", "name"), EDITS)
def test_whatever_is_edited_is_named(edit: dict[str, Any], name: str) -> None:
    """A rule that is other than it was made is never taken for ours, and the difference has a name."""
    spec = DiscountSpec(
        code="C", title="T", tag="o", customer_id="7", percent=10, minimum=2000, currency="USD", starts_at=START,
        ends_at=START + timedelta(days=9),
    )  # fmt: skip
    rule = rule_body(template_of(spec, websites=(1,), zones=(ZONES[0],)), groups=(0,))
    assert drift(rule) == ()
    assert name in drift({**rule, **edit})


@given(later=st.timedeltas(timedelta(0), timedelta(days=365)), zones=st.lists(st.sampled_from(ZONES), min_size=1))
def test_the_last_day_covers_the_offer_everywhere(later: timedelta, zones: list[ZoneInfo]) -> None:
    """In every time zone of the store the moment before the end is on the rule's last day or earlier."""
    before = START + later - timedelta(microseconds=1)
    last = last_day(START + later, zones)
    days = [before.astimezone(zone).date() for zone in zones]
    assert max(days) == last

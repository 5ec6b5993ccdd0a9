"""Nothing that a customer, a store or a merchant has written is taken for markup on a page, or for a formula in a file."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup

from plugin.rewards.stored import from_stored
from plugin.usecases import change_program
from storage import offers, programs, snapshots
from tests.pages.world import NOW, Visit, World

EVIL = "<img src=x onerror=alert(1)>"
FORMULAS = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]


@pytest.fixture
def evil(world: World) -> Visit:
    """A shop with a customer and a tier whose names are markup."""
    with world.runtime.database.transaction() as db:
        shop_id = world.shop.shop_id
        known = next(iter(snapshots.every(db, shop_id)))
        row = {name: getattr(known, name) for name in known.__dataclass_fields__} | {"customer_id": EVIL}
        snapshots.keep_many(db, shop_id, [row])
        stored = programs.current(db, shop_id)
        assert stored is not None
        program = from_stored(stored.body)
        named = tuple(replace(tier, name=f"<b>{place}</b>") for place, tier in enumerate(program.loyalty.tiers))
        changed = replace(program, loyalty=replace(program.loyalty, tiers=named))
        change_program.save(
            db, shop_id=shop_id, program=changed, author="<i>me</i>", note="<u>why</u>", now=NOW,
            base_version=stored.version,
        )  # fmt: skip
    return Visit(world)


@pytest.mark.parametrize(
    "path",
    ["/app/overview", f"/app/customers?q={quote(EVIL)}", f"/app/customers/{quote(EVIL)}", "/app/rules", "/app/history"],
)
def test_markup_in_a_name_is_shown_as_text(evil: Visit, path: str) -> None:
    """It is on the page as it was written, and no element has come of it."""
    answer = evil.fragment(path)
    page = BeautifulSoup(answer.text, "html.parser")

    assert answer.status_code == 200
    assert page.select("img, b, i, u, [onerror]") == []
    if "customers" in path:
        assert EVIL in page.get_text()


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_in_a_name_is_a_text_in_the_file(world: World, text: str) -> None:
    """A spreadsheet shows it and reckons nothing."""
    with world.runtime.database.transaction() as db:
        offer = next(iter(offers.every(db, world.shop.shop_id)))
        offers.amend(db, world.shop.shop_id, offer.offer_id, order_id=text)
    rows = csv.DictReader(io.StringIO(Visit(world).api("GET", "/offers.csv").text, newline=""))

    assert f"'{text}" in {row["order_id"] for row in rows}

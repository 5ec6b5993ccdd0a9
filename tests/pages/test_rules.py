"""The rules page: a form that holds the whole program, and the versions that led to it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bs4 import BeautifulSoup, Tag

from plugin.pages import fields, rules
from plugin.rewards.stored import from_stored, to_stored
from plugin.rewards.wire import to_wire
from plugin.usecases import change_program
from storage import access, programs
from tests.pages.world import NOW, Visit, World

RULES = "/app/rules"


def form_of(visit: Visit) -> Tag:
    """The form as parsed."""
    form = BeautifulSoup(visit.fragment(RULES).text, "html.parser").form
    assert form is not None
    return form


def typed(form: Tag) -> dict[str, Any]:
    """Dotted names to values, as our script collects them."""
    values: dict[str, Any] = {}
    for entry in form.select("select[name]"):
        chosen = entry.select_one("option[selected]")
        if chosen is not None and not entry.find_parent("template"):
            values[entry["name"]] = chosen["value"]
    for entry in form.select("input[name]"):
        if entry.find_parent("template") or (entry.get("type") == "radio" and not entry.has_attr("checked")):
            continue
        scale = int(entry.get("data-scale", 1))
        value = entry.has_attr("checked") if entry.get("type") == "checkbox" else entry.get("value", "")
        values[entry["name"]] = str(round(float(value) * scale)) if scale > 1 else value
    return values


def in_force(world: World) -> dict[str, Any]:
    """The rules in force, by dotted name."""
    with world.runtime.database.reading() as db:
        stored = programs.current(db, world.shop.shop_id)
    assert stored is not None
    return fields.flat(to_wire(from_stored(stored.body)))


def test_the_form_holds_every_value_of_the_program(world: World, visit: Visit) -> None:
    """What the form would send is the program in force, no field more and none less."""
    values, wire = typed(form_of(visit)), in_force(world)

    assert values.keys() == wire.keys()
    for name, value in wire.items():
        same = float(values[name]) == float(value) if re.fullmatch(r"[\d.]+", str(value)) else values[name] == value
        assert same, name


def test_every_field_has_a_label_and_names_its_help(visit: Visit) -> None:
    """Nothing is described by an element that is not there, and no help stands below a field that does not name it."""
    form = form_of(visit)
    ids = {tag["id"] for tag in form.select("[id]")}
    entries = form.select("input[name]:not([type=hidden]), select[name]")

    assert len(entries) > 80
    for entry in entries:
        described = set(entry.get("aria-describedby", "").split())
        assert entry.find_parent("label") or form.select_one(f'label[for="{entry["id"]}"]'), entry["name"]
        assert described <= ids, entry["name"]
        assert entry["type"] == "radio" if f"help-{entry['name']}" in ids - described else True, entry["name"]


def test_the_first_tier_begins_at_zero_and_stays(visit: Visit) -> None:
    """Its spend cannot be edited and it has no button to remove it."""
    rows = form_of(visit).select("[data-rows] > .tier")

    assert rows[0].select_one('[name$="spend_from"]').has_attr("readonly")
    assert [bool(row.select("[data-remove]")) for row in rows] == [False, True, True, True]


def test_amounts_are_written_as_one_types_them(visit: Visit) -> None:
    """Without digits after the point where they are zeros, with the currency before them."""
    budget = form_of(visit).select_one('[name="limits.monthly_budget"]')

    assert budget["value"] == "1800"
    assert budget.find_previous_sibling(class_="unit").text == "$"


def test_warnings_stand_beside_their_field(world: World, visit: Visit) -> None:
    """They show when the page is opened, not only while one edits."""
    with world.runtime.database.transaction() as db:
        stored = programs.current(db, world.shop.shop_id)
        assert stored is not None
        program = replace(from_stored(stored.body), holdout_percent=0)
        change_program.save(
            db, shop_id=world.shop.shop_id, program=program, author="x", note="", now=NOW, base_version=stored.version
        )
    warning = form_of(visit).select_one("[id='warning-holdout_percent']")

    assert warning.text == "Without a control group, extra revenue cannot be shown."
    assert "warning-holdout_percent" in warning.find_parent(class_="field").input["aria-describedby"].split()


def test_history_says_who_when_and_what(visit: Visit) -> None:
    """Every version with what it changed in words; only the one in force can be undone."""
    page = BeautifulSoup(visit.fragment(RULES).text, "html.parser")
    entries = [" ".join(entry.get_text(" ").split()) for entry in page.select(".history > li")]

    assert entries[0].startswith("Version 3 in force Staff member 42, ")
    assert "Send win-back offers: off → on" in entries[0]
    assert "Monthly budget: $115 → $1,800" in entries[0]
    assert "Silver · Spend in last 12 months: $200 → $105" in entries[1]
    assert [entry.count("Undo this change") for entry in entries] == [1, 0, 0]


def test_added_and_removed_tiers_are_told_by_name(world: World, visit: Visit) -> None:
    """A shorter list says which tier went."""
    program = visit.api("GET", "/program").json["program"]
    program["loyalty"]["tiers"] = program["loyalty"]["tiers"][:-1]
    visit.api("PUT", "/program", {"base_version": 3, "program": program})

    assert "Tier removed: VIP" in visit.fragment(RULES).text


def test_tags_to_leave_out_are_written_with_commas(world: World, visit: Visit) -> None:
    """A tag may be of several words; the form shows the tags again as they were written, and doubles are refused."""
    program = visit.api("GET", "/program").json["program"]
    program["limits"]["leave_out_tags"] = " staff , wholesale buyer,"
    assert visit.api("PUT", "/program", {"base_version": 3, "program": program}).status_code == 200
    assert visit.api("GET", "/program").json["program"]["limits"]["leave_out_tags"] == ["staff", "wholesale buyer"]
    field = BeautifulSoup(visit.fragment(RULES).text, "html.parser").select_one("[name='limits.leave_out_tags']")
    assert field is not None
    assert field["value"] == "staff, wholesale buyer"
    program["limits"]["leave_out_tags"] = "staff, Staff"
    assert visit.api("PUT", "/program", {"base_version": 4, "program": program}).status_code == 422


def test_a_name_is_text_and_never_markup(visit: Visit) -> None:
    """A tier called like a tag is shown as it was written."""
    program = visit.api("GET", "/program").json["program"]
    program["loyalty"]["tiers"][1]["name"] = "<img src=x>&\"'"
    assert visit.api("PUT", "/program", {"base_version": 3, "program": program}).status_code == 200
    page = BeautifulSoup(visit.fragment(RULES).text, "html.parser")

    assert page.find("img") is None
    assert page.select_one('[name="loyalty.tiers.1.name"]')["value"] == "<img src=x>&\"'"


def test_writing_on_customers_is_asked_for_until_it_is_granted(world: World, visit: Visit) -> None:
    """The page has a button that asks the store for the scope; once it is granted there is none."""

    def asked() -> list[tuple[str, str]]:
        found = form_of(visit).select("[data-grant]")
        return [(str(one["data-grant"]), one.get_text()) for one in found]

    with world.runtime.database.transaction() as db:
        access.rescope(db, world.shop.shop_id, "read_customers write_discounts")
    assert asked() == [("write_customers", "Let Regulars write on customers")]
    with world.runtime.database.transaction() as db:
        access.rescope(db, world.shop.shop_id, "read_customers write_customers write_discounts")
    assert asked() == []


def test_what_only_shopify_has_is_not_shown_in_a_magento_store(world: World) -> None:
    """The fields stay in the form, so that a save keeps them; they show where one of them is on, to be turned off."""
    shop = world.shop
    with world.runtime.database.reading() as db:
        stored = programs.current(db, shop.shop_id)
        assert stored is not None
        program = from_stored(stored.body)
        on = replace(stored, body=to_stored(replace(program, in_store=replace(program.in_store, flow=True))))
    hidden = {
        (platform, kept is on): rules.in_store_of(replace(shop, platform=platform), to_wire(from_stored(kept.body)))
        for platform in ("shopify", "magento")
        for kept in (stored, on)
    }

    assert hidden == {
        ("shopify", False): "folded", ("shopify", True): "open", ("magento", False): "hidden", ("magento", True): "open",
    }  # fmt: skip

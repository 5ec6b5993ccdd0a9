"""The rules page: the program in force as a form, with its warnings, and the versions that led to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plugin.pages import changes, fields, formats, names, problems
from plugin.pages.asked import Query
from plugin.pages.say import _
from plugin.platforms.in_store import OFFERED_BY
from plugin.rewards.cautions import cautions
from plugin.rewards.granted import WRITE_CUSTOMERS, may_write
from plugin.rewards.invariants import MEASURES, MOST_TIERS, QUANTILES
from plugin.rewards.problem import InvalidProgram
from plugin.rewards.program import Program
from plugin.rewards.sound import GROUPS, MOST_GIFTS, MOST_OCCASIONS, OCCASIONS, POOLS, REWARD_TYPES
from plugin.rewards.stored import from_stored
from plugin.rewards.wire import to_wire
from storage import programs
from storage.programs import StoredProgram
from storage.shops import Shop

VERSIONS_SHOWN = 6
#: what a row that is added holds
NEW_ROW = {
    "type": "percent",
    "cap": "0",
    "amount": "0",
    "orders_from": "0",
    "on": "order_number",
    "number": "3",
    "weight": "1",
}
REWARD_PARTS = ("type", "cap", "amount", "product")
TIER_PARTS = ("name", "spend_from", "percent", *REWARD_PARTS, "orders_from")
OCCASION_PARTS = ("on", "number", "group", "percent", "valid_days", *REWARD_PARTS)
GIFT_PARTS = ("percent", "weight", *REWARD_PARTS)
RUNG_PARTS = ("wait_days", "percent", "valid_days", *REWARD_PARTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One version in the list."""

    version: int
    number: str
    who_and_when: str
    changes: Sequence[str]
    note: str
    undoable: bool


def gather(db: Any, shop: Shop, *, now: datetime, query: Query) -> dict[str, Any]:
    """What the template shows of a shop's rules; with ``version`` in the query those of an earlier one, not yet saved."""
    versions = programs.history(db, shop.shop_id)
    stored = versions[0]
    earlier = _earlier(versions, query.get("version", ""))
    program = earlier[1] if earlier else from_stored(stored.body)
    # rules in another currency than the store's are shown to be brought over, and saved as they then are
    wire = to_wire(program) | {"currency": shop.currency}
    warned = {
        name: " ".join(told["text"] for told in found) for name, found in problems.by_field(cautions(program)).items()
    }
    return {
        "version": stored.version,
        "status": _(
            "Version %(number)s, saved %(when)s", number=stored.version, when=formats.when(stored.saved_at, now)
        ),
        "restored": formats.number(earlier[0].version) if earlier else "",
        "differences": changed(stored, earlier[0]) if earlier else [],
        "program": wire,
        "most_tiers": MOST_TIERS,
        "in_store": in_store_of(shop, wire),
        "grantable": WRITE_CUSTOMERS if shop.platform == "shopify" and not may_write(shop.scopes) else "",
        **_form(wire, warned),
        "history": history(versions, now=now, most=VERSIONS_SHOWN),
    }


def in_store_of(shop: Shop, wire: Mapping[str, Any]) -> str:
    """How the part about what is written into a store is shown: open, folded, or hidden where the platform has none of it."""
    if wire["announced"]["enabled"] or any(wire["in_store"].values()):
        return "open"
    return "folded" if shop.platform in OFFERED_BY else "hidden"


def history(versions: Sequence[StoredProgram], *, now: datetime, most: int) -> list[Entry]:
    """The newest versions, each with what it changed against the one before; ``versions`` is newest first."""
    before = [*versions[1:], None]
    return [_entry(*pair, now=now) for pair in list(zip(versions, before, strict=True))[:most]]


def changed(old: StoredProgram, new: StoredProgram) -> list[str]:
    """What a version changed against another, in words; nothing where one is kept in a form this program cannot read."""
    try:
        return changes.between(to_wire(from_stored(old.body)), to_wire(from_stored(new.body)))
    except InvalidProgram:
        return []


def _earlier(versions: Sequence[StoredProgram], asked: str) -> tuple[StoredProgram, Program] | None:
    """The version asked for, unless it is the one in force, not there, or in a form this program cannot read."""
    found = next((version for version in versions[1:] if str(version.version) == asked), None)
    try:
        return (found, from_stored(found.body)) if found else None
    except InvalidProgram:
        return None


def _entry(version: StoredProgram, before: StoredProgram | None, *, now: datetime) -> Entry:
    who, when = names.author(version.author), formats.when(version.saved_at, now)
    return Entry(
        version=version.version,
        number=formats.number(version.version),
        who_and_when=_("%(who)s, %(when)s", who=who, when=when),
        changes=changed(before, version) if before else (),
        note=names.note(version.note),
        undoable=before is not None,
    )


def _form(wire: Mapping[str, Any], warned: Mapping[str, str]) -> dict[str, Any]:
    values, currency = fields.flat(wire), str(wire["currency"])

    def field(name: str) -> fields.Field:
        return fields.form_field(
            name,
            values.get(name, NEW_ROW.get(name.rpartition(".")[2], "")),
            currency=currency,
            warning=warned.get(name, ""),
        )

    tiers, steps, occasions = wire["loyalty"]["tiers"], wire["win_back"]["steps"], wire["loyalty"]["occasions"]
    return {
        "rewards": _options(REWARD_TYPES),
        "measures": _options(MEASURES),
        "quantiles": [(share, formats.percent(share)) for share in QUANTILES],
        "field": {name: field(name) for name in fields.SPECS if "*" not in name},
        "tiers": [{part: field(f"loyalty.tiers.{place}.{part}") for part in TIER_PARTS} for place in range(len(tiers))],
        "occasion_kinds": _options(OCCASIONS),
        "occasion_groups": [("", "–"), *_options(GROUPS)],
        "most_occasions": MOST_OCCASIONS,
        "occasions": [
            _parts_of(field, f"loyalty.occasions.{place}", OCCASION_PARTS) for place in range(len(occasions))
        ],
        "new_occasion": _parts_of(field, "loyalty.occasions.row", OCCASION_PARTS),
        "pools": _options(POOLS),
        "most_gifts": MOST_GIFTS,
        "gifts": [
            _parts_of(field, f"surprise.gifts.{place}", GIFT_PARTS) for place in range(len(wire["surprise"]["gifts"]))
        ],
        "new_gift": _parts_of(field, "surprise.gifts.row", GIFT_PARTS),
        "new_tier": {part: field(f"loyalty.tiers.row.{part}") for part in TIER_PARTS},
        "rungs": [
            {"key": step["name"], "title": names.step("win_back", step["name"])}
            | {part: field(f"win_back.steps.{place}.{part}") for part in RUNG_PARTS}
            for place, step in enumerate(steps)
        ],
    }


def _parts_of(field: Callable[[str], fields.Field], at: str, parts: Sequence[str]) -> dict[str, fields.Field]:
    return {part: field(f"{at}.{part}") for part in parts}


def _options(values: Sequence[str]) -> list[tuple[str, str]]:
    return [(value, str(fields.CHOICES[value])) for value in values]

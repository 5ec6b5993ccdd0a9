"""What one version of the rules changed against the one before, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugin.pages import fields, formats, names
from plugin.pages.say import _

Wire = Mapping[str, Any]


def between(old: Wire, new: Wire) -> list[str]:
    """One sentence for each setting that differs, in the order of the form; nothing for equal rules."""
    before, after = fields.flat(old), fields.flat(new)
    differ = [name for name in after if name in before and before[name] != after[name] and fields.spec(name)]
    return [*_tiers(old, new), *(_change(name, before[name], after[name], new) for name in differ)]


def _change(name: str, before: Any, after: Any, wire: Wire) -> str:
    currency = str(wire["currency"])
    return _(
        "%(what)s: %(before)s → %(after)s",
        what=_called(name, wire),
        before=fields.in_words(name, before, currency=currency),
        after=fields.in_words(name, after, currency=currency),
    )


def _tiers(old: Wire, new: Wire) -> list[str]:
    before, after = old["loyalty"]["tiers"], new["loyalty"]["tiers"]
    added = [_("Tier added: %(name)s", name=tier["name"]) for tier in after[len(before) :]]
    removed = [_("Tier removed: %(name)s", name=tier["name"]) for tier in before[len(after) :]]
    gifts = len(new["surprise"]["gifts"]) - len(old["surprise"]["gifts"])
    added += [_("Gifts added: %(number)s", number=formats.number(gifts))] if gifts > 0 else []
    removed += [_("Gifts removed: %(number)s", number=formats.number(-gifts))] if gifts < 0 else []
    more = len(new["loyalty"]["occasions"]) - len(old["loyalty"]["occasions"])
    counted = [_("Occasions added: %(number)s", number=formats.number(more))] if more > 0 else []
    counted += [_("Occasions removed: %(number)s", number=formats.number(-more))] if more < 0 else []
    return added + removed + counted


def _called(name: str, wire: Wire) -> str:
    found = fields.spec(name)
    label = str(found.label) if found else name
    parts = name.split(".")
    if parts[:2] == ["loyalty", "tiers"]:
        return _("%(part)s · %(label)s", part=wire["loyalty"]["tiers"][int(parts[2])]["name"], label=label)
    if parts[:2] == ["surprise", "gifts"]:
        return _("%(part)s · %(label)s", part=_("Gift %(number)s", number=int(parts[2]) + 1), label=label)
    if parts[:2] == ["loyalty", "occasions"]:
        return _("%(part)s · %(label)s", part=_("Occasion %(number)s", number=int(parts[2]) + 1), label=label)
    if parts[:2] == ["win_back", "steps"]:
        key = wire["win_back"]["steps"][int(parts[2])]["name"]
        return _("%(part)s · %(label)s", part=names.step("win_back", key), label=label)
    return label

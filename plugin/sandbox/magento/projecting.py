"""``fields=items[entity_id,items[sku]],total_count``: only what is named is answered, and names nobody knows are dropped."""

from __future__ import annotations

from typing import Any

Wanted = dict[str, "Wanted"]


def parse(text: str) -> Wanted:
    """The names, and what is wanted of each; nothing means all of it."""
    root: Wanted = {}
    stack, name = [root], ""
    for letter in text + ",":
        if letter in ",[]":
            inner = stack[-1].setdefault(name, {}) if name else {}
            if letter == "[":
                stack.append(inner)
            elif letter == "]" and len(stack) > 1:
                stack.pop()
            name = ""
        else:
            name += letter
    return root


def project(value: Any, wanted: Wanted) -> Any:
    """The value with nothing but what is wanted; a list of which nothing is left is null."""
    if isinstance(value, list):
        return [project(one, wanted) for one in value] or None
    if not isinstance(value, dict) or not wanted:
        return value
    return {name: project(value[name], inner) for name, inner in wanted.items() if name in value}

"""A program as a plain JSON value and back: strict, with every fault named by its field.

Two forms share it. They differ in how money is written: under which name, and as what.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from plugin.rewards.parts import (
    Announced,
    Gift,
    InStore,
    Limits,
    Loyalty,
    Occasion,
    Step,
    Surprise,
    Tier,
    Timing,
    WinBack,
)
from plugin.rewards.problem import InvalidProgram, Problem
from plugin.rewards.program import Program

MONEY = frozenset(
    {"spend_from", "min_order", "order_guard", "monthly_budget", "daily_budget", "customer_year", "amount", "cap"}
)
#: what a field of this name holds: one part, or a list of them
ONE: dict[str, type] = {
    "loyalty": Loyalty,
    "win_back": WinBack,
    "timing": Timing,
    "limits": Limits,
    "surprise": Surprise,
    "in_store": InStore,
    "announced": Announced,
}
MANY: dict[str, type] = {"tiers": Tier, "steps": Step, "occasions": Occasion, "gifts": Gift}
PLAIN = {"str": str, "int": int, "bool": bool}
#: how a list of plain texts is declared
TEXTS = "tuple[str, ...]"
WANTED = {"str": "a text", "int": "a whole number", "bool": "true or false"}


class Unreadable(ValueError):
    """A value of money that a form cannot read: the stable code, and the sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyForm:
    """How one form writes money."""

    #: behind the name of the field
    suffix: str
    #: minor units to the form's value
    write: Callable[[int], Any]
    #: the form's value to minor units; raises Unreadable
    read: Callable[[Any], int]


def to_plain(value: Any, money: MoneyForm) -> dict[str, Any]:
    """The JSON value of a program or of one of its parts."""
    plain: dict[str, Any] = {}
    for each in fields(value):
        held = getattr(value, each.name)
        if each.name in MONEY:
            plain[each.name + money.suffix] = money.write(held)
        elif each.name in ONE:
            plain[each.name] = to_plain(held, money)
        elif each.name in MANY:
            plain[each.name] = [to_plain(part, money) for part in held]
        else:
            plain[each.name] = list(held) if str(each.type) == TEXTS else held
    return plain


def from_plain(value: Any, money: MoneyForm) -> Program:
    """The program out of its JSON value. Raises InvalidProgram with all faults of form, or all faults of content."""
    reading = _Reading(money=money)
    program = reading.part(value, Program, "")
    if reading.problems or program is None:
        raise InvalidProgram(reading.problems)
    return Program(**program)


@dataclass(slots=True)
class _Reading:
    money: MoneyForm
    problems: list[Problem] = field(default_factory=list)

    def part(self, value: Any, kind: type, at: str) -> dict[str, Any] | None:
        """The arguments of a part."""
        if not isinstance(value, Mapping):
            self._fault(at.rstrip(".") or "program", "type", "This must be an object.")
            return None
        names = {each.name + (self.money.suffix if each.name in MONEY else ""): each for each in fields(kind)}
        for unknown in sorted(str(name) for name in value.keys() - names.keys()):
            self._fault(at + unknown, "unknown", "There is no such field.")
        held: dict[str, Any] = {}
        for name, each in names.items():
            if name not in value:
                # what came later than the first format has a value that means: as before
                if not _has_default(each):
                    self._fault(at + each.name, "missing", "Enter a value.")
            else:
                held[each.name] = self._field(value[name], each.name, str(each.type), at + each.name)
        return held

    def _field(self, value: Any, name: str, wanted: str, at: str) -> Any:
        if name in MONEY:
            return self._money(value, at)
        if name in ONE:
            held = self.part(value, ONE[name], f"{at}.")
            # an empty part is one whose every value is the usual one
            return None if held is None else self._built(ONE[name], held)
        if name in MANY:
            return self._list(value, MANY[name], at)
        if wanted == TEXTS:
            return self._texts(value, at)
        # a truth value is a whole number to Python, not to a merchant
        if type(value) is not PLAIN[wanted]:
            self._fault(at, "type", f"This must be {WANTED[wanted]}.")
        return value

    def _list(self, value: Any, kind: type, at: str) -> tuple[Any, ...] | None:
        if not isinstance(value, list):
            self._fault(at, "type", "This must be a list.")
            return None
        parts = [self.part(each, kind, f"{at}.{place}.") for place, each in enumerate(value)]
        return tuple(self._built(kind, part) for part in parts if part is not None)

    def _texts(self, value: Any, at: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(type(each) is str for each in value):
            self._fault(at, "type", "This must be a list of texts.")
            return ()
        return tuple(value)

    def _money(self, value: Any, at: str) -> int | None:
        try:
            return self.money.read(value)
        except Unreadable as fault:
            self._fault(at, fault.code, str(fault))
            return None

    def _built(self, kind: type, held: dict[str, Any]) -> Any:
        return None if self.problems else kind(**held)

    def _fault(self, at: str, code: str, message: str) -> None:
        self.problems.append(Problem(field=at, code=code, message=message))


def _has_default(each: Field[Any]) -> bool:
    return each.default is not MISSING or each.default_factory is not MISSING

"""What is wrong with a program, or worth a warning: the field, a stable code, a plain sentence, the numbers in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding. ``numbers`` holds the bounds, and under ``nearest`` the nearest allowed value where there is one."""

    #: dotted, positions from 0: ``loyalty.tiers.2.percent``
    field: str
    code: str
    message: str
    numbers: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class InvalidProgram(ValueError):
    """A program that cannot be: all that is wrong with it, in the order of its fields."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        #: stable code by dotted field; the first one where a field has several
        self.errors: dict[str, str] = {}
        #: plain sentence by dotted field
        self.messages: dict[str, str] = {}
        for problem in self.problems:
            self.errors.setdefault(problem.field, problem.code)
            self.messages.setdefault(problem.field, problem.message)
        super().__init__("; ".join(f"{name}: {message}" for name, message in self.messages.items()))

"""Rules out of a file that somebody wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from plugin.cli import context
from plugin.rewards import wire
from plugin.rewards.problem import Problem
from plugin.rewards.program import InvalidProgram, Program
from storage.money import to_decimal_text


def read(file: Path) -> Program:
    """The rules in a JSON file. Raises UsageError for what is not JSON, Problem for rules that cannot work."""
    try:
        body: Any = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.UsageError(f"{file} is not JSON: {error}") from error
    try:
        return wire.from_wire(body)
    except InvalidProgram as invalid:
        listed = "; ".join(told(one) for one in sorted(invalid.problems, key=lambda one: one.field))
        raise context.Problem(f"These rules cannot work: {listed}") from invalid


def told(problem: Problem) -> str:
    """The field, what is wrong with it, and the nearest value that is allowed, where there is one."""
    said = f"{problem.field}: {problem.message}"
    nearest, currency = problem.numbers.get("nearest"), problem.numbers.get("currency")
    if nearest is None:
        return said
    return f"{said} Nearest: {nearest if currency is None else to_decimal_text(int(nearest), str(currency))}."

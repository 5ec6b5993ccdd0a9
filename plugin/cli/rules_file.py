"""Rules out of a file that somebody wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from plugin.cli import context
from plugin.rewards import wire
from plugin.rewards.program import InvalidProgram, Program


def read(file: Path) -> Program:
    """The rules in a JSON file. Raises UsageError for what is not JSON, Problem for rules that cannot work."""
    try:
        body: Any = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.UsageError(f"{file} is not JSON: {error}") from error
    try:
        return wire.from_wire(body)
    except InvalidProgram as invalid:
        listed = "; ".join(f"{name}: {message}" for name, message in sorted(invalid.errors.items()))
        raise context.Problem(f"These rules cannot work: {listed}") from invalid

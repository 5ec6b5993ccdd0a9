"""The program ``regulars``: one file per group of commands.

Exit codes: 0 done, 1 what was checked does not hold, 2 wrong use. An error is one sentence on standard error.
"""

from __future__ import annotations

import sys

import click

from plugin.cli import (
    backup,
    declaring,
    demo,
    doctor,
    history,
    inbox,
    listening,
    offers,
    privacy,
    program,
    report,
    serving,
    shops,
    signals,
)
from plugin.cli.context import Problem
from plugin.config import ConfigError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="regulars", prog_name="regulars")
def cli() -> None:
    """Loyalty discounts for those who buy regularly, win-back offers for those who are slipping away."""


GROUPS = (
    demo, serving, listening, doctor, backup, shops, history, inbox, signals, offers, report, program, privacy, declaring,
)  # fmt: skip

for group in GROUPS:
    for command in group.COMMANDS:
        cli.add_command(command)


def main() -> None:
    """Runs the command line and exits."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command line; answers its exit code."""
    try:
        code = cli.main(arguments, prog_name="regulars", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as shown:
        click.echo(shown.format_message(), err=True)
        return 2
    except (click.ClickException, ConfigError) as error:
        click.echo(
            f"regulars: {error.format_message() if isinstance(error, click.ClickException) else error}", err=True
        )
        return error.exit_code if isinstance(error, Problem) else 2
    except click.Abort:
        click.echo("regulars: stopped.", err=True)
        return 130
    return code if isinstance(code, int) else 0

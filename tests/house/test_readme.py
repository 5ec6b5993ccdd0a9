"""What the pages of the repository say can be done as they say it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from plugin import cli, config
from tests.house import repository, sources
from tests.house.sources import ROOT, Source


def options_of(command: click.Command) -> Iterator[str]:
    """What a command and all below it take."""
    yield from (option for taken in command.params for option in (*taken.opts, *taken.secondary_opts))
    if isinstance(command, click.Group):
        for below in command.commands.values():
            yield from options_of(below)


PAGES = [source for source in sources.every() if source.suffix == ".md"]
MODULES = [source.path for source in sources.every() if source.suffix == ".py"]
COMMANDS = frozenset(cli.cli.commands)
OPTIONS = frozenset({"--help", "--version", *options_of(cli.cli)})
SETTINGS = [f"{config.PREFIX}{name}" for name in config.NAMES]


def test_the_two_commands_are_shown() -> None:
    """The first page shows how to see it and how to check it."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert not list(repository.unnamed(readme, ["make demo", "make test"]))


def test_every_setting_is_described() -> None:
    """The first page names every setting that the program reads."""
    assert not list(repository.unnamed((ROOT / "README.md").read_text(encoding="utf-8"), SETTINGS))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_every_command_shown_exists(page: Source) -> None:
    """No page tells to type a command that the program does not have."""
    assert not list(repository.unknown_commands(page.text, COMMANDS))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_every_option_shown_exists(page: Source) -> None:
    """No page tells to type an option that no command takes."""
    assert not list(repository.unknown_options(page.text, OPTIONS))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_every_link_leads_somewhere(page: Source) -> None:
    """Each link to a file of the repository finds it."""
    assert not list(repository.dead_links(page, ROOT))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_every_module_named_exists(page: Source) -> None:
    """Each module and test that a page names is there."""
    assert not list(repository.unknown_modules(page, MODULES))


def test_a_wrong_page_is_noticed(tmp_path: Path) -> None:
    """An invented command, in a block or in a line, a forgotten setting, a dead link and a module that went are each named."""
    page = Source(
        "README.md",
        "`regulars serve`\n\n```sh\nregulars fly --high\n```\n\nUse `regulars dance` [here](there.md) [web](https://example.com).\n",
    )

    assert list(repository.unknown_commands(page.text, COMMANDS)) == ["dance", "fly"]
    assert list(repository.unknown_options(page.text, OPTIONS)) == ["--high"]
    assert list(repository.unnamed(page.text, ["REGULARS_SMTP_URL"])) == ["REGULARS_SMTP_URL"]
    assert list(repository.dead_links(page, tmp_path)) == ["there.md"]
    named = Source("README.md", "`plugin/gone.py`, `there.py`, `here/there.py` and `re.py`")
    assert list(repository.unknown_modules(named, ["plugin/here/there.py"])) == ["plugin/gone.py", "re.py"]

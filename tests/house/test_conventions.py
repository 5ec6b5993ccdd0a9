"""Every file keeps the habits of the house, and every habit's check notices a file that does not."""

from __future__ import annotations

import pytest

from tests.house import conventions, sources
from tests.house.sources import Source

PLANTED = {
    "files_are_small": Source("plugin/pages/static/page.js", "let x;\n" * 301),
    "only_the_engine_commits": Source("plugin/usecases/evaluate.py", "def evaluate(db):\n    db.commit()\n"),
    "the_clock_is_given": Source("webhooks/intake.py", "import datetime as dt\nnow = dt.datetime.now(dt.UTC)\n"),
    "the_environment_is_given": Source("plugin/config.py", "import os\nurl = os.environ['URL']\n"),
    "only_commands_print": Source("plugin/worker.py", "print('working')\n"),
    "nothing_is_mocked": Source("tests/pages/test_rules.py", "from unittest import mock\n"),
    "modules_promise": Source("storage/orders.py", "import json\n"),
    "tests_state_facts": Source(
        "tests/storage/test_orders.py", "class TestOrders:\n    def test_orders(self):\n        assert 1\n"
    ),
    "imports_stand_at_the_top": Source("plugin/app.py", "def create():\n    if True:\n        import flask\n"),
    "no_machine_is_named": Source("plugin/cli/demo.py", f"FOLDER = '/{'tmp'}/demo'\n"),
    "nothing_is_left_for_later": Source("plugin/runtime.py", f"# {'TO'}{'DO'}: later\n"),
    "secrets_are_compared_in_constant_time": Source(
        "webhooks/shopify/signature.py", "ok = given == sign(raw, secret)\n"
    ),
}
ALLOWED = {
    "files_are_small": Source("plugin/pages/static/page.js", "let x;\n" * 300),
    "only_the_engine_commits": Source("storage/engine.py", "def end(db):\n    db.commit()\n"),
    "the_clock_is_given": Source("plugin/cli/serve.py", "import time\nstarted = time.time()\n"),
    "the_environment_is_given": Source("plugin/cli/__init__.py", "import os\nenviron = os.environ\n"),
    "only_commands_print": Source("plugin/cli/demo.py", "print('ready')\n"),
    "nothing_is_mocked": Source("tests/pages/test_rules.py", "import responses\n"),
    "modules_promise": Source("storage/orders.py", '"""Orders are remembered once."""\n'),
    "tests_state_facts": Source("tests/storage/test_orders.py", 'def test_orders():\n    """Two are two."""\n'),
    "imports_stand_at_the_top": Source(
        "plugin/app.py",
        "def serve():\n    import x  # noqa: PLC0415 - absent on some machines\n\ntry:\n    import granian\nexcept ImportError:\n    granian = None\n",
    ),
    "no_machine_is_named": Source("plugin/pages/rules.py", "ADDRESS = 'https://example.com/work/1'\n"),
    "nothing_is_left_for_later": Source("plugin/runtime.py", "# Done.\n"),
    "secrets_are_compared_in_constant_time": Source(
        "webhooks/shopify/signature.py", "ok = hmac.compare_digest(given, sign(raw, secret)) and name != 'hmac'\n"
    ),
}
EVERY = tuple(sources.every())


@pytest.mark.parametrize("name", conventions.CHECKS)
def test_every_file_keeps_the_habit(name: str) -> None:
    """No file of the repository breaks it."""
    broken = [f"{source.path}: {what}" for source in EVERY for what in conventions.CHECKS[name](source)]

    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("name", conventions.CHECKS)
def test_a_planted_violation_is_noticed(name: str) -> None:
    """The check can fail: it names the one line that breaks the habit, and nothing in the like of it that does not."""
    check = conventions.CHECKS[name]

    assert (len(list(check(PLANTED[name]))), list(check(ALLOWED[name]))) == (1, [])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("the_clock_is_given", "from time import monotonic\n"),
        ("the_clock_is_given", "import time\ndef wait(sleep=time.sleep): ...\n"),
        ("the_clock_is_given", "from datetime import date\nday = date.today()\n"),
        ("the_environment_is_given", "from os import getenv\n"),
        ("imports_stand_at_the_top", "def serve():\n    import granian  # noqa: PLC0415\n"),
        ("secrets_are_compared_in_constant_time", "fits = told in {made.hexdigest()}\n"),
        ("secrets_are_compared_in_constant_time", "fits = self.client_secret != told\n"),
        ("nothing_is_mocked", f"import unittest.{'mock'}\n"),
        ("nothing_is_mocked", f"from aside import {'Magic'}Mock\n"),
        ("nothing_is_mocked", "def test_it(monkeypatch):\n    monkeypatch.setattr('plugin.app.run', None)\n"),
    ],
)
def test_the_ways_around_are_noticed_too(name: str, text: str) -> None:
    """Another spelling of the same breach is the same breach."""
    assert len(list(conventions.CHECKS[name](Source("plugin/usecases/evaluate.py", text)))) == 1


def test_the_files_are_read() -> None:
    """The checks see the product, the tests and the files at the top, and nothing that tools made."""
    seen = {source.path for source in EVERY}

    assert {
        "storage/tables/base.py",
        "tests/house/test_conventions.py",
        "Makefile",
        "pyproject.toml",
        ".ci/run",
    } <= seen
    assert not [path for path in seen if "cache" in path]

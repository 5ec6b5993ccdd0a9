"""Why a delivery was set aside can be read in every language, whatever part of the intake said it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask_babel import force_locale

from plugin.pages import set_aside
from storage import suspects
from tests.pages.world import World

WEBHOOKS = Path(__file__).resolve().parents[2] / "webhooks"
#: what a delivery can be set aside for is raised as one of these
RAISED = {"ValueError", "Unexpected", "Undecodable"}
#: names that every language writes so
NAMES = {"JSON", "Magento", "Shopify", "UTF", "NUL", "NaN", "Infinity", "customers", "shop", "redact"}


def said() -> Iterator[str]:
    """Every literal sentence that the intake refuses something with, numbers as 7."""
    for path in WEBHOOKS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED and node.args:
                yield from _text(node.args[0])


def _text(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Constant):
        yield str(value.value)
    elif isinstance(value, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in value.values)


@pytest.fixture
def chinese(world: World) -> Iterator[None]:
    """Who reads reads Chinese."""
    with world.app().app_context(), force_locale("zh_Hans"):
        yield


def test_every_sentence_of_the_intake_has_its_translation(chinese: None) -> None:
    """A new one is to be added to ``plugin/pages/set_aside.py``."""
    found = sorted(set(said()))
    what = [text.partition(": ")[2] or text for text in found if not text.startswith("not JSON: ")]
    english = [text for text in what if set(re.findall(r"[A-Za-z]{2,}", set_aside.sentence(text))) - NAMES]

    assert len(found) > 30
    assert english == []


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("line_items.0.price: not an amount; id: not an id", "line_items.0.price：不是金额; id：不是编号"),
        ("not JSON: Expecting value at character 12", "从第 12 个字符起不是 JSON"),
        ("OperationalError while it was recorded", "无法记录"),
        (
            suspects.REASON,
            "后台进程每次处理它时都中断了，其中 5 次只在处理它一条; 运行 regulars inbox rerun 可再次尝试",
        ),
        ("id: something new", "id：something new"),
        ("100% odd; %(number)s", "100% odd; %(number)s"),
    ],
)
def test_reasons_are_put_together_from_what_is_known(chinese: None, kept: str, told: str) -> None:
    """Fields keep their names; what is not known stays as it was written."""
    assert set_aside.sentence(kept) == told

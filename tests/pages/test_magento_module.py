"""What a PHP developer is told of the signed launch is what the program takes."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plugin import magento_launch
from plugin.magento_launch import BadLaunch

TOLD = (Path(__file__).resolve().parents[2] / "plugin/pages/magento_module.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    """The first block of this kind."""
    found = re.search(rf"```{kind}\n(.*?)\n```", TOLD, re.DOTALL)
    assert found is not None
    return found[1]


def taken(at: datetime) -> magento_launch.Launch:
    """What the example's launch lets in at a moment."""
    connection = json.loads(block("json"))["connection"]
    launch = block("launch").replace("\n", "")
    return magento_launch.read(
        launch, connection=connection, secret=block("secret"), now=at, first_time=lambda _name, _end: True
    )


def test_the_worked_example_is_worked_out_again() -> None:
    """The object, encoded and signed as it is told, is the launch that is printed."""
    body = urlsafe_b64encode(block("json").encode()).decode().rstrip("=")
    signed = hmac.digest(block("secret").encode(), body.encode(), hashlib.sha256).hex()
    assert block("launch").replace("\n", "") == f"{body}.{signed}"


def test_the_worked_example_lets_its_user_in_for_its_minute() -> None:
    """At its time it says who comes; later than its end and the leeway of two clocks it says nothing."""
    held = json.loads(block("json"))
    issued = datetime.fromtimestamp(held["iat"], UTC)
    found = taken(issued)
    assert (found.user, found.may_change, found.origin, found.locale) == tuple(
        held[name] for name in ("user", "change", "origin", "locale")
    )
    with pytest.raises(BadLaunch):
        taken(issued + timedelta(seconds=60 + magento_launch.LEEWAY_SECONDS))


def test_every_field_is_told_and_no_other() -> None:
    """The table, the example and the module's own object name the fields that are taken."""
    table = TOLD.partition("| field | kind | is |")[2].partition("\n\n")[0]
    named = {name for line in table.splitlines()[2:] for name in re.findall(r"`([a-z]+)`", line.split("|")[1])}
    module = set(re.findall(r"^ +'([a-z]+)' => ", TOLD, re.MULTILINE))
    assert named == module == json.loads(block("json")).keys() == magento_launch.FIELDS


def test_the_module_is_small_and_names_itself_in_one_way() -> None:
    """Ten files at most; its route, its layout and its menu agree."""
    files = re.findall(r"^`([A-Za-z/_.]+\.(?:php|xml|phtml))`", TOLD, re.MULTILINE)
    assert len(files) == len(set(files)) <= 10
    assert 'frontName="regulars"' in TOLD
    assert 'action="regulars/page/index"' in TOLD
    assert {"Controller/Adminhtml/Page/Index.php", "view/adminhtml/layout/regulars_page_index.xml"} <= set(files)

"""The manifest says what the code does, and refuses to say anything else."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugin import manifest
from plugin.manifest import ManifestError
from tests.platforms.shopify.scopes import NEEDED
from webhooks.shopify.translate import TRANSLATORS

ROOT = Path(__file__).resolve().parents[2]
BODY = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
LOADED = manifest.load()


def test_the_topics_are_those_that_the_ear_understands() -> None:
    """No topic is subscribed in vain, and none that is understood is left out."""
    assert LOADED.shopify.topics == set(TRANSLATORS)


def test_the_scopes_are_those_that_the_operations_need() -> None:
    """Every document and every topic is covered by a scope, and no scope is asked for without a need."""
    needed = {scope for scopes in NEEDED.values() for scope in scopes}

    assert set(LOADED.shopify.scopes) == needed


def test_the_version_is_the_programs() -> None:
    """The manifest and the package carry one version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert LOADED.version == project["version"]


def test_the_loaded_value_is_the_file() -> None:
    """Nothing of the file is lost on the way."""
    shopify = BODY["platforms"]["shopify"]

    assert [hook.uri for hook in LOADED.shopify.all_webhooks] == [
        hook["uri"] for hook in (*shopify["webhooks"], *shopify["compliance_webhooks"])
    ]
    assert [page.path for page in LOADED.pages] == [page["path"] for page in BODY["pages"]]
    assert [kind.days for kind in LOADED.stored] == [kind["days"] for kind in BODY["privacy"]["stored"]]


def _shopify(change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    return lambda body: change(body["platforms"]["shopify"])


BROKEN: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no name": lambda body: body.pop("name"),
    "no Shopify": lambda body: body["platforms"].pop("shopify"),
    "no privacy": lambda body: body.pop("privacy"),
    "a version of another kind": _shopify(lambda part: part.update(api_version="unstable")),
    "a scope that is none": _shopify(lambda part: part["scopes"].append("orders")),
    "a scope twice": _shopify(lambda part: part["optional_scopes"].append("read_orders")),
    "a topic twice": _shopify(lambda part: part["webhooks"].append(part["webhooks"][0])),
    "a topic at another address": _shopify(lambda part: part["webhooks"][0].update(uri="/webhooks/shopify/orders")),
    "a field nobody knows": _shopify(lambda part: part["webhooks"][0].update(url="x")),
    "no compliance": _shopify(lambda part: part["compliance_webhooks"].pop()),
    "no object": lambda body: body.update(platforms=[]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_manifest_that_cannot_be_meant_is_refused(name: str, tmp_path: Path) -> None:
    """One sentence says what is wrong."""
    body = json.loads(json.dumps(BODY))
    BROKEN[name](body)
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(body), encoding="utf-8")

    with pytest.raises(ManifestError):
        manifest.load(path)


@pytest.mark.parametrize("text", ["", "{", "\xff"])
def test_a_file_that_is_no_manifest_is_refused(text: str, tmp_path: Path) -> None:
    """Neither an empty file nor another encoding is taken for one."""
    path = tmp_path / "manifest.json"
    path.write_bytes(text.encode("latin-1"))

    with pytest.raises(ManifestError, match="cannot be read"):
        manifest.load(path)

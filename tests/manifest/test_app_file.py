"""The printed shopify.app.toml is TOML, and complete."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from plugin import manifest
from plugin.config import Config
from plugin.manifest import ManifestError

LOADED = manifest.load()
CONFIG = Config(shopify_client_id="0123abc", public_url="https://regulars.example.com/")


def _printed() -> dict[str, Any]:
    return tomllib.loads(manifest.shopify_app_toml(LOADED, CONFIG))


def test_it_names_the_app_and_its_addresses() -> None:
    """Client id, start page, redirect and preferences come from the settings; every address is https."""
    printed = _printed()

    assert printed["client_id"] == "0123abc"
    assert printed["application_url"] == "https://regulars.example.com/app/overview"
    assert printed["embedded"] is True
    assert printed["auth"]["redirect_urls"] == ["https://regulars.example.com/auth/shopify/callback"]
    assert printed["app_preferences"]["url"] == "https://regulars.example.com/app/rules"


def test_it_subscribes_to_every_topic_once() -> None:
    """Each topic, compliance included, goes to its own whole address, in the pinned API version."""
    webhooks = _printed()["webhooks"]
    topics = {
        topic: entry["uri"]
        for entry in webhooks["subscriptions"]
        for topic in (*entry.get("topics", ()), *entry.get("compliance_topics", ()))
    }

    assert webhooks["api_version"] == LOADED.shopify.api_version
    assert topics == {hook.topic: f"https://regulars.example.com{hook.uri}" for hook in LOADED.shopify.all_webhooks}
    assert sum("compliance_topics" in entry for entry in webhooks["subscriptions"]) == 3


def test_it_says_what_of_each_body_is_asked_for() -> None:
    """Where fields are named they stand with the subscription; compliance topics know none."""
    entries = _printed()["webhooks"]["subscriptions"]
    asked = {topic: tuple(entry.get("include_fields", ())) for entry in entries for topic in entry.get("topics", ())}

    assert asked == {hook.topic: hook.include_fields for hook in LOADED.shopify.webhooks}
    assert not [entry for entry in entries if "compliance_topics" in entry and "include_fields" in entry]


def test_shoppers_reach_us_under_the_stores_address() -> None:
    """The proxy's address is ours; prefix and path are ones that Shopify allows."""
    proxy = _printed()["app_proxy"]

    assert proxy == {"url": "https://regulars.example.com/proxy/shopify", "subpath": "regulars", "prefix": "apps"}


def test_it_keeps_what_shopifys_own_program_checks() -> None:
    """The limits in the schemas of @shopify/cli 3.94.3, which accepts the file, for what may change here."""
    printed = _printed()

    assert 0 < len(printed["name"]) <= 30
    assert len(printed["app_proxy"]["subpath"]) <= 30
    assert printed["app_proxy"]["prefix"] in {"a", "apps", "community", "tools"}
    assert printed["access"]["admin"]["direct_api_mode"] in {"online", "offline"}
    for entry in printed["webhooks"]["subscriptions"]:
        assert entry["uri"].startswith("https://")
        assert not entry["uri"].endswith("/")
        assert len(entry.get("include_fields", [])) == len(set(entry.get("include_fields", [])))
    pairs = [
        (topic, entry["uri"]) for entry in printed["webhooks"]["subscriptions"] for topic in entry.get("topics", ())
    ]
    assert len(pairs) == len(set(pairs))


def test_it_asks_for_the_scopes_of_the_manifest() -> None:
    """Required scopes stand as Shopify writes them, optional ones apart."""
    scopes = _printed()["access_scopes"]

    assert scopes["scopes"].split(",") == list(LOADED.shopify.scopes)
    assert scopes["optional_scopes"] == list(LOADED.shopify.optional_scopes)
    assert scopes["use_legacy_install_flow"] is False


@pytest.mark.parametrize(
    "config",
    [
        Config(shopify_client_id="", public_url="https://regulars.example.com"),
        Config(shopify_client_id="0123abc", public_url=""),
        Config(shopify_client_id="0123abc", public_url="http://regulars.example.com"),
    ],
)
def test_it_is_not_printed_by_halves(config: Config) -> None:
    """Without a client id or an https address there is a sentence instead of a file."""
    with pytest.raises(ManifestError, match="REGULARS_PUBLIC_URL"):
        manifest.shopify_app_toml(LOADED, config)


def test_magentos_resources_are_one_a_line() -> None:
    """What a merchant has to tick, ready to be read off."""
    assert manifest.magento_resources(LOADED).splitlines() == list(LOADED.magento.resources)

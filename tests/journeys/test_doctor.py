"""What the doctor finds in a store that answers."""

import json

import pytest

from plugin.cli import doctor, run
from plugin.cli.demo.world import World


def test_the_clocks_are_compared_by_what_the_store_answers(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clock that stands in another month than the store's is named with its remedy; this machine's own is well."""
    about = f"clock of {world.shop().domain}"
    (wrong,) = [one for one in doctor.examine(world.runtime) if one.about == about]
    assert not wrong.ok
    assert "set this machine's clock right" in wrong.told

    config = world.runtime.config
    for name, value in {
        "DATABASE_URL": config.database_url,
        "SHOPIFY_CLIENT_ID": config.shopify_client_id,
        "SHOPIFY_CLIENT_SECRET": config.shopify_client_secret,
        "SHOPIFY_ORIGIN": config.shopify_origin,
        "ALLOW_PRIVATE_HOSTS": "1",
    }.items():
        monkeypatch.setenv(f"REGULARS_{name}", value)
    run(["doctor", "--json"])
    found = {one["about"]: one["ok"] for one in json.loads(capsys.readouterr().out)}
    assert found.get(about, True)

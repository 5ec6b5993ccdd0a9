"""What the doctor finds in a store that answers."""

import json

import pytest

from plugin.cli import doctor, run
from plugin.cli.demo.world import World
from tests.journeys import people


def test_the_clocks_are_compared_by_what_the_store_answers(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clock that stands in another month than the store's is named with its remedy; this machine's own is well."""
    about = f"clock of {world.shop().domain}"
    (wrong,) = [one for one in doctor.examine(world.runtime) if one.about == about]
    assert not wrong.ok
    assert "set this machine's clock right" in wrong.told

    people.speaks_with(world, monkeypatch)
    run(["doctor", "--json"])
    found = {one["about"]: one["ok"] for one in json.loads(capsys.readouterr().out)}
    assert found.get(about, True)

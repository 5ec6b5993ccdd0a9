"""The two lanes of the suite leave nothing out."""

from tests import lanes
from tests.house.sources import ROOT


def test_each_test_is_in_one_lane():
    """Every file of tests lies in a folder of exactly one lane, and both lanes have work."""
    first, second = lanes.split()
    assert first
    assert second
    assert not set(first) & set(second)
    held = {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").rglob("test_*.py")}
    assert held == {*first, *second}
    assert set(lanes.FIRST) == set(first)

"""Every captured request gets an equivalent answer from the sandbox."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.platforms.magento import captures
from tests.sandbox.magento.replay import Replay, everything

#: somebody had written a comment on the captured order
ANY_LENGTH = frozenset({"response.status_histories"})
REPORT = re.compile(r"webapi-[0-9a-f]+")


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """All captured requests, answered."""
    if not captures.names():
        pytest.skip("the captures of Magento are not at hand (../shared/captures/magento)")
    return everything(tmp_path_factory.mktemp("replayed"))


@pytest.mark.parametrize("name", captures.names())
def test_the_answer_is_equivalent(replay: Replay, name: str) -> None:
    """The same status; the same message and parameters of a refusal; the same keys and kinds of values elsewhere."""
    held = captures.one(name)
    status, told = replay.answers[name]
    assert status == held["status"]
    if status >= 400:
        assert _masked(told) == _masked(held["response"])
    else:
        differences = list(_differences(held["response"], told, "response"))
        assert differences == []


def test_no_capture_is_left_out() -> None:
    """Every file is a request and its answer, a handshake, or the deliveries; all three kinds are replayed."""
    others = {*captures.HANDSHAKES, captures.DELIVERIES}
    assert {path.stem for path in captures.FOLDER.glob("*.json")} - others == set(captures.names())


def _masked(body: dict[str, Any]) -> Any:
    """A refusal without the number of its report, and without the name of a file on the machine it came from."""
    told = {**body, "message": REPORT.sub("webapi-", body["message"])}
    told["parameters"] = [str(one).partition(" in ")[0] for one in body.get("parameters", ())]
    return told


def _differences(real: Any, ours: Any, at: str) -> Any:
    if isinstance(real, dict) and isinstance(ours, dict):
        if lacking := real.keys() - ours.keys():
            yield f"{at} lacks {sorted(lacking)}"
        if more := ours.keys() - real.keys():
            yield f"{at} has {sorted(more)} too"
        for name in real.keys() & ours.keys():
            yield from _differences(real[name], ours[name], f"{at}.{name}")
    elif isinstance(real, list) and isinstance(ours, list):
        if bool(real) != bool(ours) and at not in ANY_LENGTH:
            yield f"{at} is {'empty' if not ours else 'not empty'}"
        for place, (one, other) in enumerate(zip(_in_order(real), _in_order(ours), strict=False)):
            yield from _differences(one, other, f"{at}[{place}]")
    elif _kind(real) != _kind(ours):
        yield f"{at} is {ours!r} and not like {real!r}"


def _in_order(values: list[Any]) -> list[Any]:
    """Lists that nobody ordered, by their numbers."""
    known = all(isinstance(one, dict) and "coupon_id" in one for one in values)
    return sorted(values, key=lambda one: one["coupon_id"]) if known else values


def _kind(value: Any) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__

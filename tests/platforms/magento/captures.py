"""Real requests and answers of a Magento Open Source 2.4.6, from the reference folder beside the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plugin.platforms.line import Reply

SHARED = Path(__file__).resolve().parents[3] / "../shared"
FOLDER = SHARED / "captures/magento"
SCHEMA = SHARED / "schemas/magento/admin_2.4.8.json"


#: the captures of a whole handshake: exchanged within the callback, and some seconds after it
HANDSHAKES = ("oauth_handshake_sync", "oauth_handshake_after")
#: what the store's module sent, signed
DELIVERIES = "asyncevents_deliveries"


def handshake(name: str) -> dict[str, Any]:
    """``callback_post`` and ``exchange``: request, access and access once more. Skips where it is not at hand."""
    return one(name)


def names() -> list[str]:
    """The captures of one request and its answer; none where the folder is not at hand."""
    return [path.stem for path in sorted(FOLDER.glob("*.json")) if "request" in _read(path)]


def one(name: str) -> dict[str, Any]:
    """A capture: request, status, response_headers, response. Skips where it is not at hand."""
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"the captures of Magento are not at hand ({path.name} in ../shared/captures/magento)")
    found: dict[str, Any] = _read(path)
    return found


def reply(name: str) -> Reply:
    """The captured answer as the line gives it."""
    held = one(name)
    raw = json.dumps(held["response"]).encode()
    return Reply(status=held["status"], headers=held["response_headers"], body=raw)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))

"""What a real Magento said and sent, where the reference material stands beside the repository."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from webhooks.magento.people import People

FOLDER = Path(__file__).resolve().parents[3] / "../shared/captures/magento"
#: the key that the captured deliveries are signed with
DELIVERIES_SECRET = "s3cr3t-token-for-hmac"
PEOPLE = People(secret=b"of one connection", websites={1: 1, 2: 1, 3: 2}, currency="USD")

needed = pytest.mark.skipif(not FOLDER.is_dir(), reason="the captures of a real Magento are not beside the repository")


def answer(name: str) -> Any:
    """The body of a captured answer, numbers as we read them."""
    return _read(name)["response"]


def _read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"), parse_float=Decimal)


def deliveries() -> list[dict[str, Any]]:
    """The captured deliveries: path, headers, body as text."""
    found: list[dict[str, Any]] = _read("asyncevents_deliveries")
    return found


def lists(entity: str) -> list[tuple[str, dict[str, Any]]]:
    """Every whole order (``items`` with lines) or credit memo in any captured answer, with the capture's name."""
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        body = _read(path.stem)
        answered = body.get("response") if isinstance(body, dict) else None
        if isinstance(answered, dict):
            listed = answered.get("items")
            alone = [answered] if "entity_id" in answered else []
            for one in (*alone, *(listed if isinstance(listed, list) else ())):
                is_order = isinstance(one, dict) and "state" in one and "base_grand_total" in one
                if is_order and ("order_id" in one) == (entity == "creditmemo"):
                    found.append((path.stem, one))
    return found

"""How the store says no: a status, a message with placeholders, their parameters."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

#: what is wrong with a code is never told
NOT_VALID = "The coupon code isn't valid. Verify the code and try again."


class Refused(Exception):
    """An answer that is no success."""

    def __init__(
        self, status: int, message: str, parameters: Sequence[str] | Mapping[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.parameters = status, message, parameters

    def body(self) -> dict[str, object]:
        """As the API writes it."""
        held: dict[str, object] = {"message": self.message}
        if isinstance(self.parameters, Mapping):
            held["parameters"] = dict(self.parameters)
        elif self.parameters is not None:
            held["parameters"] = list(self.parameters)
        return held


def masked() -> Refused:
    """What is shown of any failure inside."""
    number = secrets.token_hex(7)[:13]
    return Refused(500, f"Internal Error. Details are available in Magento log file. Report ID: webapi-{number}")


def required(name: str) -> Refused:
    """A parameter is missing."""
    return Refused(400, '"%fieldName" is required. Enter and try again.', {"fieldName": name})


def missing() -> Refused:
    """There is no such thing."""
    return Refused(404, "No such entity.")


def not_authorized(resource: str) -> Refused:
    """Nobody, or somebody without this resource."""
    return Refused(401, "The consumer isn't authorized to access %resources.", {"resources": resource})

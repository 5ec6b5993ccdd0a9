"""The kinds of fields that payloads are made of: each a reader in marshmallow's clothes.

A field that is not required may be null or absent, which is the same to us: redaction, plans and ``include_fields``
take fields away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields


class Payload(Schema):
    """The part of a JSON object that we read."""

    class Meta:
        """Keys that we do not name do not concern us."""

        unknown = EXCLUDE


class Read(fields.Field[Any]):
    """A value that ``reader`` understands; ValueError from the reader is what is wrong with the field."""

    def __init__(self, reader: Callable[[Any], Any], *, required: bool = False) -> None:
        if required:
            super().__init__(required=True, allow_none=False)
        else:
            super().__init__(load_default=None, allow_none=True)
        self.reader = reader

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        del attr, data, kwargs
        try:
            return self.reader(value)
        except ValueError as wrong:
            raise ValidationError(str(wrong)) from None


class One(fields.Nested):
    """An object inside, or None."""

    def __init__(self, nested: type[Payload], *, required: bool = False) -> None:
        if required:
            super().__init__(nested, required=True, allow_none=False)
        else:
            super().__init__(nested, load_default=None, allow_none=True)


class Many(fields.Nested):
    """A list of objects inside; null and absent are both None."""

    def __init__(self, nested: type[Payload]) -> None:
        super().__init__(nested, many=True, load_default=None, allow_none=True)


class Each(fields.List[Any]):
    """A list of values that ``reader`` understands; null and absent are both None."""

    def __init__(self, reader: Callable[[Any], Any]) -> None:
        super().__init__(Read(reader, required=True), load_default=None, allow_none=True)

"""Words in the reader's language: now, in the plural, or later when it is known who reads. Texts without % or $ signs."""

from __future__ import annotations

from typing import Any

import flask_babel
from babel import numbers


def _(message: str, **values: Any) -> str:
    """The message in the language of the present request, with its values put in."""
    return str(flask_babel.gettext(message, **values))


def plural(one: str, many: str, count: int, **values: Any) -> str:
    """The form of the message that fits the number, which the message calls ``%(count)s``."""
    written = numbers.format_decimal(count, locale=flask_babel.get_locale())
    return str(flask_babel.ngettext(one, many, count, count=written, **values))


def later(message: str) -> Any:
    """A message for a table: it becomes text in the reader's language when ``str`` is asked of it."""
    return flask_babel.lazy_gettext(message)

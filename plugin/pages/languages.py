"""Which language a page speaks, and its catalogue, compiled from the ``.po`` file when the program starts.

A compiled file beside the text could be older than the text; this way there is no second one.
"""

from __future__ import annotations

import functools
import io
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.messages import mofile, pofile
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, Domain, get_locale

CATALOGUES = Path(__file__).with_name("translations")
#: our locales and what the document calls them
LANGUAGES = {"en": "en", "zh_Hans": "zh-Hans"}
NAMES = {"en": "English", "zh_Hans": "简体中文"}
DEFAULT = "en"


class Catalogues(Domain):  # type: ignore[misc]  # the package has no types
    """Messages out of the texts themselves."""

    def get_translations(self) -> Translations | NullTranslations:
        """The catalogue of the present language."""
        return catalogue(str(get_locale()))


@functools.cache
def catalogue(locale: str) -> Translations | NullTranslations:
    """The messages of a locale; English is written in the code."""
    source = CATALOGUES / locale / "LC_MESSAGES" / "messages.po"
    if not source.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with source.open("rb") as text:
        mofile.write_mo(compiled, pofile.read_po(text, locale=Locale.parse(locale)))
    compiled.seek(0)
    return Translations(compiled)


def install(app: Flask) -> None:
    """Makes the application speak the language of each request."""
    babel = Babel(app, default_locale=DEFAULT, locale_selector=_of_request)
    babel.domain_instance = Catalogues()


def choose(*wishes: str) -> str:
    """The first of our locales that a wish names; every Chinese gets the simplified one, who wants none of ours English."""
    for wish in wishes:
        name = wish.replace("_", "-").lower()
        if name.split("-")[0] == "zh":
            return "zh_Hans"
        if found := negotiate_locale([name], ["en"], sep="-"):
            return str(found)
    return DEFAULT


def document_language() -> str:
    """The present language as ``<html lang>`` wants it."""
    return LANGUAGES[str(get_locale())]


def _of_request() -> str:
    if not has_request_context():
        return DEFAULT
    wishes = (request.args.get("locale", ""), g.get("locale_wish") or "")
    return choose(*filter(None, wishes), *request.accept_languages.values())

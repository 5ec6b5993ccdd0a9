"""Brings the translations up to date with the code: ``python -m tests.house.messages``, or ``make messages``.

New messages are added without a translation, those that are gone are dropped; nothing is guessed.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel import Locale
from babel.messages import Catalog, pofile
from babel.messages.extract import extract_from_dir

ROOT = Path(__file__).resolve().parents[2]
TRANSLATIONS = ROOT / "plugin/pages/translations"
LOCALES = ("zh_Hans",)
SOURCES = (("pages/**.py", "python"), ("app.py", "python"), ("pages/templates/**.html", "jinja2.ext:babel_extract"))
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "later": None, "plural": (1, 2)}
#: silent templates would hide what cannot be read
OPTIONS = {"pages/templates/**.html": {"silent": "false", "trimmed": "true"}}
WIDTH = 120
#: what the header would say of nobody, and of the tool's version
NOISE = (
    b'"Project-Id', b'"Report-Msgid', b'"POT-Creation', b'"PO-Revision', b'"Last-Translator', b'"Language-Team', b'"Generated-By',
)  # fmt: skip


def path_of(locale: str) -> Path:
    """Where the messages of a locale are kept."""
    return TRANSLATIONS / locale / "LC_MESSAGES" / "messages.po"


def wanted() -> Catalog:
    """Every message that the code and the templates say."""
    catalog = Catalog()
    found = extract_from_dir(ROOT / "plugin", list(SOURCES), OPTIONS, keywords=KEYWORDS, comment_tags=("translators:",))
    for file, _line, message, comments, context in found:
        catalog.add(message, locations=[(f"plugin/{file}", None)], auto_comments=comments, context=context)
    return catalog


def kept(locale: str) -> Catalog:
    """The messages of a locale as they are kept; none for a new one."""
    path = path_of(locale)
    if not path.exists():
        return Catalog(locale=Locale.parse(locale))
    with path.open("rb") as file:
        return pofile.read_po(file, locale=Locale.parse(locale))


def current(locale: str) -> bytes:
    """The file as it should be: kept translations of the wanted messages, in the order of the sources."""
    old, new = kept(locale), Catalog(
        locale=Locale.parse(locale), fuzzy=False,
        header_comment="# The words of the merchant's pages; make messages keeps this file in step with the code.",
    )  # fmt: skip
    for message in wanted():
        if message.id:
            known = old.get(message.id, message.context)
            text = known.string if known is not None and not known.fuzzy else ""
            new.add(message.id, text, locations=message.locations, context=message.context)
    written = io.BytesIO()
    pofile.write_po(written, new, width=WIDTH, sort_by_file=True, include_lineno=False)
    return b"".join(line for line in written.getvalue().splitlines(keepends=True) if not line.startswith(NOISE))


def main() -> int:
    """Writes the files; says what is left to translate; 1 while something is."""
    missing = 0
    for locale in LOCALES:
        path_of(locale).parent.mkdir(parents=True, exist_ok=True)
        path_of(locale).write_bytes(current(locale))
        for message in kept(locale):
            if message.id and not all(message.string if isinstance(message.string, tuple) else (message.string,)):
                missing += 1
                sys.stdout.write(f"{locale}: {message.id if isinstance(message.id, str) else message.id[0]}\n")
    sys.stdout.write(f"{missing} messages wait for a translation.\n")
    return int(missing > 0)


if __name__ == "__main__":
    sys.exit(main())

"""Why a delivery was set aside, in the reader's language: made from the intake's own words, of which there are few.

What is not known here (a newer intake, an older row) shows as it was kept. Names of fields stay as the store writes them.
"""

from __future__ import annotations

import re

from plugin.pages.say import _, later

NUMBER = re.compile(r"\d+")
#: the name of a field, and what is wrong with it
CLAUSE = re.compile(r"([\w.]+): (.+)")
#: what a library adds between is said in English only, and says no more
NOT_JSON = re.compile(r"not JSON: .* at character (\d+)")
WHILE_RECORDED = re.compile(r"\w+ while it was recorded")

KNOWN = {
    str(text): text
    for text in (
        later("longer than %(number)s bytes"),
        later("not UTF-8"),
        later("not JSON from character %(number)s on"),
        later("deeper than %(number)s levels"),
        later("a whole number of more than %(number)s digits"),
        later("a number of more than %(number)s characters"),
        later("a number out of range"),
        later("NaN or Infinity"),
        later("a key that stands twice in one object"),
        later("half a character in a string"),
        later("a NUL in a string"),
        later("not a time with a zone"),
        later("not an amount"),
        later("an amount too large to be money"),
        later("not true or false"),
        later("not a count"),
        later("not a currency"),
        later("not a text of at most %(number)s characters"),
        later("not a known time zone"),
        later("not an object"),
        later("not a list"),
        later("not an id"),
        later("not a discount's id"),
        later("not a customer's id"),
        later("not one of Shopify's"),
        later("nothing where something is required"),
        later("two currencies"),
        later("none is given"),
        later("two with one id"),
        later("a refund that names no order"),
        later("a topic that nobody reads"),
        later("a merge that does not name two customers"),
        later("does not belong to customers/redact"),
        later("more than shop/redact says"),
        later("Missing data for required field."),
        later("Field may not be null."),
        later("Invalid type."),
        later("Invalid input type."),
        later("it could not be recorded"),
        later("the worker ended each time it took this in, %(number)s times with nothing else in its hands"),
        later("regulars inbox rerun has it tried again"),
        later("a credit memo without a date or an amount"),
        later("an order without a date, a total or a state of Magento's"),
        later("not the store's currency, and no rate to it"),
        later("a customer without a number"),
        later("not a time"),
        later("not a bulk operation's id"),
        later("an event that does not say of which thing"),
        later("another kind of event than its address"),
        later("not an address"),
        later("a store view that is not known yet"),
    )
}


def sentence(reason: str) -> str:
    """A kept reason in words."""
    if found := NOT_JSON.fullmatch(reason):
        reason = f"not JSON from character {found[1]} on"
    elif WHILE_RECORDED.fullmatch(reason):
        reason = "it could not be recorded"
    return "; ".join(_clause(clause) for clause in reason.split("; "))


def _clause(clause: str) -> str:
    found = CLAUSE.fullmatch(clause)
    if found is None:
        return _said(clause)
    return _("%(field)s: %(what)s", field=found[1], what=_said(found[2]))


def _said(what: str) -> str:
    if what in KNOWN:
        return str(KNOWN[what])
    numbers = NUMBER.findall(what)
    known = KNOWN.get(NUMBER.sub("%(number)s", what)) if len(numbers) == 1 else None
    return what if known is None else str(known) % {"number": numbers[0]}

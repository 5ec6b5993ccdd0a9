"""One is one: a number stands beside a noun and a verb of its own form, in every sentence and on every page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from plugin.cli import report_page
from plugin.usecases import report_store
from tests.house import messages
from tests.pages import habits
from tests.pages.test_report import REPORT
from tests.pages.world import NOW, Visit, opened

NOUNS = (
    "bytes", "characters", "codes", "customers", "days", "digits", "hours", "levels", "messages", "minutes", "months", "offers",
    "orders", "products", "steps", "tiers", "times", "versions", "weeks",
)  # fmt: skip
VERBS = ("are", "were", "have", "do", "who are", "who were", "who have", "who do")
BESIDE = rf"(?: of your %\(\w+\)s)?(?: \w+)? (?:{'|'.join((*NOUNS, *VERBS))})\b"
#: no numbers: shares, which are many whatever they are, and a currency
SHARES = frozenset({"share", "active", "slipping", "lost", "then", "percent", "currency"})
#: what is never one: limits of ours, what is told from twenty on, a part of a larger whole, tenths
MANY = {
    "Shows once %(needed)s customers are slipping away or lost and %(needed)s are not; now it is %(left)s and %(stayed)s.",
    "%(left)s customers are slipping away or lost, %(stayed)s are not.",
    "Shows once customers have bought one product again %(number)s times.",
    "%(number)s times",
    "Usually buys every %(usual)s. It has been %(silence)s, %(times)s times the usual gap.",
    "Worked out from %(some)s of your %(all)s customers, and scaled up: the amount is right within %(within)s, 19 times of 20.",
    "Use %(least)s to %(most)s characters.",
    "Use at most %(most)s tiers.",
    "longer than %(number)s bytes",
    "deeper than %(number)s levels",
    "a whole number of more than %(number)s digits",
    "a number of more than %(number)s characters",
    "not a text of at most %(number)s characters",
    "the worker ended each time it took this in, %(number)s times with nothing else in its hands",
}
PAGES = (
    "/app/overview", "/app/overview?period=30", REPORT, f"{REPORT}?by=quarter", "/app/offers", "/app/customers", "/app/rules",
    "/app/history",
)  # fmt: skip
ONES = re.compile(rf"(?<![\d.,:$] )(?<![\d.,:$·–-])\b1(?: of your 1)?(?: \w+)? (?:{'|'.join((*NOUNS, *VERBS))})\b")


def sentences() -> Iterator[tuple[str, set[str]]]:
    """Every English sentence of the pages, with the names of the numbers that its own form was chosen by."""
    for message in messages.wanted():
        if isinstance(message.id, str):
            yield message.id, set()
        else:
            yield from ((form, {"count"}) for form in message.id)


def test_a_sentence_with_a_counted_noun_has_two_forms() -> None:
    """The form goes by the number that stands beside the noun or the verb."""
    wrong = {
        said
        for said, chosen_by in sentences()
        for name in re.findall(rf"%\((\w+)\)s{BESIDE}", said)
        if name not in chosen_by | SHARES
    }

    assert wrong - MANY == set()
    assert MANY - wrong == set(), "no longer said"


@pytest.mark.parametrize("crowd", [1, 2])
def test_a_store_of_one_customer_is_told_of_one(tmp_path: Path, crowd: int) -> None:
    """On every page and in the report, nowhere "1 customers" nor "1 are"."""
    with opened(tmp_path, crowd=crowd) as world:
        habits.tell(world)
        visit = Visit(world)
        told = {path: visit.fragment(path).text for path in PAGES}
        someone = BeautifulSoup(told["/app/customers"], "html.parser").select_one("tbody th a")["href"]
        told["customer"] = visit.fragment(someone).text
        with world.runtime.database.reading() as db:
            told["report"] = report_page.page(report_store.report(db, world.shop, as_of=NOW))
    said = {path: list(lines(text)) for path, text in told.items()}

    assert all(said.values())
    assert any(re.search(r"\b1 (customer|order)\b", one) for one in said[REPORT] + said["report"])
    assert [(path, one) for path, found in said.items() for one in found if ONES.search(one)] == []


def lines(markup: str) -> Iterator[str]:
    """What is read in one go: a paragraph, a cell, an item."""
    page = BeautifulSoup(markup, "html.parser")
    for part in page.select("p, td, th, li, dt, dd, h1, h2, h3, summary, label, option, caption, title, desc, text"):
        yield " ".join(part.get_text(" ").split())

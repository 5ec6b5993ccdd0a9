"""Every word of the pages exists in every language, and the catalogues are in step with the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import Message
from bs4 import BeautifulSoup
from flask import Flask
from flask_babel import force_locale

from plugin.pages import languages, problems, reasons
from plugin.pages.say import _, plural
from plugin.rewards.problem import Problem
from storage import decisions, offers
from tests.house import messages
from tests.pages.world import Visit, World

REWARDS = Path(__file__).resolve().parents[2] / "plugin/rewards"
PLACES = re.compile(r"%\((\w+)\)s")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
CODE = re.compile(r"\b[0-9A-Z]{12,}\b")
LATIN = re.compile(r"[A-Za-z]{2,}")


def texts(value: object) -> tuple[str, ...]:
    """A message's forms."""
    return tuple(value) if isinstance(value, tuple | list) else (str(value),)


def every(locale: str) -> Iterator[Message]:
    """The messages of a locale."""
    return (message for message in messages.kept(locale) if message.id)


@pytest.mark.parametrize("locale", messages.LOCALES)
def test_the_catalogue_is_in_step_with_the_code(locale: str) -> None:
    """``make messages`` would change nothing."""
    assert messages.path_of(locale).read_bytes() == messages.current(locale)


@pytest.mark.parametrize("locale", messages.LOCALES)
def test_no_message_is_missing_or_guessed(locale: str) -> None:
    """Every message has all its forms, and none is marked as fuzzy."""
    wanting = [message.id for message in every(locale) if message.fuzzy or not all(texts(message.string))]

    assert wanting == []


@pytest.mark.parametrize("locale", messages.LOCALES)
def test_translations_keep_the_places_of_values(locale: str) -> None:
    """What is put into a sentence is put into its translation, and nothing else is."""
    odd = [
        message.id
        for message in every(locale)
        if any(
            set(PLACES.findall(text)) != set(PLACES.findall(texts(message.id)[-1])) for text in texts(message.string)
        )
    ]

    assert odd == []


@pytest.mark.parametrize("locale", messages.LOCALES)
def test_messages_hold_no_bare_percent_or_currency_sign(locale: str) -> None:
    """Values come in formatted: a bare sign would break the formatting or be wrong for another currency."""
    bare = [
        text for message in every(locale) for text in (*texts(message.id), *texts(message.string))
        if re.search(r"[%$€£¥]", PLACES.sub("", text))
    ]  # fmt: skip

    assert bare == []


@pytest.mark.parametrize("locale", languages.LANGUAGES)
def test_every_message_can_be_said_in_every_language(world: World, locale: str) -> None:
    """With a value at each of its places."""
    app = world.app()
    with app.app_context(), force_locale(locale):
        for message in every("zh_Hans"):
            one, *many = texts(message.id)
            values = dict.fromkeys(set(PLACES.findall(" ".join(texts(message.id)))) - {"count"}, "7")
            said = [plural(one, many[0], number, **values) for number in (1, 2)] if many else [_(one, **values)]

            assert all(said)
            assert not any(PLACES.search(text) for text in said)


def test_pages_in_chinese_hold_no_english_sentence(world: World) -> None:
    """What is left in Latin letters are names, codes, currencies and languages."""
    with world.runtime.database.reading() as db:
        people = [offer.customer_id for offer in offers.newest(db, world.shop.shop_id, 8)]
    lists = ("/app/customers", "/app/offers", "/app/history", "/app/rules?version=1")
    for path in ("/app/overview", "/app/rules", *lists, *(f"/app/customers/{who}" for who in people)):
        page = BeautifulSoup(Visit(world, "zh").fragment(path).text, "html.parser")
        for code in page.select(".code, [lang]"):
            code.decompose()
        said = " ".join(page.get_text(" ").split())
        attributes = [tag[name] for tag in page.find_all() for name in ("aria-label",) if tag.has_attr(name)]
        left = set(LATIN.findall(CODE.sub("", " ".join([said, *attributes]))))
        known = {
            "US",
            "Regulars",
            "Gold",
            "Silver",
            "VIP",
            "Member",
            "orders",
            "create",
            "CSV",
        }

        assert left <= known, left - known


def test_chinese_sentences_follow_each_other_without_a_blank(world: World) -> None:
    """Two that stand in one paragraph are put together by the language, not by the markup."""
    visit = Visit(world, "zh")
    program = visit.api("GET", "/program").json["program"]
    shown = [visit.fragment(path).text for path in ("/app/overview", "/app/rules", "/app/customers", "/app/offers")]
    shown.append(visit.api("POST", "/program/preview", {"program": program}).json["html"])
    pages = [BeautifulSoup(markup, "html.parser") for markup in shown]
    apart = [text for page in pages for text in page.find_all(string=re.compile(r"[。；，] +[\u4e00-\u9fff]"))]

    assert CHINESE.search(pages[-1].text)
    assert apart == []


@pytest.mark.parametrize(
    ("wishes", "locale"),
    [
        ({"query_string": "locale=zh-CN"}, "zh_Hans"),
        ({"query_string": "locale=zh-Hans"}, "zh_Hans"),
        ({"query_string": "locale=zh_TW"}, "zh_Hans"),
        ({"query_string": "locale=en-GB"}, "en"),
        ({"query_string": "locale=de"}, "en"),
        ({"query_string": "locale=../../etc"}, "en"),
        ({"headers": {"Accept-Language": "de, zh;q=0.8"}}, "zh_Hans"),
        ({"headers": {"Accept-Language": "en-US, zh;q=0.9"}}, "en"),
        ({"query_string": "locale=en", "headers": {"Accept-Language": "zh"}}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_is_the_admins_then_the_browsers(world: World, wishes: dict[str, object], locale: str) -> None:
    """The address comes first, then Accept-Language, then English."""
    answer = world.app().test_client().get("/app/rules", **wishes)  # type: ignore[arg-type]
    html = BeautifulSoup(answer.text, "html.parser").html

    assert html["lang"] == languages.LANGUAGES[locale]


def test_a_launch_link_may_name_the_language(world: World) -> None:
    """A store whose admin speaks Chinese opens the page in Chinese."""
    assert 'lang="zh-Hans"' in world.app().test_client().get(world.launch(locale="zh_CN")).text


def codes_in(*calls: str) -> set[str]:
    """The codes that the rewards give to these functions, read from their sources."""
    found = set()
    for path in REWARDS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in calls:
                named = [word.value for word in node.keywords if word.arg == "code"]
                for given in (*named, *node.args[:1]):
                    if isinstance(given, ast.Constant) and isinstance(given.value, str):
                        found.add(given.value)
    return found


def test_every_reason_of_a_decision_has_a_sentence() -> None:
    """A rule that gives a reason that the pages cannot say in the reader's language breaks this."""
    codes = codes_in("yes", "no")

    assert len(codes) > 25
    assert codes <= reasons.SENTENCES.keys()


def test_every_problem_of_a_program_has_a_sentence() -> None:
    """The same for what is wrong with the rules."""
    codes = codes_in("Problem", "Unreadable") - {"format"}  # of what is kept, which no form sends

    assert len(codes) > 15
    assert codes <= problems.SENTENCES.keys()


def test_all_reasons_of_real_decisions_are_said_in_both_languages(world: World) -> None:
    """No stored reason falls back to the English sentence that it came with."""
    told = reasons_of(world)
    app = world.app()
    for locale in languages.LANGUAGES:
        with app.test_request_context(), force_locale(locale):
            for reason in told:
                said = reasons.sentence({**reason, "detail": ""})

                assert said, reason
                assert (locale == "en") != bool(CHINESE.search(said)), said


def reasons_of(world: World) -> list[dict[str, object]]:
    """Every reason of every offer and decision of the world."""
    with world.runtime.database.reading() as db:
        made = [reason for offer in offers.every(db, world.shop.shop_id) for reason in offer.reasons]
        held = [reason for row in decisions.every(db, world.shop.shop_id) for reason in row.reasons]
    return made + held


def test_a_code_from_elsewhere_shows_the_sentence_it_came_with(world: World) -> None:
    """An older row or a newer rule is never shown as an empty line."""
    app: Flask = world.app()
    with app.test_request_context():
        assert reasons.sentence({"code": "new", "detail": "New."}) == "New."
        assert reasons.sentence({"code": "loyalty_applies", "detail": "Old.", "numbers": {}}) == "Old."
        assert problems.sentence(Problem(field="x", code="new", message="New.")) == "New."
        assert problems.sentence(Problem(field="x", code="range", message="Old.")) == "Old."

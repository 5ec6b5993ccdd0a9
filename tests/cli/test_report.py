"""The report as a page and as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from plugin.cli import report_habits, report_page
from plugin.usecases import report_store
from storage.engine import Database
from tests.cli.conftest import Regulars
from tests.journeys.test_effect import NOW, people, store

HEADER = "order_id,customer_id,ordered_at,total,currency"


@pytest.fixture
def filled(regulars: Regulars, shop: str, tmp_path: Path) -> str:
    """A store with three orders of two customers, forty and ten days ago."""
    file = tmp_path / "orders.csv"
    early, late = (f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}" for days in (40, 10))
    file.write_text(f"{HEADER}\n1,7,{early},20.00,USD\n2,7,{late},22.50,USD\n3,8,{late},9.99,USD\n")
    assert regulars("import", shop, "--from-csv", str(file)).code == 0
    return shop


def test_json_holds_the_stores_figures(regulars: Regulars, filled: str) -> None:
    """Orders, money and repeat rate are those of the imported orders; nothing was offered, so nothing is added."""
    said = regulars("report", filled, "--format", "json")
    told = json.loads(said.out)

    assert said.code == 0
    assert told["buying"]["orders"] == 3
    assert told["buying"]["revenue"] == "52.49"
    assert told["buying"]["repeat_rate"] == 0.5
    assert told["month"] is None
    assert told["added"] == told["offers"] == {}


def test_the_page_stands_alone_and_says_what_it_knows(regulars: Regulars, filled: str) -> None:
    """One HTML page in a language, with headings and captions, that loads nothing from anywhere."""
    page = BeautifulSoup(regulars("report", filled).out, "html.parser")

    assert page.html is not None
    assert page.html["lang"] == "en"
    assert not page.find_all(["script", "link", "img", "iframe"])
    assert [heading.name for heading in page.find_all(["h1", "h2"])] == ["h1", "h2", "h2", "h2", "h2", "h2"]
    assert all(table.caption for table in page.find_all("table"))
    assert all(cell["scope"] in {"row", "col"} for cell in page.find_all("th"))
    assert "No customer has been offered anything in this time." in page.get_text()
    assert "$52.49" in page.get_text()


def test_after_a_night_the_report_says_how_good_predictions_are(regulars: Regulars, filled: str) -> None:
    """Three orders teach nothing: what is in use, why, and that nothing is claimed, on the page and in JSON."""
    assert regulars("recompute", filled).code == 0
    told = json.loads(regulars("report", filled, "--format", "json").out)
    page = BeautifulSoup(regulars("report", filled).out, "html.parser").get_text()

    assert (told["predictions"]["in_use"]["why"], told["predictions"]["marks"]) == ("few_customers", [])
    assert told["habits"]["funnel"] == [
        {"visit": 1, "customers": 2, "kept": None}, {"visit": 2, "customers": 1, "kept": 0.5},
    ]  # fmt: skip
    assert "The store has too few customers who came back to learn more from." in page
    assert "nothing is claimed for them" in page
    assert "Of 2 customers 50% have ordered a second time;" in page
    assert "100% of the orders of the last 365 days were at full price." in page


@pytest.mark.parametrize(
    ("month", "told"),
    [
        ("2026-13", "is not a month"),
        ("last", "is not a month"),
        ("2999-01", "has not begun"),
        ("9999-12", "9999-12 has not begun"),
        ("0001-01", "0001-01 is before 1900"),
    ],
)
def test_a_wrong_month_is_wrong_use(regulars: Regulars, filled: str, month: str, told: str) -> None:
    """A month that is none, or lies ahead, is named, and the exit code is 2."""
    said = regulars("report", filled, "--month", month)

    assert said.code == 2
    assert told in said.err


def test_what_was_added_stands_beside_what_would_be_claimed(sqlite_database: Database) -> None:
    """The measured number with its range, the last-touch number called what it is, and both in JSON as in the page."""
    shop = store(sqlite_database, people(1_500, lift=0.4))
    with sqlite_database.reading() as db:
        told = report_store.report(db, shop, as_of=NOW)
    page = BeautifulSoup(report_page.page(told), "html.parser").get_text(" ")
    plain = report_store.plain(told)["added"]["all"]

    assert told.effects["all"].outcomes["revenue"].shows
    amounts = [f"${round(Decimal(value)):,}" for value in plain["extra_revenue"].values()]
    assert f"Offers added {amounts[0]} of revenue, likely {amounts[1]} to {amounts[2]}." in page
    claimed = f"${round(Decimal(plain['not_causal']['last_touch_revenue'])):,}"
    assert f"Last-touch attribution would claim {claimed}" in page
    assert "This is not what offers caused." in page


def test_too_early_is_said_with_a_number(sqlite_database: Database) -> None:
    """A small store is told how many more customers have to be followed."""
    shop = store(sqlite_database, people(80, lift=0.1))
    with sqlite_database.reading() as db:
        told = report_store.report(db, shop, as_of=NOW)
    more = told.effects["all"].outcomes["revenue"].more

    assert f"Too early to tell. About {more:,} more customers" in report_page.page(told)


def test_a_store_named_in_markup_is_harmless(sqlite_database: Database) -> None:
    """What a store calls itself is text on the page."""
    shop = store(sqlite_database, [])
    with sqlite_database.reading() as db:
        told = report_store.report(db, shop, as_of=NOW)
    named = report_page.page(report_store.Report(**{**_fields(told), "shop": _named(told, "<script>x</script>")}))

    assert "<script>" not in named


def _fields(told: report_store.Report) -> dict[str, object]:
    return {name: getattr(told, name) for name in report_store.Report.__dataclass_fields__}


def _named(told: report_store.Report, name: str) -> object:
    fields = {field: getattr(told.shop, field) for field in type(told.shop).__dataclass_fields__}
    return type(told.shop)(**(fields | {"name": name}))


def test_the_page_says_what_sets_those_who_left_apart() -> None:
    """A trait is named where it is clearly more common on one side, enough customers have it, and chance does not explain it."""
    said = report_habits.sentences(
        {
            "funnel": [{"visit": 1, "customers": 1_200, "kept": None}], "full_price": {"365": 0.63}, "lengthening": None,
            "replenishment": [{"product_id": "soap", "gaps": 40, "quartiles": [20.0, 30.0, 45.0]}], "followers": [],
            "left": {
                "channel": [
                    {"name": "pos", "left": 60, "stayed": 20, "lift": 2.0}, {"name": "web", "left": 40, "stayed": 80, "lift": 0.5},
                ],
                "country": [{"name": "DE", "left": 3, "stayed": 1, "lift": 2.5}],
                "discount_share": [{"name": "up to half", "left": 50, "stayed": 50, "lift": 1.0}],
                "first_product": [
                    {"name": "tea", "left": 26, "stayed": 20, "lift": 1.3}, {"name": "soap", "left": 74, "stayed": 80, "lift": 0.93},
                ],
            },
            "clv": {"historical": 4_250.0, "rule_of_thumb": 12_000.4},
        },
        money=lambda minor: f"${minor / 100:,.2f}",
    )  # fmt: skip

    assert said == [
        "63% of the orders of the last 365 days were at full price.",
        "Products bought again, and when half have done so: soap after 30 days.",
        "Those who left first bought through pos 2.0 times as often as those who stayed.",
        "Those who stayed first bought through web 2.0 times as often as those who left.",
        "So far a customer has spent $42.50 on average (historical value).",
        (
            "By the rule of thumb, order value by orders a year by years until a customer leaves, one is worth $120.00. "
            "What each is expected to spend in a year is in regulars signals."
        ),
    ]


def test_revenue_churn_and_net_negative_churn_are_told(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """Of last year's buyers one spent 10 less of 40, the other 40 more: churn 25%, yet 175% are kept, on page and in JSON."""
    file = tmp_path / "orders.csv"
    then, now = (f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}" for days in (500, 100))
    first = f"{datetime.now(UTC) - timedelta(days=800):%Y-%m-%d}"
    file.write_text(
        f"{HEADER}\n0,9,{first},1.00,USD\n1,7,{then},20.00,USD\n2,7,{now},10.00,USD\n3,8,{then},20.00,USD\n4,8,{now},60.00,USD\n"
    )
    assert regulars("import", shop, "--from-csv", str(file)).code == 0
    kept = json.loads(regulars("report", shop, "--format", "json").out)["retention"]
    page = BeautifulSoup(regulars("report", shop).out, "html.parser").get_text(" ")

    assert (kept["revenue_churn"], kept["nrr"]) == (0.25, 1.75)
    assert "above 100%: net negative churn" in page
    assert "Revenue churn 25.0% " in " ".join(page.split())
    assert "$35.00 revenue of an order, on average" in " ".join(page.split())


def test_the_rule_of_thumb_is_of_the_reports_own_figures(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """Order value by frequency by 1 / churn, each as the report has it: who reckons it again gets the same number."""
    file = tmp_path / "orders.csv"
    moments = [(who, 20 + who + 37 * turn) for who in range(40) for turn in range(3 + who % 17)]
    lines = [
        f"{who}-{days},{who},{datetime.now(UTC) - timedelta(days=700 - days):%Y-%m-%d},20.00,USD"
        for who, days in moments
    ]
    file.write_text("\n".join([HEADER, *lines]))
    assert regulars("import", shop, "--from-csv", str(file)).code == 0
    told = json.loads(regulars("report", shop, "--format", "json").out)
    bought, kept = told["buying"], told["retention"]

    assert kept["window_days"] < 365
    assert 0 < kept["churn"] < 1
    assert told["habits"]["clv"]["rule_of_thumb"] == pytest.approx(
        2_000 * bought["frequency"] / kept["churn"], rel=1e-3
    )

"""The report below the overview: orders, groups, beginnings, products; what is empty says why; the same as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask_babel import force_locale

from plugin.pages import left_apart, report_files
from plugin.signals.groups import GROUPS
from storage import figures
from tests.pages import habits
from tests.pages.world import Visit, World

REPORT = "/app/overview/report"


@pytest.fixture
def told(world: World) -> World:
    """The night has told the world's own orders, products and channels included."""
    habits.name_products(world)
    habits.tell(world)
    return world


def seen(world: World, query: str = "", language: str = "en") -> BeautifulSoup:
    """The page as parsed."""
    answer = Visit(world, language).fragment(REPORT + query)
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.text, "html.parser")


def words(part: Any) -> str:
    """The text of a part, with single blanks."""
    return " ".join(part.get_text(" ").split())


def card(page: BeautifulSoup, name: str) -> Any:
    """The card with this heading, or None."""
    return page.select_one(f'section[aria-labelledby="s-{name}"]')


def file(world: World, name: str) -> list[dict[str, str]]:
    """The rows of a file."""
    answer = Visit(world).api("GET", f"/report/{name}")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def kept(world: World) -> dict[str, Any]:
    """The document that the page reads."""
    with world.runtime.database.reading() as db:
        found = figures.get(db, 1, "habits")
    assert found is not None
    return found.body


def test_the_overview_leads_to_it_and_it_leads_back(told: World) -> None:
    """A card tells the findings in sentences; the navigation stays on the overview."""
    overview = BeautifulSoup(Visit(told).fragment("/app/overview").text, "html.parser")
    findings = [words(line) for line in card(overview, "habits").select("li")]
    page = seen(told)

    assert [link["href"] for link in card(overview, "habits").select("a")] == [REPORT]
    assert any("have ordered a second time" in line for line in findings)
    assert any("is bought again" in line for line in findings)
    assert page.select_one(".back a")["href"] == "/app/overview"
    assert page.select_one(".page")["data-page"] == "overview"
    assert words(page.select_one(".head")) == "How customers buy Measured today at 04:30"


def test_every_table_has_a_sentence_an_explanation_and_a_file(told: World) -> None:
    """For who does not want to read a table, and for who wants it in a spreadsheet."""
    page = seen(told)
    cards = page.select("section.card")

    assert len(cards) == 7
    for one in cards:
        assert words(one.select_one("header p"))
        assert words(one.select_one(".help"))
        assert len(one.select("tbody tr")) > 1
        assert (
            Visit(told).api("GET", one.select_one("[data-export]")["data-export"].removeprefix("/api/v1")).status_code
            == 200
        )


def test_from_each_order_to_the_next_everybody_is_counted(told: World) -> None:
    """Who went on and who did not are all who were there, and who went on are there in the next row."""
    rows = [
        [int(words(cell).split()[0].replace(",", "")) for cell in row.select("td")[:3]]
        for row in card(seen(told), "steps").select("tbody tr")
    ]

    assert rows[0][0] == kept(told)["funnel"][0]["customers"]
    assert all(there == again + lost for there, again, lost in rows)
    assert all(before[1] == after[0] for before, after in pairwise(rows))


def test_who_has_not_had_the_time_is_left_out_and_that_is_said(told: World) -> None:
    """Fewer had the time than are there; the page names the days."""
    steps = card(seen(told), "steps")
    customers, had_time = (int(words(steps.select("tbody tr")[0].select("td")[place])) for place in (0, 3))

    assert had_time < customers
    assert "leave out those whose last order is less than 90 days old" in words(steps)


@pytest.mark.parametrize("month", ["", "2026-01", "2026-11", "1999-01"])
def test_every_customer_is_in_one_cell_of_a_months_moves(told: World, month: str) -> None:
    """Rows add up to where customers were, columns to where they are; an unknown month is the newest that is over."""
    moves = card(seen(told, f"?month={month}"), "moves")
    one = {each["start"][:7]: each for each in kept(told)["movements"]}[
        month if month.startswith("2026") else "2026-10"
    ]
    rows = [[words(cell) for cell in row.select("td")] for row in moves.select("tbody tr")]
    counts = [[int(text or 0) for text in row[:-3]] for row in rows]
    known = [row for row in rows if row[-3]]

    assert sum(map(sum, counts)) == sum(map(sum, one["matrix"]))
    assert [int(row[-3]) for row in known] == [sum(row) for row in counts[len(rows) - len(known) :]]
    assert [int(row[-2]) for row in known] == [sum(column) for column in zip(*counts, strict=True)]
    assert all(int(row[-3]) or int(row[-2]) for row in known)
    assert words(moves.select_one(".chooser [aria-current]")) == {
        "2026-01": "Jan 2026", "2026-11": "Nov 2026 so far",
    }.get(month, "Oct")  # fmt: skip


@pytest.mark.parametrize("by", ["month", "quarter", "first_product", "first_discount", "first_channel"])
@pytest.mark.parametrize("show", ["customers", "revenue"])
def test_customers_by_how_they_began(told: World, by: str, show: str) -> None:
    """A row for each beginning; what is not over has no cell; the choice is marked and kept by the other one."""
    page = seen(told, f"?by={by}&show={show}")
    rows = card(page, "began").select("tbody tr")
    cells = [[words(cell) for cell in row.select("td")[1:]] for row in rows]
    source = {"month": 12, "quarter": 8}.get(by) or len(kept(told)[by]["names"])

    assert 1 <= len(rows) <= source
    assert all(("$" if show == "revenue" else "%") in cell for row in cells for cell in row if cell)
    assert page.select_one(f"#by-{by}")["aria-current"] == page.select_one(f"#show-{show}")["aria-current"] == "true"
    assert f"show={show}" in page.select_one("#by-quarter")["href"]
    if by in {"month", "quarter"}:
        lengths = [len(row) for row in cells]
        assert lengths == sorted(lengths, reverse=True)
        assert lengths[-1] == 0


def test_what_is_told_by_channel_is_what_the_night_told(told: World) -> None:
    """Names, sizes and cells; a store's own words are left as they are."""
    found = kept(told)["first_channel"]
    rows = card(seen(told, "?by=first_channel"), "began").select("tbody tr")

    assert [words(row.th) for row in rows] == found["names"]
    assert [int(words(row.td)) for row in rows] == found["sizes"]
    assert words(rows[0].select("td")[1]) == f"{found['active'][0][0]:.0%}"


@pytest.mark.parametrize("orders", [2, 3])
def test_ways_through_the_first_orders_with_the_time_between(told: World, orders: int) -> None:
    """So many products and a time for each step between them."""
    rows = card(seen(told, f"?orders={orders}"), "ways").select("tbody tr")
    ways = [one for one in kept(told)["paths"] if len(one["products"]) == orders]

    assert [words(row.th).split(" → ") for row in rows] == [one["products"] for one in ways]
    assert [words(row.td) for row in rows] == [str(one["customers"]) for one in ways]
    assert all(len(row.select("td")) == orders for row in rows)
    assert all(len(one["between"]) == orders - 1 for one in ways)


def test_files_hold_the_whole_tables(told: World) -> None:
    """Every month of moves, every beginning; money as decimal text, shares from 0 to 1."""
    body = kept(told)
    moved = sum(int(row["customers"]) for row in file(told, "movement.csv"))
    by_product = file(told, "cohorts.csv?by=first_product")

    assert moved == sum(sum(map(sum, one["matrix"])) for one in body["movements"])
    assert {row["began"] for row in by_product} == set(body["first_product"]["names"])
    assert all(0 <= float(row["share_ordering"]) <= 1 for row in by_product)
    assert float(by_product[0]["revenue_per_customer"]) * 100 == pytest.approx(body["first_product"]["value"][0][0])
    assert len(file(told, "paths.csv")) == len(body["paths"])
    assert len(file(told, "orders.csv")) == len(body["funnel"]) - 1


def test_before_the_first_night_it_says_when_it_shows(new_world: World) -> None:
    """No empty tables; files have their first line; who comes without a token gets neither."""
    page = seen(new_world)

    assert page.select("section, table") == []
    assert words(page.select_one(".empty")) == "Shows after the first night in which there are orders."
    assert all(file(new_world, f"{name}.csv") == [] for name in report_files.FIELDS)
    assert new_world.app().test_client().get("/api/v1/report/orders.csv").status_code == 401


def test_a_store_whose_orders_name_no_products_is_told_so_once(world: World) -> None:
    """Instead of three tables that say the same; what needs no products is there."""
    habits.tell(world)
    page = seen(world, "?by=first_product")

    assert [card(page, name) for name in ("ways", "again", "next")] == [None] * 3
    assert words(card(page, "products").select_one(".empty")) == "None of your orders says which products were in it."
    assert words(card(page, "began").select_one(".empty")) == "None of your orders says which products were in it."
    assert card(page, "began").select("#by-quarter")
    assert card(page, "left").select("tbody tr")
    assert words(card(seen(world, "?by=first_channel"), "began").select_one(".empty")).startswith("None of your orders")


EMPTY = {
    "funnel": [{"visit": 1, "customers": 3, "kept": None}],
    "groups": list(GROUPS),
    "movements": [],
    "quarters": {"names": ["2026-10-01"], "sizes": [3], "active": [[]], "value": [[]]},
    "left": {"customers": 1, "stayed": 2},
}


@pytest.mark.parametrize(
    ("name", "query", "said"),
    [
        ("steps", "", "so far 3 customers have ordered once"),
        ("moves", "", "Shows once customers have ordered."),
        ("began", "?by=quarter", "Your store is too young: shows once the quarter after the first orders is over."),
        ("began", "?by=first_product", "Your store is too young: shows 30 days after the first orders."),
        ("ways", "?orders=3", "Shows once a customer has ordered three times."),
        ("again", "", "Shows once customers have bought one product again 30 times."),
        ("next", "", "Shows once a customer has ordered twice."),
        ("left", "", "Shows once 20 customers are slipping away or lost and 20 are not; now it is 1 and 2."),
    ],
)
def test_a_store_that_is_too_young_is_told_what_is_missing(world: World, name: str, query: str, said: str) -> None:
    """Each table by itself; and that few customers say little."""
    habits.keep(world, **EMPTY, first_product={**habits.FIRST, "active": [[]], "value": [[]]})
    page = seen(world, query)

    assert said in words(card(page, name).select_one(".empty"))
    assert card(page, name).select("table, [data-export]") == []
    assert words(page.select_one("p.card")).startswith("Your store has 3 customers so far.")


def test_a_table_that_cannot_be_made_takes_no_other_with_it(told: World) -> None:
    """It says so."""
    body = kept(told)
    habits.keep(told, **{**body, "movements": [{"start": "?"}], "replenishment": [{}]})
    answer = Visit(told).fragment(REPORT)
    page = BeautifulSoup(answer.text, "html.parser")

    assert answer.status_code == 200
    assert [words(part) for part in page.select("[role=alert]")] == ["Could not load this part. Try again"] * 2
    assert card(page, "steps").select("tbody tr")


def test_it_is_said_in_chinese_too(told: World) -> None:
    """Every name of a trait and of a value that is not the store's own, and every sentence."""
    habits.keep(told, **{**kept(told), "left": habits.LEFT})
    with told.app().app_context(), force_locale("zh_Hans"):
        found = left_apart.table(kept(told))
    page = seen(told, "?by=first_discount&show=revenue&orders=3", language="zh-CN")
    strange: Callable[[str], bool] = lambda text: any(letter.isascii() and letter.isalpha() for letter in text)  # noqa: E731
    sentences = [words(part) for part in page.select("h1, h2, .help, header p, thead th, .chooser a")]

    assert found["rows"][1]["name"] == "首单：使用了折扣"
    assert [text for text in sentences if strange(text.replace("CSV", "").replace("US", ""))] == []

"""The shop's pages, used as a visitor without script would use them."""

from __future__ import annotations

import pytest
import requests
from bs4 import BeautifulSoup

from plugin.sandbox.shop.goods import PRODUCTS
from tests.sandbox.conftest import CUSTOMER, OTHER
from tests.sandbox.documents import CREATE, DEACTIVATE, discount

RECORD = PRODUCTS[0]


class Visitor:
    """Follows links and sends forms."""

    def __init__(self, url, session):
        self.url, self.session = url, session

    def get(self, path):
        return self._read(self.session.get(self.url + path, timeout=10))

    def post(self, path, expect=200, **fields):
        return self._read(self.session.post(self.url + path, data=fields, timeout=10), expect)

    def _read(self, answer, expect=200):
        assert answer.status_code == expect, answer.text
        return BeautifulSoup(answer.text, "html.parser")


@pytest.fixture
def visitor(client):
    with requests.Session() as session:
        yield Visitor(client.url, session)


@pytest.fixture
def coded(client):
    def make(**changes):
        return client.ask(CREATE, input=discount(CUSTOMER, **changes))["discountCodeBasicCreate"]["codeDiscountNode"][
            "id"
        ]

    return make


def refused(page):
    return page.select_one("#refused").text


def test_a_customer_buys_with_their_code(visitor, store, coded):
    """Log in, see the code, use it, put a record into the basket, buy: the order has the discount and its customer."""
    coded()
    visitor.post("/login", customer=str(CUSTOMER))
    front = visitor.get("/")
    assert "Maya Lind" in front.text
    assert front.select_one(".codes code").text == "REG-ABC123"
    assert "10% off" in front.text
    assert "until March 30, 2026" in front.text
    visitor.post("/basket", product=RECORD.number)
    basket = visitor.post("/code", code="reg-abc123")
    assert "$12.60" in basket.select_one(".total").text
    thanks = visitor.post("/buy")
    assert "Order #1001 is paid: $12.60, $1.40 less with your code" in thanks.text
    with store.transaction() as connection:
        (row,) = connection.execute("SELECT customer_id, body FROM orders").fetchall()
    assert row["customer_id"] == CUSTOMER
    assert "used" in visitor.get("/").select_one(".codes .past").text


def test_a_guest_buys(visitor):
    """Nobody has to log in to buy."""
    visitor.post("/basket", product=RECORD.number)
    assert "Order #1001 is paid: $14.00." in visitor.post("/buy").text


def test_the_basket_counts(visitor):
    """More and less of a record; at none it is gone; unknown records and empty baskets change nothing."""
    visitor.post("/basket", product=RECORD.number)
    assert visitor.post("/basket", product=RECORD.number, change=2).select_one(".total dd").text == "$42.00"
    assert "Nothing in it yet" in visitor.post("/basket", product=RECORD.number, change=-3).text
    assert "Nothing in it yet" in visitor.post("/basket", product=1).text
    assert "Nothing in it yet" in visitor.post("/buy").text


def test_codes_are_refused_with_a_reason(visitor, store, client, coded, clock):
    """Another customer, a second time, after the end, switched off, unknown: the page says which, and sells nothing."""
    visitor.post("/basket", product=RECORD.number)
    assert "do not know" in refused(visitor.post("/code", code="nonsense"))
    made = coded()
    visitor.post("/login", customer=str(OTHER))
    assert "another customer" in refused(visitor.post("/code", code="REG-ABC123"))
    assert "another customer" in refused(visitor.post("/buy", expect=409))
    visitor.post("/login", customer=str(CUSTOMER))
    store.checkout(customer_id=CUSTOMER, total="1.00", code="REG-ABC123")
    assert "used already" in refused(visitor.post("/code", code="REG-ABC123"))
    clock.forward(days=40)
    assert "expired" in refused(visitor.get("/basket"))
    client.token = ""
    coded(
        code="REG-2",
        endsAt=None,
        startsAt="2026-03-01T00:00:00Z",
        minimumRequirement={"subtotal": {"greaterThanOrEqualToSubtotal": "99"}},
    )
    assert "below the minimum" in refused(visitor.post("/code", code="REG-2"))
    made = coded(code="REG-3", endsAt=None)
    client.ask(DEACTIVATE, id=made)
    assert "withdrawn" in refused(visitor.post("/code", code="reg-3"))
    assert len(client.ask("query { orders(first: 5) { nodes { id } } }")["orders"]["nodes"]) == 1


def test_customers_are_found_by_name_and_number(visitor, coded):
    """Search finds by part of a name or number; customers with a code to use are offered first."""
    coded()
    page = visitor.get("/login")
    assert page.select_one("ul.people button").text.split("\n")[0] == "Maya Lind"
    assert [button["value"] for button in visitor.get("/login?q=mens").select("ul.people button")] == [str(OTHER)]
    assert [button["value"] for button in visitor.get(f"/login?q={CUSTOMER}").select("ul.people button")] == [
        str(CUSTOMER)
    ]
    assert "Nobody" in visitor.get("/login?q=%25").text
    visitor.post("/login", expect=404, customer="1")


def test_a_shared_link_brings_the_code(visitor, coded):
    """The link of a code puts it beside the basket."""
    coded()
    visitor.get("/discount/REG-ABC123")
    assert visitor.get("/basket").select_one("#code")["value"] == "REG-ABC123"


def test_logging_out_forgets_the_customer(visitor, coded):
    """After logging out no codes are shown."""
    coded()
    visitor.post("/login", customer=str(CUSTOMER))
    assert not visitor.post("/logout").select(".codes")


def test_forms_of_other_sites_are_refused(client):
    """A form sent from another site buys nothing."""
    answer = client.session.post(f"{client.url}/buy", headers={"Sec-Fetch-Site": "cross-site"}, timeout=10)
    assert answer.status_code == 403


def test_the_pages_run_no_script(client):
    """The policy forbids scripts, frames and everything that is not the shop's own; pages have no inline style."""
    for path in ("/", "/login", "/basket"):
        answer = client.session.get(client.url + path, timeout=10)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "script-src" not in policy
        page = BeautifulSoup(answer.text, "html.parser")
        assert not page.select("script, [style]")
        assert page.html["lang"] == "en"


def test_names_are_escaped(visitor, store):
    """A customer's name is text, whatever it looks like."""
    store.add_customer(77, "<b>Bobby</b> Tables")
    page = visitor.post("/login", customer="77")
    assert "<b>Bobby</b> Tables" in page.select_one(".who").text

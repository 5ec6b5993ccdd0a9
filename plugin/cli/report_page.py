"""The report as one page that needs nothing else: it can be kept, printed and sent. In English."""

from __future__ import annotations

import math
from datetime import datetime
from zoneinfo import ZoneInfo

from babel import dates, numbers
from jinja2 import Environment, PackageLoader, StrictUndefined

from plugin.cli import report_habits, report_predictions
from plugin.cli.counting import counted
from plugin.pages import shares
from plugin.usecases.report_effect import ALL, WINDOW_DAYS, Effect, Outcome
from plugin.usecases.report_store import Report
from storage.money import exponent, to_decimal_text

LOCALE = "en_US"
KINDS = {
    ALL: "All offers",
    "loyalty": "Loyalty",
    "win_back": "Win-back",
    "surprise": "Surprise",
    "announced": "Announced",
}
MEASURES = {
    "return_rate": "Came back",
    "revenue": "Revenue per customer",
    "contribution": "Contribution per customer",
}


def page(told: Report) -> str:
    """The whole page."""
    pages = Environment(
        loader=PackageLoader("plugin.cli"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = _Words(told)
    return pages.get_template("report.html").render(
        told=told,
        words=words,
        kinds=KINDS,
        measures=MEASURES,
        window_days=WINDOW_DAYS,
        name=told.shop.name or told.shop.domain,
        predictions=report_predictions.sentences(told.card),
        habits=report_habits.sentences(told.habits, money=words.money),
    )


class _Words:
    """The report's sentences and numbers."""

    def __init__(self, told: Report) -> None:
        self.told, self.currency = told, told.shop.currency
        self.zone = ZoneInfo(told.shop.timezone)

    def money(self, minor: float, *, whole: bool = False) -> str:
        """$1,235 or $12.30."""
        text = to_decimal_text(round(minor), self.currency)
        digits = 0 if whole else exponent(self.currency)
        pattern = (
            "¤#,##0" + ("." + "0" * digits if digits else "") + ";-¤#,##0" + ("." + "0" * digits if digits else "")
        )
        return str(numbers.format_currency(text, self.currency, pattern, locale=LOCALE, currency_digits=False))

    def number(self, value: float) -> str:
        """1,234."""
        return str(numbers.format_decimal(value, locale=LOCALE))

    def price(self, minor: float) -> str:
        """$12.30, or a dash for a mean of nothing."""
        return self.money(minor) if math.isfinite(minor) else "–"

    def times(self, value: float) -> str:
        """1.7, or a dash."""
        return str(numbers.format_decimal(value, format="#,##0.0", locale=LOCALE)) if math.isfinite(value) else "–"

    def count(self, number: int, what: str) -> str:
        """1 order, 1,234 orders."""
        return counted(number, what)

    def share(self, value: float) -> str:
        """12.3%, or a dash for a share of nothing."""
        if not math.isfinite(value):
            return "–"
        return shares.written(value, LOCALE)

    def points(self, value: float) -> str:
        """A difference of two shares: 3.2 points."""
        return f"{numbers.format_decimal(value * 100, format='#,##0.0', locale=LOCALE)} points"

    def date(self, moment: datetime) -> str:
        """Nov 3, 2026, on the shop's calendar."""
        return str(dates.format_date(moment.astimezone(self.zone), "medium", locale=LOCALE))

    def span(self) -> str:
        """What the figures are about."""
        if self.told.month is None:
            return f"the 365 days to {self.date(self.told.end)}"
        month = dates.format_skeleton("yMMMM", self.told.end.astimezone(self.zone), locale=LOCALE)
        return f"{month} so far" if self.told.end == self.told.as_of else str(month)

    def kind(self, name: str) -> str:
        """What a merchant calls a kind of offers."""
        return KINDS.get(name, name.replace("_", " ").capitalize())

    def amount(self, measure: str, value: float) -> str:
        """A difference in the measure's unit."""
        return self.points(value) if measure == "return_rate" else self.money(value)

    def level(self, measure: str, value: float) -> str:
        """A mean in the measure's unit."""
        return self.share(value) if measure == "return_rate" else self.money(value)

    def headline(self, found: Effect | None) -> str:
        """What the offers added, or why it cannot be said."""
        if found is None:
            return "No customer has been offered anything in this time."
        revenue = found.outcomes["revenue"]
        if not found.balanced:
            return "The control group is not the size that it should be, so these numbers cannot be relied on."
        if found.extra is not None and revenue.shows:
            return self._shown(found.extra)
        if revenue.more is None:
            return "Nobody is held out, so what the offers added cannot be measured."
        return f"Too early to tell. {self._more(revenue)}"

    def _shown(self, extra: tuple[int, int, int]) -> str:
        amount, low, high = (self.money(value, whole=True) for value in extra)
        if extra[0] < 0:
            amount, low, high = (self.money(-value, whole=True) for value in (extra[0], extra[2], extra[1]))
            return f"Offers took away {amount} of revenue, likely {low} to {high}."
        return f"Offers added {amount} of revenue, likely {low} to {high}."

    def _more(self, revenue: Outcome) -> str:
        return f"About {counted(revenue.more or 0, 'more customer has', 'more customers have')} to be followed for {WINDOW_DAYS} days."

    def so_far(self, found: Effect | None) -> str:
        """What an interval that does not show anything yet allows for."""
        if found is None or found.extra is None or found.outcomes["revenue"].shows:
            return ""
        low, high = (self.money(value, whole=True) for value in found.extra[1:])
        return f"As of now anything from {low} to {high} is possible."

    def claimed(self, found: Effect) -> str:
        """The number that others show, and why it is not the answer."""
        orders = self.count(found.claimed_orders, "order")
        return (
            f"Last-touch attribution would claim {self.money(found.claimed, whole=True)}: the whole value of the {orders} "
            "that used a code, also of what would have been bought without one."
        )

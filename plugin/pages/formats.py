"""Money, numbers, dates and spans as people of the present language write them, in the shop's currency and zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import dates, lists, numbers
from flask import g
from flask_babel import get_locale

from plugin.pages import shares
from plugin.pages.say import _, plural
from storage.money import exponent, to_minor

#: from here on cents are noise on an overview
WHOLE_FROM = 100


def money(minor: int, currency: str, *, whole: bool = False) -> str:
    """An amount: $12.34, $200; with ``whole`` rounded to units once it is large: $1,235."""
    value = Decimal(minor).scaleb(-exponent(currency))
    round_up = value == value.to_integral_value() or (whole and abs(value) >= WHOLE_FROM)
    # the digits are ISO's, as everywhere in the product, not those of the locale's data
    pattern = _standard_pattern(0 if round_up else exponent(currency))
    return numbers.format_currency(value, currency, pattern, locale=get_locale(), currency_digits=False)


def money_text(amount: str, currency: str) -> str:
    """An amount given as decimal text."""
    return money(to_minor(amount, currency), currency) if amount else ""


def days(count: float) -> str:
    """21 days, 1 day."""
    return plural("%(count)s day", "%(count)s days", round(count))


def symbol(currency: str) -> str:
    """What stands before an amount in an input: $ or US$."""
    return numbers.get_currency_symbol(currency, locale=get_locale())


def symbol_first() -> bool:
    """Whether this language writes the symbol before the number."""
    return str(get_locale().currency_formats["standard"].pattern).startswith("¤")


def number(value: float) -> str:
    """1,234."""
    return numbers.format_decimal(value, locale=get_locale())


def tenths(value: float) -> str:
    """With one digit after the point: 2.5."""
    return numbers.format_decimal(value, format="#,##0.0", locale=get_locale())


def percent(whole: int) -> str:
    """Whole percent: 12%."""
    return numbers.format_percent(whole / 100, locale=get_locale())


def share(part: int, of: int) -> str:
    """A share as a percentage with one digit: 12.3%; nothing of nothing is 0.0%."""
    return ratio(part / of if of else 0.0)


def ratio(value: float) -> str:
    """A share from 0 to 1 as a percentage with one digit: 12.3%, 65.0%."""
    return shares.written(value, get_locale())


def round_share(value: float) -> str:
    """A share from 0 to 1 in whole percent, where it is drawn."""
    return numbers.format_percent(value, format="#,##0%", locale=get_locale())


def date(moment: datetime) -> str:
    """Nov 3, 2026."""
    return dates.format_date(local(moment), "medium", locale=get_locale())


def month(year: int, number: int) -> str:
    """Nov 2026."""
    return dates.format_skeleton("yMMM", datetime(year, number, 1, tzinfo=UTC), locale=get_locale())


def day_and_month(moment: datetime) -> str:
    """Nov 3."""
    return dates.format_skeleton("MMMd", local(moment), locale=get_locale())


def month_name(moment: datetime) -> str:
    """Nov."""
    return dates.format_skeleton("MMM", local(moment), locale=get_locale())


def date_and_time(moment: datetime) -> str:
    """Nov 3, 2026, 10:42."""
    clock = dates.format_time(local(moment), "HH:mm", locale=get_locale())
    return _("%(date)s, %(time)s", date=date(moment), time=clock)


def when(moment: datetime, now: datetime) -> str:
    """Today at 10:42, yesterday at 10:42, or the date."""
    days = (local(now).date() - local(moment).date()).days
    clock = dates.format_time(local(moment), "HH:mm", locale=get_locale())
    if days == 0:
        return _("today at %(time)s", time=clock)
    if days == 1:
        return _("yesterday at %(time)s", time=clock)
    return date_and_time(moment)


def ago(moment: datetime, now: datetime) -> str:
    """Today, 1 day ago, 54 days ago, by the shop's calendar."""
    days = (local(now).date() - local(moment).date()).days
    return plural("%(count)s day ago", "%(count)s days ago", days) if days > 0 else _("today")


def until(moment: datetime, now: datetime) -> str:
    """Today or tomorrow at 02:00, or the date; shortly for what is due."""
    days = (local(moment).date() - local(now).date()).days
    clock = dates.format_time(local(moment), "HH:mm", locale=get_locale())
    if moment <= now:
        return _("shortly")
    if days == 0:
        return _("today at %(time)s", time=clock)
    if days == 1:
        return _("tomorrow at %(time)s", time=clock)
    return date_and_time(moment)


def listed(parts: Sequence[str]) -> str:
    """One, two, and three."""
    return lists.format_list(parts, locale=get_locale())


def span(length: timedelta) -> str:
    """A length in the largest unit that says enough: 5 hours, 2 days."""
    if length < timedelta(hours=1):
        minutes = max(1, round(length / timedelta(minutes=1)))
        return plural("%(count)s minute", "%(count)s minutes", minutes)
    if length < timedelta(days=2):
        return plural("%(count)s hour", "%(count)s hours", round(length / timedelta(hours=1)))
    return plural("%(count)s day", "%(count)s days", length.days)


def local(moment: datetime) -> datetime:
    """An instant on the clock of the shop that the present request is about."""
    return moment.astimezone(zone(g.get("timezone", "UTC")))


def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name; UTC for one that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _standard_pattern(digits: int) -> str:
    pattern = str(get_locale().currency_formats["standard"].pattern)
    return pattern.replace("0.00", f"0.{'0' * digits}" if digits else "0")

"""The four large numbers of the overview: what they are, what they mean, how they have changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from plugin.pages import formats
from plugin.pages.figures import Figures
from plugin.pages.say import _, later, plural

#: stands for a number that cannot be told yet
NONE = "–"
PERIOD_NAMES = {"30": later("30 days"), "90": later("90 days"), "365": later("12 months")}


@dataclass(frozen=True, slots=True)
class Metric:
    """One large number with what it means and how it has changed; ``change`` is "" where nothing can be compared."""

    label: str
    value: str
    note: str
    change: str = ""


def metrics(seen: Figures, extra: Metric) -> list[Metric]:
    """Four of them; ``extra`` is what offers have really added."""
    return [*_of_customers(seen), _redeemed(seen), extra]


def _of_customers(seen: Figures) -> Iterator[Metric]:
    labels = _("Repeat purchase rate"), _("Late or slipping away")
    if not seen.people.count:
        yield from (Metric(label, NONE, _("After your first orders")) for label in labels)
        return
    if seen.of_period:
        yield _repeat_rate(seen)
    else:
        yield Metric(labels[0], NONE, _("After the first night"))
    late = seen.people.lateness.get("late", 0) + seen.people.lateness.get("lapsing", 0)
    silent = _("%(share)s of your customers are longer silent than usual", share=formats.share(late, seen.people.count))
    yield Metric(labels[1], formats.number(late), silent, _more_or_fewer(seen, late))


def _repeat_rate(seen: Figures) -> Metric:
    now, before = seen.of_period["now"], seen.of_period["before"]
    if now["repeat_rate"] is None:
        return Metric(_("Repeat purchase rate"), NONE, _("Nobody ordered in this time"))
    twice = _(
        "%(some)s of the %(all)s who ordered in this time did so twice or more",
        some=formats.number(round(now["repeat_rate"] * now["buyers"])), all=formats.number(now["buyers"]),
    )  # fmt: skip
    change = ""
    if before and before["repeat_rate"] is not None:
        change = points(now["repeat_rate"] - before["repeat_rate"], seen)
    return Metric(_("Repeat purchase rate"), formats.ratio(now["repeat_rate"]), twice, change)


def points(difference: float, seen: Figures) -> str:
    """Up 2.1 points on the 30 days before."""
    told = round(100 * difference, 1)
    span = str(PERIOD_NAMES[seen.period])
    if told == 0:
        return _("as in the %(span)s before", span=span)
    size = formats.tenths(abs(told))
    if told > 0:
        return _("up %(points)s points on the %(span)s before", points=size, span=span)
    return _("down %(points)s points on the %(span)s before", points=size, span=span)


def _more_or_fewer(seen: Figures, late: int) -> str:
    before = seen.of_period["slipping"]["before"] if seen.of_period else None
    if before is None:
        return ""
    span, size = str(PERIOD_NAMES[seen.period]), formats.number(abs(late - before))
    if late == before:
        return _("as many as %(span)s ago", span=span)
    if late > before:
        return _("%(number)s more than %(span)s ago", number=size, span=span)
    return _("%(number)s fewer than %(span)s ago", number=size, span=span)


def _redeemed(seen: Figures) -> Metric:
    label = _("Offers redeemed")
    if not seen.in_states("issued", "redeemed", "expired", "revoked", "held_out"):
        return Metric(label, NONE, _("After your first offers"))
    given, before = seen.given, seen.given_before
    if not given.given:
        return Metric(label, formats.number(0), _("No offer was given in this time"))
    told = _(
        "of %(given)s given in this time, %(share)s",
        given=formats.number(given.given), share=formats.share(given.redeemed, given.given),
    )  # fmt: skip
    if given.held_out:
        kept = plural(
            "%(count)s kept back in the control group", "%(count)s kept back in the control group", given.held_out
        )
        told = _("%(first)s; %(second)s", first=told, second=kept)
    change = ""
    if before.given:
        change = points(given.redeemed / given.given - before.redeemed / before.given, seen)
    return Metric(label, formats.number(given.redeemed), told, change)

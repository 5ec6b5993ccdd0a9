"""The shape of what the JSON API answers: what the document at ``/api/v1/openapi.json`` promises, and a test holds.

Money is decimal text in the shop's currency, instants are ISO 8601, shares are from 0 to 1, null is what cannot be said.
"""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from plugin.pages.schemas import ProgramShape

Text, Count, Share, Flag = fields.String, fields.Integer, fields.Float, fields.Boolean


def _maybe(field: type[fields.Field[Any]]) -> fields.Field[Any]:
    return field(required=True, allow_none=True)


def _sure(field: type[fields.Field[Any]]) -> fields.Field[Any]:
    return field(required=True)


def _counts() -> fields.Dict:
    return fields.Dict(keys=Text(), values=Count(), required=True)


def _list(schema: type[Schema]) -> fields.List[Any]:
    return fields.List(fields.Nested(schema), required=True)


class Finding(Schema):
    """Something about a field: a code with its numbers for programs, a sentence for people."""

    code = _sure(Text)
    numbers = fields.Dict()
    text = _sure(Text)


def _findings() -> fields.Dict:
    return fields.Dict(keys=Text(), values=fields.List(fields.Nested(Finding)), required=True)


class Fault(Schema):
    """Why nothing was done; ``id`` finds it in the log."""

    code = _sure(Text)
    text = _sure(Text)
    id = Text()


class Refusal(Schema):
    """An answer that is none."""

    error = fields.Nested(Fault, required=True)


class Checked(Schema):
    """What is wrong with rules, and what is odd about them."""

    errors = _findings()
    warnings = _findings()


class FieldFaults(Refusal, Checked):
    """What is wrong with which field."""


class Overtaken(FieldFaults):
    """Someone else saved in the meantime: which version is in force, by whom, and what it changed."""

    version = Count()
    saved_at = Text()
    author = Text()
    changes = fields.List(Text())
    html = Text()


class Asked(FieldFaults):
    """What is to be confirmed before it is saved."""

    question = _sure(Text)
    html = _sure(Text)


class Group(Schema):
    """Offers of one kind in one state."""

    kind = _sure(Text)
    state = _sure(Text)
    count = _sure(Count)


class Cell(Schema):
    """Customers with one recency and one value, both 1 to 5."""

    recency = _sure(Count)
    value = _sure(Count)
    customers = _sure(Count)


class Money(Schema):
    """The month's budget."""

    month = _sure(Text)
    cap = _maybe(Text)
    reserved = _sure(Text)
    booked = _sure(Text)


class Given(Schema):
    """Offers decided in the period, and what became of them."""

    given = _sure(Count)
    redeemed = _sure(Count)
    held_out = _sure(Count)


class Overview(Schema):
    """The shop in numbers. ``figures`` is what the last night reckoned of the period: see the README of the pages."""

    currency = _sure(Text)
    measured_at = _maybe(Text)
    period_days = _sure(Count)
    orders = _sure(Count)
    customers = _sure(Count)
    returning_customers = _sure(Count)
    groups = _counts()
    lateness = _counts()
    grid = _list(Cell)
    offers = _list(Group)
    offers_in_period = fields.Nested(Given, required=True)
    budget = fields.Nested(Money, required=True)
    deliveries_set_aside = _sure(Count)
    figures = fields.Dict(required=True, allow_none=True)


class Program(Schema):
    """The rules in force; version 0 and no program before the first."""

    version = _sure(Count)
    program = fields.Nested(ProgramShape, required=True, allow_none=True)
    author = Text()
    note = Text()
    saved_at = Text()
    warnings = fields.Dict(keys=Text(), values=fields.List(fields.Nested(Finding)))


class Previewed(Checked):
    """What the rules would have done; ``html`` and ``line`` are for the page, ``hints`` stand under fields."""

    hints = _findings()
    figures = fields.Dict(required=True, allow_none=True)
    line = _sure(Text)
    html = _sure(Text)


class Saved(Schema):
    """The version that is in force now."""

    version = _sure(Count)
    warnings = fields.Dict(keys=Text(), values=fields.List(fields.Nested(Finding)))


class Version(Schema):
    """One save of the rules, and what it changed, in the language asked for."""

    version = _sure(Count)
    saved_at = _sure(Text)
    author = _sure(Text)
    note = _sure(Text)
    changes = fields.List(Text(), required=True)


class History(Schema):
    """Versions of the rules, the newest first."""

    count = _sure(Count)
    versions = _list(Version)


class Customer(Schema):
    """A customer as last measured, standing as of now."""

    customer_id = _sure(Text)
    group = _sure(Text)
    tier = _maybe(Text)
    order_count = _sure(Count)
    spend_365d = _sure(Text)
    usual_gap_days = _maybe(Share)
    last_order_at = _sure(Text)
    lateness = _maybe(Text)
    control_group = _sure(Flag)


class Reason(Schema):
    """One check of a decision with the numbers it used."""

    code = _sure(Text)
    ok = Flag()
    detail = Text()
    numbers = fields.Dict()


class Benefit(Schema):
    """What an offer gives."""

    type = _sure(Text)
    value = _sure(Count)
    cap = _sure(Text)
    minimum = _sure(Text)
    products = fields.List(Text())
    collections = fields.List(Text())
    combines = fields.List(Text())


class Offer(Schema):
    """An offer as it stands."""

    offer_id = _sure(Text)
    customer_id = _sure(Text)
    kind = _sure(Text)
    step = _sure(Text)
    program_version = _sure(Count)
    state = _sure(Text)
    code = _maybe(Text)
    benefit = fields.Nested(Benefit, required=True)
    reserved = _sure(Text)
    cost = _sure(Text)
    currency = _sure(Text)
    created_at = _sure(Text)
    issued_at = _maybe(Text)
    ends_at = _sure(Text)
    redeemed_at = _maybe(Text)
    order_id = _maybe(Text)
    reasons = _list(Reason)


class Decision(Schema):
    """The last decision about a customer."""

    decided_at = _sure(Text)
    program_version = _sure(Count)
    outcome = _sure(Text)
    reasons = _list(Reason)


class OneCustomer(Customer):
    """A customer with their offers, the newest last, and the last decision."""

    left_out = _sure(Flag)
    consent = _maybe(Text)
    store_group = _maybe(Text)
    offers = _list(Offer)
    decision = fields.Nested(Decision, required=True, allow_none=True)


class Page(Schema):
    """A page of a list: how many there are in all; ``after`` and ``before`` ask for the pages beside it."""

    count = _sure(Count)
    before = _maybe(Text)
    after = _maybe(Text)


class Customers(Page):
    """Customers, as filtered and sorted."""

    customers = _list(Customer)


class Offers(Page):
    """Offers, the newest first."""

    offers = _list(Offer)


class Cancelled(Schema):
    """An offer whose code is being switched off."""

    offer_id = _sure(Text)

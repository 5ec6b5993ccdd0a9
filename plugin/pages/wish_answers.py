"""The shape of what the JSON API answers to a wish about one customer."""

from __future__ import annotations

from marshmallow import Schema, fields

from plugin.pages.answers import Count, Flag, Text


class LeftOut(Schema):
    """The wish as it is kept."""

    customer_id = Text(required=True)
    left_out = Flag(required=True)


class Unscored(Schema):
    """The customer's wish as it is kept."""

    customer_id = Text(required=True)
    unscored = Flag(required=True)


class PutAway(Schema):
    """That the set-up card is put away."""

    put_away = Flag(required=True)


class Kept(Schema):
    """All that is kept about a customer: the rows by their tables."""

    format = Count(required=True)
    customer_id = Text(required=True)
    also_known_as = fields.List(Text(), required=True)
    told_at = Text(required=True)
    kept = fields.Dict(required=True)

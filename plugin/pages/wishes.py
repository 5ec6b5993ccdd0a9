"""The shape of a wish about one customer, as the JSON API takes it."""

from __future__ import annotations

from plugin.pages.schemas import Shape, Switch


class UnscoredShape(Shape):
    """Whether a customer wishes not to be measured."""

    unscored = Switch(required=True)


class LeftOutShape(Shape):
    """Whether a customer is to get no offers."""

    left_out = Switch(required=True)

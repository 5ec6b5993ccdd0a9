"""The shape of what the JSON API takes. Shape only: what a program may mean is ``plugin.rewards``'s to say.

Numbers may come as text, as forms send them. Errors are codes; the sentences are made where they are shown.
"""

from __future__ import annotations

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

Messages = dict[str, str | list[Any] | dict[Any, Any]]

CODES: Messages = {
    "required": "required",
    "null": "required",
    "validator_failed": "text",
    "invalid": "text",
    "invalid_utf8": "text",
}
OBJECT_CODES: Messages = {"unknown": "unknown", "type": "object"}
WHOLE = re.compile(r"[+-]?\d{1,18}")
DECIMAL = re.compile(r"[+-]?(\d{1,15}(\.\d{0,9})?|\.\d{1,9})")
LONGEST_TEXT = 200
LONGEST_NOTE = 500


class Text(fields.String):
    """A text; too long a one is no text of ours, and one that ``says`` something is not blank."""

    def __init__(self, most: int = LONGEST_TEXT, *, says: bool = False, **more: Any) -> None:
        checks = [validate.Length(max=most, error="text"), *([validate.Regexp(r"\s*\S", error="name_length")] * says)]
        super().__init__(error_messages=CODES, validate=checks, **more)


class Whole(fields.Field[int]):
    """A whole number, as a number or as its digits."""

    def __init__(self, **more: Any) -> None:
        super().__init__(error_messages=CODES, **more)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if isinstance(value, float) and value.is_integer():
            return int(value)
        text = value.strip() if isinstance(value, str) else str(value) if type(value) in {int, float} else "?"
        if not text:
            raise ValidationError("required")
        if not DECIMAL.fullmatch(text):
            raise ValidationError("number")
        if not WHOLE.fullmatch(text):
            raise ValidationError("whole_number")
        return int(text)


class Money(fields.Field[str]):
    """An amount as decimal text."""

    def __init__(self, **more: Any) -> None:
        super().__init__(error_messages=CODES, **more)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        text = value.strip() if isinstance(value, str) else str(value) if type(value) is int else "?"
        if not text:
            raise ValidationError("required")
        if not DECIMAL.fullmatch(text):
            raise ValidationError("number")
        return text.lstrip("+")


class Texts(fields.Field[list[str]]):
    """A list of texts, or one text with commas or spaces between them."""

    def __init__(self, **more: Any) -> None:
        super().__init__(error_messages=CODES | {"invalid": "list"}, **more)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[str]:
        if isinstance(value, str):
            return value.replace(",", " ").split()
        if not isinstance(value, list) or not all(type(each) is str for each in value):
            raise self.make_error("invalid")
        return value


class Tags(Texts):
    """A list of tags, or one text with commas between them: a tag may be of several words."""

    def _deserialize(self, value: Any, *more: Any, **named: Any) -> list[str]:
        if isinstance(value, str):
            return [tag for part in value.split(",") if (tag := part.strip())]
        return super()._deserialize(value, *more, **named)


class Switch(fields.Boolean):
    """Yes or no, and nothing that merely looks like it."""

    truthy = {True}  # noqa: RUF012  # marshmallow's own way to say it
    falsy = {False}  # noqa: RUF012

    def __init__(self, **more: Any) -> None:
        super().__init__(error_messages=CODES | {"invalid": "yes_or_no"}, **more)


class Shape(Schema):
    """An object with exactly these fields; those that are not required mean what they meant before there were any."""

    error_messages = {"unknown": "unknown", "type": "object"}  # noqa: RUF012  # marshmallow's own way to say it


def _part(schema: type[Schema]) -> fields.Nested:
    return fields.Nested(schema, required=True, error_messages=CODES | OBJECT_CODES)


def _parts(schema: type[Schema], *, required: bool = True) -> fields.List[Any]:
    inner = fields.Nested(schema, error_messages=CODES | OBJECT_CODES)
    return fields.List(inner, required=required, error_messages=CODES | {"invalid": "list"})


class RewardShape(Shape):
    """What a rule gives, beside its percentage."""

    type = Text()
    amount = Money()
    cap = Money()
    product = Text()


class TierShape(RewardShape):
    """A loyalty tier."""

    name = Text(required=True, says=True)
    spend_from = Money(required=True)
    percent = Whole(required=True)
    orders_from = Whole()


class OccasionShape(RewardShape):
    """A discount beside the tiers'."""

    on = Text(required=True)
    number = Whole(required=True)
    group = Text(required=True)
    percent = Whole(required=True)
    valid_days = Whole(required=True)


class LoyaltyShape(Shape):
    """Discounts by tier."""

    enabled = Switch(required=True)
    tiers = _parts(TierShape)
    valid_days = Whole(required=True)
    measure = Text()
    retain_percent = Whole()
    reenter_percent = Whole()
    grace_days = Whole()
    notice_days = Whole()
    occasions = _parts(OccasionShape, required=False)


class TimingShape(Shape):
    """When silence begins to count."""

    rule = Text(required=True)
    days = Whole(required=True)
    gap_multiple_tenths = Whole(required=True)
    quantile_percent = Whole()


class StepShape(RewardShape):
    """One rung of the win-back ladder."""

    name = Text(required=True)
    wait_days = Whole(required=True)
    percent = Whole(required=True)
    valid_days = Whole(required=True)


class WinBackShape(Shape):
    """The ladder."""

    enabled = Switch(required=True)
    timing = _part(TimingShape)
    steps = _parts(StepShape)
    sunset_days = Whole(required=True)
    max_age_days = Whole(required=True)
    daily_ramp = Whole()


class GiftShape(RewardShape):
    """One of the things that a surprise may be."""

    percent = Whole(required=True)
    weight = Whole(required=True)


class SurpriseShape(Shape):
    """Gifts drawn by lot."""

    enabled = Switch()
    pool = Text()
    odds_percent = Whole()
    monthly_budget = Money()
    valid_days = Whole()
    gifts = _parts(GiftShape, required=False)


class InStoreShape(Shape):
    """What is written into the store."""

    metafields = Switch()
    tags = Switch()
    flow = Switch()
    read_groups = Switch()
    pooled = Switch()


class AnnouncedShape(Shape):
    """Early access."""

    enabled = Switch()
    tier = Text()


class LimitsShape(Shape):
    """What holds for every offer."""

    highest_percent = Whole(required=True)
    min_order = Money(required=True)
    order_guard = Money(required=True)
    wait_days = Whole(required=True)
    monthly_budget = Money(required=True)
    margin_percent = Whole()
    margin_floor_percent = Whole()
    daily_budget = Money()
    customer_year = Money()
    products = Texts()
    collections = Texts()
    leave_out_tags = Tags()
    combine_order = Switch()
    combine_product = Switch()
    combine_shipping = Switch()


class ProgramShape(Shape):
    """All of a merchant's rules, money as decimal text."""

    key = Text(required=True)
    mode = Text(required=True)
    currency = Text(required=True)
    code_prefix = Text(required=True)
    loyalty = _part(LoyaltyShape)
    win_back = _part(WinBackShape)
    limits = _part(LimitsShape)
    holdout_percent = Whole(required=True)
    rollout_percent = Whole()
    surprise = fields.Nested(SurpriseShape, error_messages=CODES | OBJECT_CODES)
    in_store = fields.Nested(InStoreShape, error_messages=CODES | OBJECT_CODES)
    announced = fields.Nested(AnnouncedShape, error_messages=CODES | OBJECT_CODES)


class CheckShape(Shape):
    """Rules to look at without saving them."""

    program = _part(ProgramShape)


class SaveShape(CheckShape):
    """Rules to save, and the version that they were made from."""

    base_version = Whole(required=True, validate=validate.Range(min=0, error="number"))
    note = Text(LONGEST_NOTE, load_default="")
    #: False to be asked first where the change means more than can be seen from it
    confirmed = Switch(load_default=True)
    #: also cancel the open offers of the kinds that are switched off
    cancel_codes = Switch(load_default=False)


class UndoShape(Shape):
    """The version to take back."""

    base_version = Whole(required=True, validate=validate.Range(min=1, error="number"))
    #: also cancel what that version made and nobody has used
    cancel_codes = Switch(load_default=False)

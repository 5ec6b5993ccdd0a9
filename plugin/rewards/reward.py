"""What a rule gives, as a benefit under the limits that hold for every single discount, and how two compare in size."""

from __future__ import annotations

from plugin.rewards.decision import Benefit, PastOffer
from plugin.rewards.margin import single_limit
from plugin.rewards.parts import Limits, Reward
from plugin.rewards.worst_case import worst_case

NOTHING = Benefit(type="none", value=0, cap=0, minimum=0)
#: a gift is wholly free
WHOLE = 100


def asked_of(reward: Reward) -> int:
    """What the rule itself says: whole percent of a percentage, minor units of anything else."""
    return reward.percent if reward.type == "percent" else reward.amount


def benefit_of(reward: Reward, limits: Limits) -> Benefit:
    """The reward under the highest discount and the margin, with the most that it can cost; ``NOTHING`` for a reminder.

    A fixed amount is held against the smallest order that it is good for: there it is largest beside the price.
    """
    if not asked_of(reward):
        return NOTHING
    combines = _combines(limits)
    if reward.type == "shipping":
        return Benefit(type="shipping", value=0, cap=reward.amount, minimum=limits.min_order, combines=combines)
    if reward.type == "gift":
        gift = (reward.product,)
        return Benefit(
            type="gift", value=WHOLE, cap=reward.amount, minimum=limits.min_order, products=gift, combines=combines
        )
    if reward.type == "fixed":
        value = cap = min(reward.amount, limits.min_order * single_limit(limits) // 100)
    else:
        value = min(reward.percent, single_limit(limits))
        cap = worst_case(percent=value, order_guard=limits.order_guard)
    return Benefit(
        type=reward.type,
        value=value,
        cap=cap,
        minimum=limits.min_order,
        products=limits.products,
        collections=limits.collections,
        combines=combines,
    )


def _combines(limits: Limits) -> tuple[str, ...]:
    told = (("order", limits.combine_order), ("product", limits.combine_product), ("shipping", limits.combine_shipping))
    return tuple(kind for kind, may in told if may)


def is_at_least(past: PastOffer, benefit: Benefit) -> bool:
    """Whether an earlier offer is as large as the benefit: percentages by percent, else by what they can cost."""
    if benefit.type == "percent" and past.type in {"", "percent"}:
        return past.percent >= benefit.value
    return past.worth >= benefit.cap

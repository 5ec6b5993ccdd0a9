"""What a program is made of before a store's own orders have a say, and why."""

from __future__ import annotations

from types import MappingProxyType

from plugin.rewards.parts import Step, Timing, WinBack

#: name, share of customers below (percent), discount (percent)
TIERS = (("Member", 0, 0), ("Silver", 55, 3), ("Gold", 80, 5), ("VIP", 96, 8))
LOYALTY_VALID_DAYS = 30
WIN_BACK = WinBack(
    enabled=False,
    timing=Timing(rule="recommended", days=60, gap_multiple_tenths=15),
    steps=(
        Step(name="reminder", wait_days=0, percent=0, valid_days=21),
        Step(name="offer", wait_days=10, percent=10, valid_days=21),
        Step(name="last_offer", wait_days=14, percent=15, valid_days=21),
    ),
    sunset_days=180,
    max_age_days=30,
    daily_ramp=50,
)
HIGHEST_PERCENT = 20
WAIT_DAYS = 45
HOLDOUT_PERCENT = 10
BUDGET_PERCENT = 3
#: for a store without orders, in whole units of a currency with a unit like the dollar
SPENDS_WITHOUT_ORDERS = (0, 200, 500, 1000)
MINIMUM_WITHOUT_ORDERS = 25
GUARD_WITHOUT_ORDERS = 500
BUDGET_WITHOUT_ORDERS = 500
#: about how many of these buy what a dollar buys, to the power of ten: near enough for a first proposal
SMALL_UNITS = {
    10: "BDT CZK DOP DZD EGP ETB HKD INR JMD KES MXN NOK NPR PHP PKR RSD RUB SEK THB TRY TWD UAH UYU ZAR",
    100: "AMD CRC HUF ISK JPY KZT LKR RWF XAF XOF",
    1000: "ARS CLP COP IQD KRW MMK MNT NGN PYG TZS UGX",
    10_000: "IDR IRR KHR LAK LBP UZS VND",
}
UNIT_SIZE = MappingProxyType({name: size for size, names in SMALL_UNITS.items() for name in names.split()})
#: by dotted field: what does not depend on the store's orders
EXPLANATIONS = MappingProxyType({
    "mode": "New shops begin in shadow mode: everything is decided and written down, and nothing is given until you go live.",
    "win_back.daily_ramp": "At most 50 customers a day, so that turning it on does not write to everybody at once.",
    "loyalty.enabled": "A thank-you after an order is the mildest way to begin.",
    "loyalty.tiers.0.percent": "The first tier holds everybody; a discount for all would only lower your prices.",
    "loyalty.tiers.1.percent": "3 % is what stores usually give back to good customers.",
    "loyalty.tiers.2.percent": "5 % is the upper end of what stores usually give back.",
    "loyalty.tiers.3.percent": "8 % for the few best customers, still far below the highest discount.",
    "loyalty.valid_days": "30 days are long enough for one more order and short enough to be remembered.",
    "win_back.enabled": "Off until you turn it on, because it writes to customers who have not asked.",
    "win_back.timing.rule": "Each customer is late by the own rhythm, not by a date that fits nobody.",
    "win_back.steps.0.percent": "The first step is a reminder without a discount: many come back without one.",
    "win_back.steps.1.percent": "10 % ten days later, for those whom the reminder did not move.",
    "win_back.steps.2.percent": "15 % another 14 days later, the largest and the last.",
    "win_back.sunset_days": "After the last step a customer is left in peace for 180 days.",
    "win_back.max_age_days": "Nobody gets a win-back offer who was late more than 30 days before we noticed.",
    "limits.highest_percent": "Stores seldom go above 20 to 25 % of an order in all.",
    "limits.wait_days": "One discount in 45 days does not teach customers to wait for the next one.",
    "holdout_percent": "10 in 100 customers get nothing, so that you can see what the offers really add.",
})  # fmt: skip

"""The money that one sitting of decisions may give away: the month's budget, and beside it the surprises' own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from plugin.rewards.limits import SURPRISE
from plugin.rewards.program import Program
from storage import budgets, programs
from storage.budgets import Cause, Till
from storage.programs import StoredProgram
from storage.shops import Shop

#: before the month in the surprises' account; sorts before every month, so that lists of months are without it
OWN_MONEY = "+surprise/"


def month_of(
    db: Connection, shop: Shop, moment: datetime, *, currency: str, newest: StoredProgram | None = None
) -> str:
    """The name of a month's money, in the shop's zone, for offers in a currency.

    The month's plain name, YYYY-MM, is that of the currency that the rules were in when the month began, or the first
    rules of all. After a change of the store's currency another one has an account beside it: euros and dollars are
    never added. ``newest`` is the last version of the rules, where it has just been read.
    """
    local = moment.astimezone(ZoneInfo(shop.timezone))
    begins = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    alone = newest is not None and (newest.version == 1 or newest.saved_at <= begins)
    first = newest if alone else programs.in_force(db, shop.shop_id, begins)
    plain = first is None or first.body.get("currency", currency) == currency
    return f"{local:%Y-%m}" if plain else budgets.beside(f"{local:%Y-%m}", currency)


def account_of(kind: str, month: str) -> str:
    """Under which name an offer's money is kept: its month, or that of the surprises."""
    return OWN_MONEY + month if kind == SURPRISE else month


def cap_of(program: Program, account: str) -> int:
    """What may be set aside and spent under this name, minor units."""
    own = account.startswith(OWN_MONEY)
    return program.surprise.monthly_budget if own else program.limits.monthly_budget


class Purses:
    """Both accounts of a month, counted down as offers are made and written down at the end."""

    def __init__(self, db: Connection, shop_id: int, month: str, program: Program) -> None:
        accounts = [month, OWN_MONEY + month] if program.surprise.enabled else [month]
        self._caps = {account: cap_of(program, account) for account in accounts}
        self._tills = {account: Till(db, shop_id, account) for account in accounts}
        held = {account: budgets.state(db, shop_id, account) for account in accounts}
        self._used = {account: state.reserved_minor + state.booked_minor for account, state in held.items()}

    def used(self, account: str) -> int:
        """What is set aside or spent, as far as this sitting knows."""
        return self._used.get(account, 0)

    def take(self, account: str, amount: int, *, at: datetime) -> bool:
        """Sets money aside; where another worker was faster, the account counts as used up from here on."""
        taken = self._tills[account].take(amount, cap=self._caps[account], at=at)
        self._used[account] = self._used[account] + amount if taken else self._caps[account]
        return taken

    def close(self, kept: Sequence[tuple[str, int, Cause]]) -> None:
        """Writes down what was really needed, by account."""
        for account, till in self._tills.items():
            theirs = [(amount, cause) for name, amount, cause in kept if name == account]
            till.close(theirs, cap=self._caps[account])

"""What rules need the store to have granted beyond what everyone grants, and what to say where it has not."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.rewards.problem import Problem
from plugin.rewards.program import Program

#: to write fields and tags of customers; it also opens their names and addresses for writing, so it is asked for late
WRITE_CUSTOMERS = "write_customers"


def writes_customers(program: Program) -> bool:
    """Whether the rules write on customers in the store."""
    return program.in_store.metafields or program.in_store.tags


def may_write(scopes: str) -> bool:
    """Whether a store that granted these scopes, with commas or blanks between them, lets us write on customers."""
    return WRITE_CUSTOMERS in scopes.replace(",", " ").split()


def ungranted(program: Program, scopes: str) -> Iterator[Problem]:
    """The fields of the rules that ask for more than these scopes let us do."""
    if may_write(scopes):
        return
    for name in ("metafields", "tags"):
        if getattr(program.in_store, name):
            said = (
                f"Your store has not granted Regulars to write on customers ({WRITE_CUSTOMERS}). Grant it, then save."
            )
            yield Problem(
                field=f"in_store.{name}", code="not_granted", message=said, numbers={"scope": WRITE_CUSTOMERS}
            )

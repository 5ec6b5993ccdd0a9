"""What the model of the issuing protocol remembers, which variants it knows, and what must never be seen.

One offer, one budget unit, two workers. A number of a fence or an attempt is not kept: only whether a worker's claim is
still the newest, so leases may end and tries may fail without bound and the space stays finite.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple


class Code(IntEnum):
    """The code's name in the store; USED is one that an order has used up, OFF one that is over or switched off."""

    NONE = 0
    LIVE = 1
    OFF = 2
    USED = 3


class Intent(IntEnum):
    """The offer's row. ERASED: the row is gone with its customer."""

    PLANNED = 0
    SENDING = 1
    ISSUED = 2
    CANCELLED = 3
    REJECTED = 4
    EXPIRED = 5
    REDEEMED = 6
    ERASED = 7


class Row(IntEnum):
    """A row of the outbox."""

    ABSENT = 0
    FREE = 1
    CLAIMED = 2
    DONE = 3


class Phase(IntEnum):
    """Where a worker is in its call; the last five are answers that it has not written down yet."""

    FIND = 0
    CREATE = 1
    LOOK = 2
    DEACTIVATE = 3
    #: the name is taken by a discount that is over
    TAKE = 4
    SAID_LIVE = 5
    SAID_OFF = 6
    SAID_NOTHING = 7
    SAID_NO = 8
    SAID_USED = 9


class Job(IntEnum):
    """What a worker is about."""

    ISSUE = 0
    #: switches the code of somebody erased off
    OFF = 1
    #: switches an unwanted code off, and takes its name where the store does not know it
    CANCEL = 2
    #: closes what is over
    CLOSE = 3


class Worker(NamedTuple):
    """A worker with a call; ``newest``: nobody has claimed the row since.

    ``again``: the store may have been asked before, by another worker or at another time. ``read``: the offer's state
    when closing read it.
    """

    job: Job
    newest: bool
    phase: Phase
    again: bool = False
    read: Intent = Intent.PLANNED


class State(NamedTuple):
    """Everything; ``creates``, ``offs`` and ``tombs`` are requests that may still land."""

    code: Code = Code.NONE
    #: a second live code under another name
    twin: bool = False
    creates: int = 0
    offs: int = 0
    tombs: int = 0
    #: the merchant made the code last longer than the offer
    moved: bool = False
    intent: Intent = Intent.PLANNED
    unwanted: bool = False
    ended: bool = False
    #: 0 no order with the code, 1 placed, 2 told to us
    order: int = 0
    issue: Row = Row.FREE
    off: Row = Row.ABSENT
    cancel: Row = Row.ABSENT
    workers: tuple[Worker, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The protocol as it is; every flag that is changed makes another protocol, most of them wrong ones."""

    workers: int = 2
    #: requests that may be under way without anybody waiting for them
    in_flight: int = 1
    #: a look-up may not see what the store already has
    stale_look_ups: bool = False
    #: a create may reach the store twice
    duplicated: bool = False
    #: an order may use the code
    orders: bool = False
    #: the store may say a definite no to a create that it took earlier or takes later
    refuses: bool = False
    #: such a no, said when an earlier request may still land, is no end
    late_refusal_is_doubt: bool = False
    same_code: bool = True
    time_out_is_doubt: bool = True
    taken_is_looked_up: bool = True
    not_found_is_no_end: bool = True
    switched_off_not_deleted: bool = True
    fence_on_commit: bool = True
    compare_on_commit: bool = True
    written_before_the_wire: bool = True
    found_before_asked_again: bool = True
    #: the merchant may move a code's end in the store's admin
    end_moves: bool = False
    #: what a cancelling does not find has its name taken, and is looked for again
    name_taken: bool = True
    tombstone_looked_for: bool = True
    #: closing asks the store what it has, and compares the state that it read
    closing_asks: bool = True
    closing_compares: bool = True


OPEN = (Intent.PLANNED, Intent.SENDING, Intent.ISSUED)
#: the money is free again
RELEASED = (Intent.CANCELLED, Intent.REJECTED, Intent.EXPIRED)


def wrong(state: State) -> str:
    """The invariant that a state breaks, or nothing. Every one holds at every moment, not only at rest."""
    watched = bool({state.off, state.cancel} & {Row.FREE, Row.CLAIMED})
    if state.twin:
        return "I1: two live codes for one reason"
    if state.code == Code.LIVE and state.intent in RELEASED and not watched:
        return "I2, I3: the money is released and the code is live"
    if state.code == Code.LIVE and state.intent == Intent.ERASED and not watched:
        return "I2: a live code of an erased customer, and nobody watches"
    if state.intent == Intent.ISSUED and state.code == Code.NONE:
        return "I2: issued, and the store has no code"
    # one that an order has used is worth nothing any more, whether it is off or not
    off = state.code == Code.OFF and not state.order
    if state.intent == Intent.ISSUED and off and not state.ended and not watched:
        return "I2: issued, and the code was switched off for good"
    return ""


def at_rest(state: State) -> bool:
    """A good end: nothing under way, nobody owes anything, and the store shows what the row says."""
    if state.workers or state.creates or state.offs or state.tombs or wrong(state) or state.issue != Row.DONE:
        return False
    if state.cancel not in {Row.ABSENT, Row.DONE} or (state.ended and state.intent == Intent.ISSUED):
        return False
    # a code that never reached the store is looked for again and again; that harms nobody
    settled = state.off in {Row.ABSENT, Row.DONE} or (state.off == Row.FREE and state.code == Code.NONE)
    kept = state.code == Code.LIVE and (state.unwanted or state.intent == Intent.ERASED)
    return settled and not kept and state.intent not in {Intent.PLANNED, Intent.SENDING}

"""The end of an offer: its time passes, the merchant may have moved it, and a round closes it when the store shows it off.

Rounds ask by the store's own reference, an hour after the end: what the store has by then, they see.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.protocol.state import Code, Intent, Phase, Rules, State, Worker


def over(state: State, rules: Rules) -> bool:
    """Whether an hour's round has something to close; where no end is moved, it is over in the store and one step closes it."""
    return rules.closing_asks and rules.end_moves and state.ended and state.intent in {Intent.SENDING, Intent.ISSUED}


def end_moves(state: State, rules: Rules) -> Iterator[tuple[str, bool, State]]:
    """The merchant makes a code last longer, and that passes, too."""
    if rules.end_moves and state.code == Code.LIVE and not state.ended and not state.moved:
        yield "the merchant moves the end", True, state._replace(moved=True)
    if state.ended and state.moved:
        code = Code.OFF if state.code == Code.LIVE else state.code
        yield "the moved end comes", False, state._replace(moved=False, code=code)


def close(state: State) -> Iterator[tuple[str, bool, Phase, State]]:
    """``close_ended.ask``."""
    said = {Code.NONE: Phase.SAID_NO, Code.LIVE: Phase.SAID_LIVE, Code.OFF: Phase.SAID_OFF}
    use = Phase.SAID_USED if state.order == 1 else Phase.SAID_OFF
    yield f"closing sees {state.code.name}", False, said.get(state.code, use), state
    yield "closing, answer lost", True, Phase.SAID_NOTHING, state


def closed(state: State, worker: Worker, rules: Rules) -> State:
    """``close_ended.conclude``: what is live, or used and not told of, stays open until another round."""
    if worker.phase not in {Phase.SAID_NO, Phase.SAID_OFF} or (rules.closing_compares and state.intent != worker.read):
        return state
    return state._replace(intent=Intent.EXPIRED if worker.read == Intent.ISSUED else Intent.CANCELLED)

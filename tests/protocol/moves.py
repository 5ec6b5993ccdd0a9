"""Every step that can happen to the model: (name, is it a fault, the state after it)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.protocol.closing import close, closed, end_moves, over
from tests.protocol.state import Code, Intent, Job, Phase, Row, Rules, State, Worker

Step = tuple[str, bool, State]
#: the store may have the code
ASKED = (Intent.SENDING, Intent.ISSUED)


def steps(state: State, rules: Rules) -> Iterator[Step]:
    """All steps from a state."""
    yield from _claims(state, rules)
    yield from _time(state, rules)
    yield from end_moves(state, rules)
    yield from _people(state, rules)
    yield from _network(state, rules)
    for place, worker in enumerate(state.workers):
        rest = state._replace(workers=state.workers[:place] + state.workers[place + 1 :])
        yield "crash", True, rest
        if worker.phase >= Phase.SAID_LIVE:
            yield f"conclude {worker.phase.name}", False, _conclude(rest, worker, rules)
        else:
            for name, fault, phase, after in _ask(rest, worker, rules):
                yield name, fault, _with(after, worker._replace(phase=phase))


def _with(state: State, worker: Worker) -> State:
    return state._replace(workers=tuple(sorted((*state.workers, worker))))


def _claims(state: State, rules: Rules) -> Iterator[Step]:
    """``deliver.prepare`` in the transaction of the claim, and the claim of a switch-off."""
    if len(state.workers) == rules.workers:
        return
    if state.issue == Row.FREE:
        yield "claim, prepare", False, _prepare(state, rules)
    if state.off == Row.FREE:
        claimed = _older(state, Job.OFF)._replace(off=Row.CLAIMED)
        yield "claim switch-off", False, _with(claimed, Worker(Job.OFF, newest=True, phase=Phase.FIND))
    if state.cancel == Row.FREE and state.intent in ASKED:
        claimed = _older(state, Job.CANCEL)._replace(cancel=Row.CLAIMED)
        yield "claim cancelling", False, _with(claimed, Worker(Job.CANCEL, newest=True, phase=Phase.FIND))
    elif state.cancel == Row.FREE:
        yield "nothing to cancel", False, state._replace(cancel=Row.DONE)
    if over(state, rules):
        worker = Worker(Job.CLOSE, newest=True, phase=Phase.FIND, read=state.intent)
        yield "claim closing", False, _with(_older(state, Job.CLOSE), worker)


def _prepare(state: State, rules: Rules) -> State:
    if state.intent not in {Intent.PLANNED, Intent.SENDING}:
        return state._replace(issue=Row.DONE)
    if state.intent == Intent.PLANNED and (state.unwanted or state.ended):
        return state._replace(intent=Intent.CANCELLED, issue=Row.DONE)
    if state.intent == Intent.SENDING and state.unwanted:
        return _wanted_off(state)._replace(issue=Row.DONE)
    asked_before = state.intent == Intent.SENDING and rules.found_before_asked_again
    written = Intent.SENDING if rules.written_before_the_wire else state.intent
    claimed = _older(state, Job.ISSUE)._replace(issue=Row.CLAIMED, intent=written)
    phase = Phase.FIND if asked_before else Phase.CREATE
    return _with(claimed, Worker(Job.ISSUE, newest=True, phase=phase, again=state.intent == Intent.SENDING))


def _wanted_off(state: State) -> State:
    """``cancel_offers``: what the store may have is to be switched off; one call at a time."""
    return state._replace(cancel=Row.FREE if state.cancel in {Row.ABSENT, Row.DONE} else state.cancel)


def _older(state: State, job: Job) -> State:
    workers = (one._replace(newest=False) if one.job == job else one for one in state.workers)
    return state._replace(workers=tuple(sorted(workers)))


def _time(state: State, rules: Rules) -> Iterator[Step]:
    if state.issue == Row.CLAIMED:
        yield "lease of the issuing ends", False, state._replace(issue=Row.FREE)
    if state.off == Row.CLAIMED:
        yield "lease of the switch-off ends", False, state._replace(off=Row.FREE)
    if state.cancel == Row.CLAIMED:
        yield "lease of the cancelling ends", False, state._replace(cancel=Row.FREE)
    if not state.ended:
        code = Code.OFF if state.code == Code.LIVE and not state.moved else state.code
        yield "the offer's time ends", True, state._replace(ended=True, code=code)
    elif state.intent == Intent.ISSUED and not (rules.closing_asks and rules.end_moves):
        yield "expire", False, state._replace(intent=Intent.EXPIRED)


def _people(state: State, rules: Rules) -> Iterator[Step]:
    sent = state.intent in {Intent.SENDING, Intent.ISSUED}
    watched = Row.FREE if sent and state.off == Row.ABSENT else state.off
    if not state.unwanted and (sent or state.intent == Intent.PLANNED):
        unwanted = state._replace(unwanted=True)
        yield "rule switched off", True, _wanted_off(unwanted) if sent else unwanted
    if sent or state.intent == Intent.PLANNED:
        yield "customer erased", True, state._replace(intent=Intent.ERASED, off=watched)
    if rules.orders and state.code == Code.LIVE and not state.order:
        yield "order with the code", True, state._replace(code=Code.USED, order=1)
    if state.order == 1:
        redeemable = {Intent.SENDING, Intent.ISSUED, Intent.CANCELLED, Intent.EXPIRED}
        intent = Intent.REDEEMED if state.intent in redeemable else state.intent
        yield "order told", False, state._replace(order=2, intent=intent)


def _network(state: State, rules: Rules) -> Iterator[Step]:
    if state.creates:
        left = state._replace(creates=state.creates - 1)
        yield "a late create lands", False, _landed(left, rules)
        yield "a create is lost", True, left
    if state.offs:
        left = state._replace(offs=state.offs - 1)
        yield "a late switch-off lands", False, _off(left, rules)
        yield "a switch-off is lost", True, left
    if state.tombs:
        left = state._replace(tombs=state.tombs - 1)
        yield "a late tombstone lands", False, _buried(left)
        yield "a tombstone is lost", True, left


def _buried(state: State) -> State:
    return state._replace(code=Code.OFF) if state.code == Code.NONE else state


def _landed(state: State, rules: Rules) -> State:
    made = Code.OFF if state.ended else Code.LIVE
    if state.code == Code.NONE:
        return state._replace(code=made)
    if not rules.same_code and made == Code.LIVE and state.code == Code.LIVE:
        return state._replace(twin=True)
    return state if rules.same_code else state._replace(code=made)


def _off(state: State, rules: Rules) -> State:
    if state.code in {Code.NONE, Code.OFF}:
        return state
    return state._replace(code=Code.OFF if rules.switched_off_not_deleted else Code.NONE)


def _ask(state: State, worker: Worker, rules: Rules) -> Iterator[tuple[str, bool, Phase, State]]:
    """``deliver.ask`` and ``switch_off.code``, one call to the store at a time."""
    doubt = Phase.SAID_NOTHING if rules.time_out_is_doubt or worker.job != Job.ISSUE else Phase.SAID_NO
    if worker.job == Job.CLOSE:
        yield from close(state)
    elif worker.phase == Phase.CREATE:
        yield from _create(state, worker, rules, doubt)
    elif worker.phase == Phase.TAKE:
        yield from _take(state, rules)
    elif worker.phase == Phase.DEACTIVATE:
        yield "switch off", False, Phase.SAID_OFF, _off(state, rules)
        yield "switch off, answer lost", True, Phase.SAID_NOTHING, _off(state, rules)
        if state.offs < rules.in_flight:
            yield "switch off, late", True, Phase.SAID_NOTHING, state._replace(offs=state.offs + 1)
    else:
        yield f"look up: {state.code.name}", False, _seen(state.code, worker, rules), state
        yield "look up, answer lost", True, doubt, state
        if rules.stale_look_ups and state.code != Code.NONE:
            yield "look up sees nothing yet", True, _seen(Code.NONE, worker, rules), state


def _take(state: State, rules: Rules) -> Iterator[tuple[str, bool, Phase, State]]:
    """``cancel_offers._take_the_name``: a discount under our name that is over already."""
    buried = _buried(state)
    yield "tombstone", False, Phase.LOOK if rules.tombstone_looked_for else Phase.SAID_OFF, buried
    yield "tombstone, answer lost", True, Phase.SAID_NOTHING, buried
    yield "tombstone, request lost", True, Phase.SAID_NOTHING, state
    if state.tombs < rules.in_flight:
        yield "tombstone, late", True, Phase.SAID_NOTHING, state._replace(tombs=state.tombs + 1)


def _seen(code: Code, worker: Worker, rules: Rules) -> Phase:
    live = code in {Code.LIVE, Code.USED}
    if worker.job == Job.CANCEL:
        if code == Code.NONE and worker.phase == Phase.FIND:
            return Phase.TAKE if rules.name_taken else Phase.SAID_OFF
        found = {Code.NONE: Phase.SAID_NOTHING, Code.LIVE: Phase.DEACTIVATE, Code.USED: Phase.SAID_USED}
        return found.get(code, Phase.SAID_OFF)
    if worker.job == Job.OFF:
        return Phase.DEACTIVATE if live else Phase.SAID_NOTHING if code == Code.NONE else Phase.SAID_OFF
    if code == Code.NONE:
        return Phase.CREATE if worker.phase == Phase.FIND else Phase.SAID_NOTHING
    return Phase.SAID_LIVE if live else Phase.SAID_OFF


def _create(state: State, worker: Worker, rules: Rules, doubt: Phase) -> Iterator[tuple[str, bool, Phase, State]]:
    landed = _landed(state, rules)
    taken = state.code != Code.NONE and rules.same_code
    said = Phase.SAID_OFF if state.ended else Phase.SAID_LIVE
    if taken:
        said = Phase.LOOK if rules.taken_is_looked_up else Phase.SAID_NO
    yield f"create: {'taken' if taken else 'made'}", False, said, landed
    yield "create, answer lost", True, doubt, landed
    yield "create, request lost", True, doubt, state
    if rules.refuses:
        lenient = worker.again and rules.late_refusal_is_doubt
        yield "create: refused", True, Phase.SAID_NOTHING if lenient else Phase.SAID_NO, state
    if state.creates < rules.in_flight:
        yield "create, late", True, doubt, state._replace(creates=state.creates + 1)
        if rules.duplicated:
            yield "create, twice", True, said, landed._replace(creates=state.creates + 1)


def _conclude(state: State, worker: Worker, rules: Rules) -> State:
    """``deliver.conclude``, or the end of a switch-off; a worker whose claim is not the newest writes nothing."""
    if not worker.newest and rules.fence_on_commit:
        return state
    if worker.job == Job.OFF:
        return _concluded_off(state, worker, rules)
    if worker.job == Job.CANCEL:
        return _cancelled(state, worker)
    if worker.job == Job.CLOSE:
        return closed(state, worker, rules)
    if worker.phase == Phase.SAID_NOTHING:
        return state if state.issue == Row.DONE else state._replace(issue=Row.FREE)
    told = {Phase.SAID_LIVE: Intent.ISSUED, Phase.SAID_OFF: Intent.CANCELLED, Phase.SAID_NO: Intent.REJECTED}
    expected = Intent.SENDING if rules.written_before_the_wire else Intent.PLANNED
    moves = state.intent == expected or (not rules.compare_on_commit and state.intent != Intent.ERASED)
    return state._replace(issue=Row.DONE, intent=told[worker.phase] if moves else state.intent)


def _concluded_off(state: State, worker: Worker, rules: Rules) -> State:
    if worker.phase == Phase.SAID_OFF or not rules.not_found_is_no_end:
        open_still = state.intent in {Intent.SENDING, Intent.ISSUED}
        return state._replace(off=Row.DONE, intent=Intent.CANCELLED if open_still else state.intent)
    return state if state.off == Row.DONE else state._replace(off=Row.FREE)


def _cancelled(state: State, worker: Worker) -> State:
    """``cancel_offers.conclude``: cancelled only when the store shows the code off and counts no use of it."""
    if worker.phase == Phase.SAID_NOTHING:
        return state if state.cancel == Row.DONE else state._replace(cancel=Row.FREE)
    if worker.phase == Phase.SAID_USED:
        used = Intent.ISSUED if state.intent == Intent.SENDING else state.intent
        return state._replace(cancel=Row.DONE, intent=used)
    return state._replace(cancel=Row.DONE, intent=Intent.CANCELLED if state.intent in ASKED else state.intent)

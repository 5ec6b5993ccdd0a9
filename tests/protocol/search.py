"""Breadth-first search through all that a protocol can come to: the shortest way to a wrong state, and who gets stuck."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

from tests.protocol.moves import steps
from tests.protocol.state import Rules, State, at_rest, wrong


@dataclass(frozen=True, kw_only=True)
class Searched:
    """What a search saw. ``trace`` is the shortest way to the first wrong state; empty when there is none."""

    states: int
    edges: int
    violation: str
    trace: tuple[str, ...]
    #: states from which no good end can be reached once nothing fails any more
    stuck: int
    #: a shortest way to one of them
    stuck_trace: tuple[str, ...]


def search(rules: Rules) -> Searched:
    """Goes through every state that can be reached; stops at the first wrong one."""
    start = State()
    came: dict[State, tuple[State, str] | None] = {start: None}
    before: defaultdict[State, list[State]] = defaultdict(list)
    queue = deque([start])
    edges = 0
    while queue:
        state = queue.popleft()
        for name, fault, after in steps(state, rules):
            edges += 1
            if not fault:
                before[after].append(state)
            if after in came:
                continue
            came[after] = (state, name)
            if broken := wrong(after):
                return Searched(
                    states=len(came),
                    edges=edges,
                    violation=broken,
                    trace=_way(came, after),
                    stuck=0,
                    stuck_trace=(),
                )
            queue.append(after)
    stuck = _stuck(came, before)
    way = _way(came, stuck[0]) if stuck else ()
    return Searched(states=len(came), edges=edges, violation="", trace=(), stuck=len(stuck), stuck_trace=way)


def _way(came: dict[State, tuple[State, str] | None], state: State) -> tuple[str, ...]:
    names: list[str] = []
    while (step := came[state]) is not None:
        state, name = step
        names.append(name)
    return tuple(reversed(names))


def _stuck(came: dict[State, tuple[State, str] | None], before: dict[State, list[State]]) -> list[State]:
    """The states, in the order in which they were found, from which no step without a fault leads to a good end."""
    saved = {state for state in came if at_rest(state)}
    queue = deque(saved)
    while queue:
        for state in before.get(queue.popleft(), ()):
            if state not in saved:
                saved.add(state)
                queue.append(state)
    return [state for state in came if state not in saved]

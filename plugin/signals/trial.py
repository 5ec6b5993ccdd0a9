"""Tries ways of reckoning the chance of an order within 90 days on a store's own past, and chooses one.

Each is asked about cut-offs whose outcome is known, by a training that saw nothing but what was known at the cut-off.
The models of visits bring their few numbers of today, which favours none of them. What is asked for by habit stays
unless something else wins by more than half of its own standard error; a training on less than three earlier cut-offs is
too little to judge how much of it is wanted, but not to judge which model of visits is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from plugin.signals import logistic, trees
from plugin.signals.arrays import Bools, Floats
from plugin.signals.chance import HORIZONS, Models, mixed, plain_odds
from plugin.signals.training import Lesson, closed, columns_of, grow, near, pooled, regressions

#: cut-offs tried on
TRIALS = 3
#: the trial is about chances within so many days
TRIED = 90
#: shares of the regression, and of MBG/CNBD-k among the models of visits, that are tried
SHARES, REGULAR_SHARES = (0.0, 0.35, 0.7, 0.9), (0.0, 0.5, 1.0)
#: how much of what the trees add is tried, the usual first
BENDS = (0.5, 0.0, 1.0)
#: the usual share, and that of a store with fewer than so many customers who came
USUAL, FEW_USUAL, FEW = 0.7, 0.35, 150
#: customers of a cut-off that the ways are judged by
JUDGED = 6_000
#: cut-offs that a training needs for its share to be judged
ENOUGH_LESSONS = 3
#: standard errors by which something unusual has to win
UNUSUAL = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the trial chose. ``why``: won, lost (the regression did), untried (too little past)."""

    #: of the regression, 0 to 1
    share: float
    #: of MBG/CNBD-k in the rest
    regular_share: float
    #: of what the trees add
    bend: float
    why: str
    #: what was tried, each with its mean squared error, the chosen first
    tried: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """Log-odds of one cut-off's customers by each way, and who came."""

    plain: Floats
    beat: Floats
    #: the regression, and what trees add to it
    learnt: Floats
    lift: Floats
    silence: Floats
    came: Bools
    #: cut-offs that the training had
    lessons: int


def choose(lessons: Sequence[Lesson], models: Models) -> Choice:
    """The shares that did best on cut-offs that their training did not reach; ``lessons`` newest first."""
    answers = [answer for answer in _answers(lessons, models) if answer is not None]
    regular = REGULAR_SHARES if models.regular is not None else (0.0,)
    events = next((int(one.came(TRIED).sum()) for one in lessons if one.snapshot.known >= TRIED), 0)
    usual = USUAL if events >= FEW else FEW_USUAL
    if not answers:
        return Choice(
            share=usual, regular_share=regular[len(regular) // 2], bend=BENDS[0], why="untried", tried=()
        )  # fmt: skip
    ordinary = [_bent(answer, BENDS[0]) for answer in answers]
    rest = min(regular, key=lambda one: float(_loss(ordinary, usual, one).mean()))
    bend = min(BENDS, key=lambda one: float(_loss([_bent(answer, one) for answer in answers], usual, rest).mean()))
    answers = [_bent(answer, bend) for answer in answers]
    ready = [answer for answer in answers if answer.lessons >= ENOUGH_LESSONS]
    best = _best(ready, (usual, rest), regular) if ready else (usual, rest)
    return Choice(
        share=best[0], regular_share=best[1], bend=bend, why="won" if best[0] else "lost",
        tried=_tried(ready or answers, best, regular),
    )  # fmt: skip


def _answers(lessons: Sequence[Lesson], models: Models) -> list[_Answer]:
    found: list[_Answer] = []
    for place, one in enumerate(lessons):
        earlier = lessons[place + 1 :]
        if one.snapshot.known >= TRIED and closed(earlier, TRIED, ago=one.snapshot.known):
            found.append(_answer(one, earlier, models))
        if len(found) == TRIALS:
            break
    return found


def _answer(one: Lesson, earlier: Sequence[Lesson], models: Models) -> _Answer:
    ago = one.snapshot.known
    columns, known = columns_of(one.table), closed(earlier, TRIED, ago=ago)
    own = regressions(earlier, near(TRIED, HORIZONS), ago=ago, most=JUDGED)
    slopes, grown = pooled(own, TRIED, columns), grow(earlier, own, TRIED, ago=ago)
    step = max(1, columns[0].size // JUDGED)
    silence = logistic.fit([past.table[::step, :1] for past in known], [past.came(TRIED)[::step] for past in known])
    visits = one.snapshot.visits
    alone = Models(gaps=models.gaps, base=models.base, regular=None, regular_share=0.0)
    beat = Models(gaps=models.gaps, base=models.base, regular=models.regular, regular_share=1.0)
    return _Answer(
        plain=plain_odds(alone, visits, TRIED)[::step], beat=plain_odds(beat, visits, TRIED)[::step],
        learnt=logistic.log_odds(slopes, columns)[::step], lift=trees.lift(grown, columns + columns_of(one.more))[::step],
        silence=logistic.log_odds(silence, columns[:1])[::step], came=one.came(TRIED)[::step], lessons=len(known),
    )  # fmt: skip


def _bent(answer: _Answer, bend: float) -> _Answer:
    """The same with so much of what the trees add taken into the regression."""
    return replace(answer, learnt=answer.learnt + bend * answer.lift)


def _best(answers: list[_Answer], usual: tuple[float, float], regular: tuple[float, ...]) -> tuple[float, float]:
    """The pair of shares that wins surely enough over the usual one."""
    best, gain, base = usual, 0.0, _loss(answers, *usual)
    for share in SHARES:
        for beat in regular:
            won = _surely(base - _loss(answers, share, beat))
            if won > gain:
                best, gain = (share, beat), won
    return best


def _surely(gain: Floats) -> float:
    """The mean gain, less ``UNUSUAL`` standard errors of it."""
    return float(gain.mean() - UNUSUAL * gain.std() / np.sqrt(gain.size))


def _told(answer: _Answer, share: float, regular_share: float) -> Floats:
    """The chances of one cut-off, their mean half-way to MBG/NBD's."""
    odds = mixed(answer.learnt, mixed(answer.beat, answer.plain, regular_share), share)
    return _levelled(odds, answer)


def _levelled(odds: Floats, answer: _Answer) -> Floats:
    mean = float(logistic.chance(answer.plain).mean())
    return logistic.chance(odds + logistic.shift_to(odds, mean) / 2)


def _loss(answers: list[_Answer], share: float, regular_share: float) -> Floats:
    """Minus the log-likelihood of every customer's outcome, of all cut-offs in a row."""
    return np.concatenate([_surprise(_told(one, share, regular_share), one.came) for one in answers])


def _surprise(told: Floats, came: Bools) -> Floats:
    kept = np.clip(told, 1e-6, 1 - 1e-6)
    surprise: Floats = -np.log(np.where(came, kept, 1 - kept))
    return surprise


def _tried(
    answers: list[_Answer], best: tuple[float, float], regular: tuple[float, ...]
) -> tuple[tuple[str, float], ...]:
    """Mean squared errors by name; the regression is told at the share in use, or at the usual one."""

    def error(told: list[Floats]) -> float:
        return float(np.mean([np.mean((one - answer.came) ** 2) for one, answer in zip(told, answers, strict=True)]))

    shown = {"mixture": (best[0] or USUAL, best[1]), "mbg": (0.0, 0.0)}
    if len(regular) > 1:
        shown["regular"] = (0.0, 1.0)
    errors = {name: error([_told(one, *pair) for one in answers]) for name, pair in shown.items()}
    errors["silence"] = error([_levelled(one.silence, one) for one in answers])
    chosen = "mixture" if best[0] else "regular" if best[1] >= 0.5 else "mbg"
    return tuple(sorted(errors.items(), key=lambda item: (item[0] != chosen, item[1])))

"""The law of a case: which move leads from which stage to which. The table below is the whole of it.

`transitions` carries the machine; rows are never handed to it, only a small walker. What a move
needs is chosen by the programme (`states.needs`); nothing else in Opora assigns a stage.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from transitions import Machine

from opora.errors import MoveNotAllowed
from opora.words import Sentence
from states.needs import CaseFacts, Need, unmet
from states.stage import Move, Stage


@dataclass(frozen=True, slots=True)
class Rule:
    """One allowed move. `dest` equals `source` for a flag that leaves the stage alone."""

    move: Move
    source: Stage
    dest: Stage


_LINE = tuple(Stage)
_FORWARD = (
    Move.ANALYSE,
    Move.CLUSTER,
    Move.PARTNER,
    Move.APPROVE_PROGRAMME,
    Move.MONITOR,
    Move.EXIT,
)
_INSIDE = _LINE[:-1]  # every stage before the exit

RULES = (
    *(Rule(m, a, b) for m, (a, b) in zip(_FORWARD, pairwise(_LINE), strict=True)),
    *(Rule(Move.RETURN_FOR_REWORK, b, a) for a, b in pairwise(_INSIDE)),
    *(Rule(Move.WITHDRAW, stage, Stage.EXITED) for stage in _INSIDE),
    *(Rule(Move.REOPEN, Stage.EXITED, stage) for stage in _INSIDE),
    *(Rule(Move.SUSPEND, stage, stage) for stage in _INSIDE),
    *(Rule(Move.RESUME, stage, stage) for stage in _INSIDE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a case stands when a move is asked for."""

    stage: Stage
    suspended: bool = False
    left: Stage | None = None  # of an exited case: the stage it left, where `reopen` puts it back


@dataclass(eq=False, slots=True)
class _Walker:
    """What the machine walks."""

    state: Stage
    standing: Standing
    target: Stage


def _clocks_run(walker: _Walker) -> bool:
    return not walker.standing.suspended


def _clocks_stand(walker: _Walker) -> bool:
    return walker.standing.suspended


def _came_from_there(walker: _Walker) -> bool:
    return walker.standing.left is walker.target


_CONDITIONS: dict[Move, Callable[[_Walker], bool]] = {
    **dict.fromkeys(_FORWARD, _clocks_run),
    Move.SUSPEND: _clocks_run,
    Move.RESUME: _clocks_stand,
    Move.REOPEN: _came_from_there,
}
_REFUSALS: dict[Callable[[_Walker], bool], Sentence] = {
    _clocks_run: Sentence("the case is suspended"),
    _clocks_stand: Sentence("the case is not suspended"),
    _came_from_there: Sentence("nobody knows which stage the case left"),
}


def _words(stage: Stage, move: Move) -> str:
    """The trigger's name: `reopen` has one per destination, since it goes back where it came from."""
    return f"{move}_{stage}" if move is Move.REOPEN else move


@cache
def machine() -> Machine:
    """One shared machine; it keeps no models, so threads may use it at once."""
    return Machine(
        model=None,
        states=Stage,
        initial=None,
        auto_transitions=False,
        transitions=[
            {
                "trigger": _words(rule.dest, rule.move),
                "source": rule.source,
                "dest": rule.dest,
                "conditions": [_passed(_CONDITIONS[rule.move])] if rule.move in _CONDITIONS else [],
            }
            for rule in RULES
        ],
        send_event=True,
    )


def _passed(condition: Callable[[_Walker], bool]) -> Callable[..., bool]:
    return lambda event: condition(event.model)


def open_moves(standing: Standing) -> tuple[Move, ...]:
    """The moves that the law has from here, whatever they may still need."""
    found = (rule.move for rule in RULES if _target(rule.move, standing) is rule.dest)
    return tuple(dict.fromkeys(move for move in found if _refusal(move, standing) is None))


def _target(move: Move, standing: Standing) -> Stage | None:
    if move is Move.REOPEN:
        return standing.left if standing.stage is Stage.EXITED else None
    return next((r.dest for r in RULES if (r.move, r.source) == (move, standing.stage)), None)


def _refusal(move: Move, standing: Standing) -> Sentence | None:
    condition = _CONDITIONS.get(move)
    target = _target(move, standing) or standing.stage
    if condition is None or condition(_Walker(standing.stage, standing, target)):
        return None
    return _REFUSALS[condition]


def destination(
    move: Move, standing: Standing, *, needs: Sequence[Need], facts: CaseFacts
) -> Stage:
    """The stage that `move` leads to.

    Raises `MoveNotAllowed` with every unmet need when the law has no such move from here, the
    case is suspended, or what the programme asks for is not there.
    """
    target = _target(move, standing)
    if target is None:
        raise MoveNotAllowed(move, standing.stage)
    refusal = _refusal(move, standing)
    missing = [*([refusal] if refusal else []), *unmet(needs, facts)]
    if missing:
        raise MoveNotAllowed(move, standing.stage, missing)
    walker = _Walker(standing.stage, standing, target)
    if not machine().events[_words(target, move)].trigger(walker):
        raise MoveNotAllowed(move, standing.stage)
    return Stage(walker.state)

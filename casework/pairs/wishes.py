"""What people want of the next proposal: this pair is fixed, that one barred, or free again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sqlmodel import Session, col, select

from casework.access import case_for
from casework.acting import Acting
from casework.grants import Right
from models.case import Case
from models.cycle import Cycle
from models.history import append
from models.pairing import PairWish
from opora.errors import InputRefused, NotReady
from opora.words import Sentence
from states.stage import Stage


class Helper(StrEnum):
    """Whom a case is given."""

    PARTNER = "partner"
    CURATOR = "curator"


class Stance(StrEnum):
    """What is to become of the pair."""

    FIXED = "fixed"
    BARRED = "barred"
    FREE = "free"  # neither of them any longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One wish; `over` is the confirmed pair that it is to replace."""

    helper: Helper
    stance: Stance
    candidate: str
    reason: str = ""
    over: int | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """The wishes of a cycle that stand: case → the one fixed, and those barred."""

    fixed: Mapping[int, str] = field(default_factory=dict)
    barred: Mapping[int, frozenset[str]] = field(default_factory=dict)
    released: frozenset[int] = frozenset()  # confirmed pairs that a later wish takes back


def record_wish(session: Session, case_id: int, wish: Wish, acting: Acting) -> None:
    """Keep a wish with its reason; the next proposal is worked out around it.

    Raises `NotFound`, `Forbidden`, `InputRefused`, `NotReady`.
    """
    held = case_for(session, acting, case_id, Right.PAIR)
    if held.case is None or held.case.stage is Stage.EXITED:
        raise NotReady(
            what=Sentence("The case {case} has ended already", {"case": case_id}),
            cure=Sentence("An exit made by mistake is undone by the move reopen."),
        )
    if not wish.reason.strip():
        cure = Sentence("Say why: the reason stays in the history.")
        raise InputRefused(field="--reason", value=wish.reason, cure=cure)
    values = {
        "kind": wish.helper,
        "stance": wish.stance,
        "candidate": wish.candidate,
        "over": wish.over,
    }
    deed = acting.deed(f"case:{case_id}", "wish_pair", values=values, words={"reason": wish.reason})
    append(session, deed)
    session.add(
        PairWish(
            case_id=case_id,
            kind=wish.helper,
            stance=wish.stance,
            candidate=wish.candidate,
            over=wish.over,
            wished_by=(acting.person.id or 0) if acting.person else 0,
            wished_at=acting.at,
        )
    )
    session.flush()


def wishes_of(session: Session, cycle: Cycle, helper: Helper) -> Wishes:
    """A later word about the same candidate stands above an earlier one; one is fixed at most."""
    rows = session.exec(
        select(PairWish)
        .join(Case, col(Case.id) == col(PairWish.case_id))
        .where(Case.cycle_id == cycle.id, PairWish.kind == helper)
        .order_by(col(PairWish.id))
    )
    fixed: dict[int, str] = {}
    barred: dict[int, set[str]] = {}
    released = set()
    for row in rows:
        forbidden = barred.setdefault(row.case_id, set())
        forbidden.discard(row.candidate)
        if fixed.get(row.case_id) == row.candidate:
            del fixed[row.case_id]
        if row.stance == Stance.FIXED:
            fixed[row.case_id] = row.candidate
        elif row.stance == Stance.BARRED:
            forbidden.add(row.candidate)
        if row.over is not None:
            released.add(row.over)
    return Wishes(
        fixed, {case: frozenset(ones) for case, ones in barred.items()}, frozenset(released)
    )

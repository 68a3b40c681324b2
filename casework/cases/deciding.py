"""Recording a decision about a case: its cluster, its partner, whatever the programme names."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import Session

from casework.access import case_for
from casework.acting import Acting
from casework.grants import Right
from models.case import Decision
from models.history import HistoryLine, append
from opora.errors import InputRefused
from opora.words import Sentence


def record_decision(
    session: Session, case_id: int, kind: str, value: str, acting: Acting, *, basis: str
) -> HistoryLine:
    """Keep who decided what on what basis; a later decision of the same kind stands above it."""
    held = case_for(session, acting, case_id, Right.DECIDE)
    if kind not in held.programme.decisions:
        known = ", ".join(held.programme.decisions)
        cure = Sentence("The programme knows: {known}.", {"known": known})
        raise InputRefused(field="kind", value=kind, cure=cure)
    for name, given in (("value", value), ("basis", basis)):
        if not given.strip():
            cure = Sentence("A decision says what was decided, and on what basis.")
            raise InputRefused(field=name, value=given, cure=cure)
    decided = Decided(kind=kind, value=value, basis=basis)
    return keep_decision(session, case_id, decided, acting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What was decided on what basis; `deed`, `values` and `words` say more of how it came about."""

    kind: str
    value: str
    basis: str
    deed: str = "record_decision"
    values: Mapping[str, object] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)


def keep_decision(session: Session, case_id: int, decided: Decided, acting: Acting) -> HistoryLine:
    """One line of history and the decision; whether the actor may is asked by the caller."""
    line = append(
        session,
        acting.deed(
            f"case:{case_id}",
            decided.deed,
            values={"kind": decided.kind, **decided.values},
            words={"value": decided.value, "basis": decided.basis, **decided.words},
        ),
    )
    session.add(
        Decision(
            case_id=case_id,
            kind=decided.kind,
            value=decided.value,
            basis=decided.basis,
            decided_by=(acting.person.id or 0) if acting.person else 0,
            decided_at=acting.at,
        )
    )
    session.flush()
    return line

"""Recording a decision about a case: its cluster, its partner, whatever the programme names."""

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
    for field, given in (("value", value), ("basis", basis)):
        if not given.strip():
            cure = Sentence("A decision says what was decided, and on what basis.")
            raise InputRefused(field=field, value=given, cure=cure)
    line = append(
        session,
        acting.deed(
            f"case:{case_id}",
            "record_decision",
            values={"kind": kind},
            words={"value": value, "basis": basis},
        ),
    )
    session.add(
        Decision(
            case_id=case_id,
            kind=kind,
            value=value,
            basis=basis,
            decided_by=(acting.person.id or 0) if acting.person else 0,
            decided_at=acting.at,
        )
    )
    session.flush()
    return line

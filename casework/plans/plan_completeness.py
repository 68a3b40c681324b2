"""What a school's plan still lacks: counted from the records of the case, never from a tick."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from models.record import Record
from opora.words import Sentence
from programmes.definition import Programme
from programmes.plans import Plan
from states.record_machine import RecordState


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One record as completeness looks at it."""

    id: int
    kind: str
    title: str
    parent: int | None
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Lack:
    """A section, a document or an answer of which too few are there."""

    what: str  # key of the section or of the kind
    wanted: int
    have: int
    for_record: str = ""  # of an answer: what it answers


def lacks(plan: Plan, pieces: Sequence[Piece]) -> list[Lack]:
    """Everything that the plan asks for and the records do not give, in the plan's order."""
    kinds = Counter(one.kind for one in pieces)
    sections = Counter(
        str(one.fields.get(plan.section or "", "")) for one in pieces if one.kind == plan.measure
    )
    found = [
        Lack(key, section.at_least, sections[key])
        for key, section in plan.sections.items()
        if sections[key] < section.at_least
    ]
    if not plan.sections and not kinds[plan.measure or ""]:
        found.append(Lack(plan.measure or "", 1, 0))
    found += [
        Lack(one.kind, one.at_least, kinds[one.kind])
        for one in plan.documents
        if kinds[one.kind] < one.at_least
    ]
    answered = {(one.kind, one.parent) for one in pieces}
    for answer in plan.answers:
        for one in pieces:
            asks = one.kind == answer.each and (
                answer.where is None or one.fields.get(answer.where) is True
            )
            if asks and (answer.kind, one.id) not in answered:
                found.append(Lack(answer.kind, 1, 0, one.title or str(one.id)))
    return found


def pieces_of(session: Session, case_id: int) -> list[Piece]:
    """The records of the case that are not cancelled."""
    rows = session.exec(
        select(Record)
        .where(Record.case_id == case_id, Record.state != RecordState.CANCELLED)
        .order_by(col(Record.id))
    ).all()
    return [
        Piece(
            id=one.id or 0,
            kind=one.kind,
            title=one.title,
            parent=one.parent_id,
            fields=one.fields,
        )
        for one in rows
    ]


def in_words(programme: Programme, lack: Lack) -> Sentence:
    """What is missing, in the programme's words."""
    labels = programme.labels
    title = labels.get(f"section.{lack.what}") or labels.get(f"record.{lack.what}") or lack.what
    told = {"title": title, "have": lack.have, "wanted": lack.wanted, "for": lack.for_record}
    if lack.for_record:
        return Sentence("“{title}” is missing for “{for}”", told)
    return Sentence("“{title}”: {have} of {wanted}", told)

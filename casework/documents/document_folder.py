"""What a case folder holds besides the case itself: risks, records, events, letters, history."""

from collections.abc import Mapping

from sqlmodel import Session, col, select

from casework.acting import Acting
from casework.cases.deed_words import deed_words, letter_words
from casework.cases.history_views import LineView, case_history
from casework.documents.document_subject import Fields, Subject
from casework.letters.letter_views import letters
from casework.records.marks import Mark, marks_of
from casework.records.record_reading import in_words
from casework.records.record_sheets import STATES as RECORD_STATES
from casework.records.record_views import RecordView, records_of_case
from models.record import Record
from opora.words import Sentence, Words
from states.record_machine import COUNTING
from templates.wording import say

RISK = "risk"
"""The key that kinds of records about a school's risks bear."""


def of_folder(session: Session, subject: Subject, acting: Acting) -> Fields:
    """Of the risks also those that the school rejected; of other records what stands."""
    if subject.case is None:
        return {}
    case_id = subject.case.id or 0
    found = records_of_case(session, acting, case_id)
    called = {one.id: f"№ {one.id} {subject.said(one.words)}" for one in found}
    return {
        "risks": [_record(subject, one, called) for one in found if one.kind == RISK],
        "records": [
            _record(subject, one, called)
            for one in found
            if one.kind != RISK and one.state in COUNTING
        ],
        "events": _events(session, subject),
        "letters": [
            {
                "kind": _worded(subject, letter_words(one.kind)),
                "to": one.to,
                "state": one.state.value,
                "sent_at": one.sent_at,
            }
            for one in letters(session, acting, case=case_id)
        ],
        "history": [_line(subject, one) for one in case_history(session, acting, case_id).lines],
    }


def _events(session: Session, subject: Subject) -> list[Fields]:
    """What was held for many, and how many of the school were invited and came (S3-07)."""
    if subject.case is None or subject.school is None:
        return []
    shared = select(Record).where(
        Record.cycle_id == subject.case.cycle_id,
        col(Record.case_id).is_(None),
        col(Record.state).in_(COUNTING),
    )
    rows = session.exec(shared.order_by(col(Record.day), col(Record.id))).all()
    marks = marks_of(session, [one.id or 0 for one in rows])
    party = f"school:{subject.school.id}"
    found = []
    for one in rows:
        invited, came = (
            marks.get(one.id or 0, {}).get((party, mark), 0)
            for mark in (Mark.INVITED, Mark.ATTENDED)
        )
        if invited or came:
            kind = subject.label(f"record.{one.kind}")
            told = {"kind": kind, "title": one.title, "day": one.day}
            found.append({**told, "invited": invited, "came": came})
    return found


def _record(subject: Subject, one: RecordView, called: Mapping[int, str]) -> Fields:
    """`called` names the records that it may rest on; one outside the case has its number alone."""
    told: tuple[object, ...] = (None, "", [], (), one.title)  # the title stands above them
    fields = [(f.words, f.said) for f in one.fields if f.said not in told]
    said = [(subject.said(name), in_words(what, subject.language)) for name, what in fields]
    if one.parent is not None:
        rests_on = called.get(one.parent, f"№ {one.parent}")
        said.append((say(Sentence("On the ground of"), subject.language), rests_on))
    outcome = subject.said(one.outcome_words) if one.outcome_words else one.outcome
    return {
        "key": one.kind,
        "kind": subject.said(one.words),
        "number": one.number,
        "day": one.day,
        "title": one.title,
        "state": outcome or say(RECORD_STATES[one.state], subject.language),
        "fields": said,
    }


def _line(subject: Subject, one: LineView) -> Fields:
    return {
        "seq": one.seq,
        "at": one.happened_at.astimezone(subject.programme.zone),
        "deed": _worded(subject, deed_words(one.deed, subject.programme.labels)),
        "by": one.by or "",
        "dest": subject.label(f"stage.{one.dest}") if one.dest else "",
        "words": list(one.words.values()),
        "hash": one.hash[:16],
    }


def _worded(subject: Subject, said: Sentence | Words | str) -> str:
    return say(said, subject.language) if isinstance(said, Sentence | Mapping) else said

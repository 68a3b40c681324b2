"""Histories as people read them: the lines of a case or of a school, as of any day."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from casework.access import cases_for, require, roles_over, school_for
from casework.acting import Acting
from casework.cycles.versions import programme_of
from casework.grants import Right, grants
from casework.people.absences import manages_people
from casework.records.record_telling import PREFILLED
from models.case import Case
from models.cycle import Cycle
from models.history import HistoryLine, HistoryWords
from models.people import Person
from models.school import School
from opora.clock import day_of
from opora.errors import Forbidden, InputRefused, NotFound
from opora.words import Sentence
from schedules.working_calendar import wall_moment
from states.role import Role
from states.stage import Outcome, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """One deed. `by`, `words` and `people` are empty for who may see the case but not its history's words.

    `people` names whom the values speak of: `person:5` → the name.
    """

    subject: str
    seq: int
    deed: str
    actor: str
    by: str | None
    happened_at: datetime
    recorded_at: datetime
    virtual: bool
    source: str | None
    dest: str | None
    version: int | None
    values: Mapping[str, Any]
    words: Mapping[str, str]
    people: Mapping[str, str]
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView:
    """A case as of a day: the stage it stood at then, and the lines up to that day."""

    case: int
    cycle: int
    programme: str
    sha256: str
    year: int
    school: str
    name: str
    carried_from: int | None
    outcome: Outcome | None
    stage: Stage | None
    lines: tuple[LineView, ...]


def case_history(
    session: Session, acting: Acting, case_id: int, *, as_of: date | None = None
) -> HistoryView:
    """The history of one case within the actor's scope."""
    rows = session.execute(
        cases_for(session, acting)
        .join(Cycle, col(Cycle.id) == col(Case.cycle_id))
        .where(Case.id == case_id)
        .with_only_columns(Case, Cycle, School)
    ).all()
    if not rows:
        raise NotFound(what=Sentence("case"), key=case_id)
    case, cycle, school = rows[0]
    return _history(session, acting, (case, cycle, school), as_of)


def school_history(
    session: Session, acting: Acting, code: str, *, register: str | None = None
) -> tuple[Sequence[LineView], Sequence[HistoryView]]:
    """What happened to a school over the years: its own lines, then each of its cases."""
    school = school_for(session, acting, register, code)
    rows = session.execute(
        cases_for(session, acting)
        .join(Cycle, col(Cycle.id) == col(Case.cycle_id))
        .where(School.id == school.id)
        .with_only_columns(Case, Cycle, School)
        .order_by(col(Cycle.year), col(Case.id))
    ).all()
    told = _may_read(session, acting, school)
    own = _lines(session, f"school:{school.id}", told=told, before=None)
    return own, [_history(session, acting, (case, cycle, s), None) for case, cycle, s in rows]


def person_history(session: Session, acting: Acting, email: str) -> Sequence[LineView]:
    """Roles, absences, departure: oneself, or anybody for who manages people or checks the history.

    To others it looks as if missing.
    """
    person = session.exec(select(Person).where(Person.email == email.strip().lower())).first()
    own = acting.person is not None and person is not None and acting.person.id == person.id
    if person is None or not (own or manages_people(session, acting) or _checks(session, acting)):
        raise NotFound(what=Sentence("person"), key=email)
    return _lines(session, f"person:{person.id}", told=True, before=None)


def _checks(session: Session, acting: Acting) -> bool:
    try:
        require(session, acting, Right.VERIFY, None)
    except Forbidden:
        return False
    return True


def _history(
    session: Session, acting: Acting, row: tuple[Case, Cycle, School], as_of: date | None
) -> HistoryView:
    case, cycle, school = row
    zone = programme_of(session, cycle).zone
    before = _end_of(as_of, zone) if as_of else None
    told = _may_read(session, acting, school)
    lines = _lines(session, f"case:{case.id}", told=told, before=before)
    if as_of is not None and not lines:
        since = {"since": _since(session, case, zone)}
        cure = Sentence("The case exists since {since}: give that day or a later one.", since)
        raise InputRefused(field="--as-of", value=as_of.isoformat(), cure=cure)
    reached = [line.dest for line in lines if line.dest is not None]
    return HistoryView(
        case=case.id or 0,
        cycle=cycle.id or 0,
        programme=cycle.programme_key,
        sha256=cycle.programme_sha256,
        year=cycle.year,
        school=school.code,
        name=school.name,
        carried_from=case.carried_from,
        outcome=case.outcome if before is None else None,
        stage=Stage(reached[-1]) if reached else None,
        lines=lines,
    )


def _since(session: Session, case: Case, zone: ZoneInfo) -> date:
    """The day of the case's first line."""
    lines = select(HistoryLine.happened_at).where(HistoryLine.subject == f"case:{case.id}")
    first = session.exec(lines.order_by(col(HistoryLine.seq)).limit(1)).one()
    return day_of(first, zone)


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which people of `zone` have lived the whole day."""
    return wall_moment(day + timedelta(days=1), time.min, zone)


def _may_read(session: Session, acting: Acting, school: School) -> bool:
    """Whether the actor may read the names and words in the school's history."""
    roles: Iterable[Role] = roles_over(
        session,
        acting,
        register=school.register_key,
        school=school,
        territory_id=school.territory_id,
    )
    return any(Right.SEE_HISTORY in grants()[role].rights for role in roles)


def _lines(
    session: Session, subject: str, *, told: bool, before: datetime | None
) -> tuple[LineView, ...]:
    statement = select(HistoryLine).where(HistoryLine.subject == subject)
    if before is not None:
        statement = statement.where(HistoryLine.happened_at < before)
    rows = session.exec(statement.order_by(col(HistoryLine.seq))).all()
    words = _words(session, subject) if told else {}
    bodies = [json.loads(row.body) for row in rows]
    spoken_of = {one for body in bodies for one in _people_in(body["values"])}
    names = _names(session, {row.actor for row in rows} | spoken_of) if told else {}
    return tuple(
        _line(row, body, words.get(row.id or 0, {}), names)
        for row, body in zip(rows, bodies, strict=True)
    )


def _people_in(values: Mapping[str, Any]) -> set[str]:
    """Whom the values name straight: to whom something was given, who stands in."""
    return {one for one in values.values() if isinstance(one, str) and one.startswith("person:")}


def _line(
    row: HistoryLine, body: Mapping[str, Any], words: Mapping[str, str], names: Mapping[str, str]
) -> LineView:
    return LineView(
        subject=row.subject,
        seq=row.seq,
        deed=row.deed,
        actor=row.actor,
        by=names.get(row.actor),
        happened_at=row.happened_at,
        recorded_at=row.recorded_at,
        virtual=body["virtual"],
        source=row.source,
        dest=row.dest,
        version=row.version,
        values=body["values"],
        words=words,
        people={one: names[one] for one in _people_in(body["values"]) if one in names},
        hash=row.hash.hex(),
    )


def _words(session: Session, subject: str) -> dict[int, dict[str, str]]:
    rows = session.execute(
        select(HistoryWords.line_id, HistoryWords.field, HistoryWords.text)
        .join(HistoryLine, col(HistoryLine.id) == col(HistoryWords.line_id))
        .where(
            HistoryLine.subject == subject,
            ~col(HistoryWords.field).startswith(PREFILLED, autoescape=True),  # beside the record
        )
        .order_by(col(HistoryWords.id))
    ).all()
    found: dict[int, dict[str, str]] = {}
    for line_id, field, text in rows:
        found.setdefault(line_id, {})[field] = text
    return found


def _names(session: Session, actors: Iterable[str]) -> dict[str, str]:
    ids = [int(actor.partition(":")[2]) for actor in actors if actor.startswith("person:")]
    rows = session.exec(select(Person.id, Person.name).where(col(Person.id).in_(ids))).all()
    return {f"person:{key}": name for key, name in rows}

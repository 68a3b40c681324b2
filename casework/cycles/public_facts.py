"""What a programme declares public of a cycle, gathered for its page: nothing else leaves (S1-29, S1-32)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from casework.cycles.opening import anchors, opening_day
from casework.records.record_grounds import declared
from casework.records.record_reading import FieldView, in_words, names_behind, read_out
from casework.tasks.planning import plan_milestones
from models.case import Case
from models.cycle import Cycle
from models.record import Record
from models.school import School, Territory
from opora.words import LANGUAGES, Words
from programmes.definition import Programme
from programmes.identity import Act
from programmes.milestones import Opener, Scope
from programmes.record_kinds import FieldType, RecordKind, RecordScope
from schedules.due_rules import Anchor
from states.record_machine import COUNTING
from states.stage import Outcome, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSchool:
    """A supported school."""

    code: str
    name: str
    territory: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicDay:
    """One line of the calendar; `word` names what is the house's own."""

    day: date
    title: Words
    who: Words
    word: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressRow:
    """Cases of one municipality by stage, then by outcome; without a name: of all."""

    name: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCell:
    """One public field in each language; `link` leads to a page or to a file beside this one."""

    text: Words
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicRow:
    """One record."""

    number: int | None
    place: str
    cells: tuple[PublicCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKind:
    """Every record of one public kind."""

    key: str
    words: Words
    columns: tuple[Words, ...]
    rows: tuple[PublicRow, ...]
    is_numbered: bool
    has_school: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicFacts:
    """The contents of the page; None stands for what is not declared public."""

    key: str
    sha256: str
    title: Words
    territory: Words
    year: int
    starts_on: date
    ends_on: date
    on: date
    schools: tuple[PublicSchool, ...] | None
    columns: tuple[Words, ...]  # of the progress
    progress: tuple[ProgressRow, ...] | None
    calendar: tuple[PublicDay, ...] | None
    acts: tuple[Act, ...] | None
    kinds: tuple[PublicKind, ...]
    files: Mapping[str, str]  # name beside the page → sha256

    @property
    def records(self) -> int:
        """How many records are shown."""
        return sum(len(kind.rows) for kind in self.kinds)


def public_facts(session: Session, cycle: Cycle, programme: Programme, *, on: date) -> PublicFacts:
    """Gather what may be shown; nobody's name is in it unless a field says `public` of it."""
    declared = programme.records.openness
    shown = _records(session, cycle, programme)
    files: dict[str, str] = {}
    kinds = tuple(
        _kind(session, cycle, key, kind, [one for one in shown if one.kind == key], files)
        for key, kind in programme.records.kinds.items()
        if kind.public
    )
    rows = _cases(session, cycle)
    return PublicFacts(
        key=programme.key,
        sha256=programme.sha256,
        title=programme.title,
        territory=programme.territory.name,
        year=cycle.year,
        starts_on=cycle.starts_on,
        ends_on=cycle.ends_on,
        on=on,
        schools=_schools(rows) if declared.schools else None,
        columns=_columns(programme, rows),
        progress=_progress(rows) if declared.progress else None,
        calendar=_calendar(programme, cycle, shown) if declared.calendar else None,
        acts=programme.acts if declared.acts else None,
        kinds=kinds,
        files=files,
    )


_CaseRow = tuple[Case, School, Territory]


def _cases(session: Session, cycle: Cycle) -> list[_CaseRow]:
    rows = session.execute(
        select(Case, School, Territory)
        .join(School, col(School.id) == col(Case.school_id))
        .join(Territory, col(Territory.id) == col(School.territory_id))
        .where(Case.cycle_id == cycle.id)
        .order_by(col(Territory.name), col(School.name), col(School.code))
    ).all()
    return [(case, school, territory) for case, school, territory in rows]


def _schools(rows: Sequence[_CaseRow]) -> tuple[PublicSchool, ...]:
    return tuple(
        PublicSchool(code=school.code, name=school.name, territory=territory.name)
        for case, school, territory in rows
        if case.outcome is not Outcome.WITHDRAWN
    )


def _standing(case: Case) -> str:
    return case.outcome or case.stage


def _standings(rows: Sequence[_CaseRow]) -> list[Stage | Outcome]:
    """Every stage before the exit, and the outcomes that there are."""
    ended = {case.outcome for case, _, _ in rows if case.outcome is not None}
    stages = [stage for stage in Stage if stage is not Stage.EXITED]
    return [*stages, *(outcome for outcome in Outcome if outcome in ended)]


def _columns(programme: Programme, rows: Sequence[_CaseRow]) -> tuple[Words, ...]:
    return tuple(programme.words(one) for one in _standings(rows))


def _progress(rows: Sequence[_CaseRow]) -> tuple[ProgressRow, ...]:
    standings = _standings(rows)
    found: dict[str, Counter[str]] = {"": Counter()}
    for case, _, territory in rows:
        found[""][_standing(case)] += 1
        found.setdefault(territory.name, Counter())[_standing(case)] += 1
    whole = found.pop("")
    return tuple(
        ProgressRow(name=name, counts=tuple(counts[one] for one in standings))
        for name, counts in [*found.items(), ("", whole)]
    )


# --- dates ----------------------------------------------------------------------------------------

_SHARED = {Anchor.CYCLE_OPENED, Anchor.CYCLE_STARTS, Anchor.CYCLE_ENDS, Anchor.KICK_OFF, None}
"""Anchors of days that are the same for everybody."""


def _calendar(programme: Programme, cycle: Cycle, shown: Sequence[Record]) -> tuple[PublicDay, ...]:
    opened = opening_day(cycle, programme)
    common = [
        one
        for one in programme.milestones
        if one.due.needs in _SHARED
        and one.opened_by is Opener.STAGE
        and (one.scope is not Scope.CASE or one.stage is Stage.IDENTIFIED)
    ]
    plans = plan_milestones(programme, common, anchors=anchors(cycle, opened, opened), on=opened)
    nobody: Words = {"ru": ""}
    days = [
        PublicDay(
            day=plan.due_on, title=plan.milestone.title, who=programme.words(plan.milestone.by)
        )
        for plan in plans
    ]
    days += [
        PublicDay(day=one.day, title=_called(programme.record_kind(one.kind), one), who=nobody)
        for one in shown
        if one.day is not None and cycle.starts_on <= one.day <= cycle.ends_on
    ]
    for word, day in (
        ("starts", cycle.starts_on),
        ("kick_off", cycle.kick_off_on),
        ("ends", cycle.ends_on),
    ):
        if day is not None:
            days.append(PublicDay(day=day, title=nobody, who=nobody, word=word))
    return tuple(sorted(days, key=lambda one: (one.day, one.word, str(one.title))))


def _called(kind: RecordKind, record: Record) -> Words:
    title = record.title if kind.title_field in kind.public_fields else ""
    return {
        language: ": ".join(part for part in (said, title) if part)
        for language, said in kind.words.items()
    }


# --- records --------------------------------------------------------------------------------------


def _records(session: Session, cycle: Cycle, programme: Programme) -> list[Record]:
    """Records of public kinds that count; the region's own of earlier cycles too, while they hold."""
    kinds = programme.records.kinds
    public = [key for key, kind in kinds.items() if kind.public]
    lasting = [key for key in public if kinds[key].scope is RecordScope.REGION]
    earlier = select(Cycle.id).where(
        Cycle.programme_key == cycle.programme_key, Cycle.year < cycle.year
    )
    statement = select(Record).where(
        col(Record.state).in_(COUNTING),
        ((col(Record.cycle_id) == cycle.id) & col(Record.kind).in_(public))
        | (
            col(Record.cycle_id).in_(earlier)
            & col(Record.kind).in_(lasting)
            & (col(Record.until).is_(None) | (col(Record.until) >= cycle.starts_on))
        ),
    )
    found = session.exec(statement.order_by(col(Record.id))).all()
    return sorted(found, key=lambda one: (one.day or date.max, one.id or 0))


def _kind(
    session: Session,
    cycle: Cycle,
    key: str,
    kind: RecordKind,
    found: Sequence[Record],
    files: dict[str, str],
) -> PublicKind:
    register, columns = cycle.register_key, kind.public_fields
    own = {one.id: _own_kind(session, one) for one in found}  # an earlier cycle had its own version
    names = names_behind(session, [(own[one.id], one.fields) for one in found], register)
    rows = []
    for one in found:
        public = columns.keys() & own[one.id].public_fields.keys()
        read = {f.key: f for f in read_out(own[one.id], one.fields, names, register, only=public)}
        rows.append(
            PublicRow(
                number=one.number,
                place=_place(session, one),
                cells=tuple(_cell(read.get(column), files) for column in columns),
            )
        )
    return PublicKind(
        key=key,
        words=kind.words,
        columns=tuple(field.words for field in columns.values()),
        rows=tuple(rows),
        is_numbered=kind.numbered,
        has_school=kind.scope in {RecordScope.CASE, RecordScope.MUNICIPALITY},
    )


def _own_kind(session: Session, record: Record) -> RecordKind:
    return declared(session, session.get_one(Cycle, record.cycle_id), record.kind)


def _place(session: Session, record: Record) -> str:
    if record.case_id is not None:
        return session.get_one(School, session.get_one(Case, record.case_id).school_id).name
    if record.territory_id is not None:
        return session.get_one(Territory, record.territory_id).name
    return ""


def _cell(field: FieldView | None, files: dict[str, str]) -> PublicCell:
    if field is None:
        return PublicCell(text=dict.fromkeys(LANGUAGES, ""))
    text = {language: in_words(field.said, language) for language in LANGUAGES}
    return PublicCell(text=text, link=_link(field, files))


def _link(field: FieldView, files: dict[str, str]) -> str:
    value: Any = field.value
    if field.type is FieldType.LINK:
        return str(value)
    if field.type is not FieldType.FILE:
        return ""
    ending = str(value["name"]).rpartition(".")[2].lower()
    name = f"files/{value['sha256'][:16]}.{ending}"
    files[name] = value["sha256"]
    return name

"""Commands that show records: kinds, lists and registers, one record with all around it, attendance."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from casework.cases.reading import Page
from casework.cycles.versions import programme_of
from casework.records.record_details import (
    MadeTask,
    PartyView,
    PrefilledView,
    RecordDetail,
    VersionView,
    record_detail,
)
from casework.records.record_grounds import cycle_for
from casework.records.record_reading import in_words
from casework.records.record_sheets import write_matrix, write_register
from casework.records.record_summaries import Matrix, attendance
from casework.records.record_views import Wanted, records
from cli.door import Door, WrongUsage, opened
from cli.listings import RECORD_STATES, STATES, print_records, say_more
from cli.options import After, As, Json, Limit, OfTerritory, SomeCycle, command
from cli.printing import SCREENFUL, Cell
from cli.record_commands import RecordId
from opora.errors import InputRefused
from opora.words import Sentence, Words
from programmes.definition import Programme
from programmes.record_kinds import FieldType, RecordKind, RecordScope
from states.record_machine import RecordState

SomeKind = Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Only of this kind.")]
Workbook = Annotated[
    Path | None, typer.Option("--xlsx", metavar="FILE", help="Into a workbook instead.")
]
_SCOPES = {
    RecordScope.CASE: Sentence("a case"),
    RecordScope.MUNICIPALITY: Sentence("a municipality"),
    RecordScope.REGION: Sentence("the region, beyond the year"),
    RecordScope.CYCLE: Sentence("the cycle"),
    RecordScope.PERSON: Sentence("a person"),
}
_TYPES = {
    FieldType.TEXT: Sentence("text"),
    FieldType.DATE: Sentence("date"),
    FieldType.TIME: Sentence("hour"),
    FieldType.NUMBER: Sentence("number"),
    FieldType.CHOICE: Sentence("one of"),
    FieldType.YES_NO: Sentence("yes or no"),
    FieldType.LINK: Sentence("address on the web"),
    FieldType.FILE: Sentence("file"),
    FieldType.PERSON: Sentence("person"),
    FieldType.PERSONS: Sentence("persons"),
    FieldType.SCHOOL: Sentence("school"),
    FieldType.SCHOOLS: Sentence("schools"),
    FieldType.RECORD: Sentence("another record"),
    FieldType.ROWS: Sentence("rows"),
}


@command("opora record kinds --kind visit")
def kinds(
    *, kind: SomeKind = None, cycle: SomeCycle = None, as_json: Json = False, email: As = None
) -> None:
    """What the programme of the cycle knows: the scope, who adds and confirms; with --kind every field."""
    with opened(email) as door, door.look() as (session, acting):
        programme = programme_of(session, cycle_for(session, acting, cycle))
        known = programme.records.kinds
        if kind is not None and kind not in known:
            cure = Sentence("The programme knows: {known}.", {"known": ", ".join(known)})
            raise InputRefused(field="KIND", value=kind, cure=cure)
        if as_json:
            chosen = known if kind is None else {kind: known[kind]}
            door.out.json({key: one.model_dump(mode="json") for key, one in chosen.items()})
        elif kind is not None:
            _print_kind(door, programme, kind, known[kind])
        else:
            _print_kinds(door, programme)


@command("opora record list --kind act --xlsx acts.xlsx")
def list_all(
    *,
    kind: SomeKind = None,
    case: Annotated[
        int | None,
        typer.Option("--case", metavar="CASE", min=1, max=2**31 - 1, help="Only of this case."),
    ] = None,
    territory: OfTerritory = None,
    cycle: SomeCycle = None,
    state: Annotated[
        RecordState | None, typer.Option("--state", help="Only in this state.")
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", metavar="DAY", help="Only what holds on that day.")
    ] = None,
    xlsx: Workbook = None,
    limit: Limit = None,
    after: After = 0,
    as_json: Json = False,
    email: As = None,
) -> None:
    """Everybody sees what is in their own scope, and the public fields of public kinds. A workbook
    has a sheet for each kind.
    """
    wanted = Wanted(
        cycle=cycle, kind=kind, case=case, territory=territory, state=state, on=_day(on)
    )
    with opened(email) as door, door.look() as (session, acting):
        whole = as_json or xlsx is not None
        page = Page(limit=limit or (None if whole else SCREENFUL), after=after)
        found = records(session, acting, wanted, page=page)
        if xlsx is not None:
            write_register(xlsx, found, language=door.out.language)
            door.out.tell(_written(xlsx, len(found)))
        elif as_json:
            door.out.json(found)
        else:
            print_records(door, found)
            say_more(door, [one.id for one in found], page)


@command("opora record show 31")
def show(record: RecordId, *, as_json: Json = False, email: As = None) -> None:
    """Its fields, what it rests on, its versions, who came and who acknowledged, answers and tasks."""
    with opened(email) as door, door.look() as (session, acting):
        seen = record_detail(session, acting, record)
        if as_json:
            door.out.json(seen)
        else:
            _print_record(door, seen)


@command("opora record attendance webinar --cycle 1")
def matrix(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="A kind that people attend.")],
    *,
    cycle: SomeCycle = None,
    xlsx: Workbook = None,
    as_json: Json = False,
    email: As = None,
) -> None:
    """Who was invited to and came to what: schools down, what was held across."""
    with opened(email) as door, door.look() as (session, acting):
        year = cycle_for(session, acting, cycle)
        declared = programme_of(session, year).records.kinds.get(kind)
        if declared is None or declared.attendance is None:
            cure = Sentence("Nobody attends records of this kind.")
            raise WrongUsage(field="KIND", value=kind, cure=cure)
        found = attendance(session, acting, year.id or 0, kind)
        if xlsx is not None:
            write_matrix(xlsx, found, language=door.out.language)
            door.out.tell(_written(xlsx, len(found.rows)))
        elif as_json:
            door.out.json(found)
        else:
            _print_matrix(door, found)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        cure = Sentence("Write a day like 2026-11-22.")
        raise WrongUsage(field="--on", value=text, cure=cure) from None


def _written(file: Path, rows: int) -> Sentence:
    return Sentence("{file}: {rows} row(s).", {"file": file.name, "rows": rows})


def _print_kinds(door: Door, programme: Programme) -> None:
    door.out.table(
        [
            Sentence("Kind"),
            Sentence("What it is"),
            Sentence("About"),
            Sentence("Who adds"),
            Sentence("Who confirms"),
            Sentence("Public"),
        ],
        [
            (
                key,
                one.words,
                _SCOPES[one.scope],
                [programme.words(role) for role in one.add],
                [programme.words(role) for role in one.confirm],
                one.public,
            )
            for key, one in programme.records.kinds.items()
        ],
    )


def _print_kind(door: Door, programme: Programme, key: str, kind: RecordKind) -> None:
    door.out.pairs(
        [
            (Sentence("Kind"), key),
            (Sentence("What it is"), kind.words),
            (Sentence("What counts as proof"), kind.help),
            (Sentence("About"), _SCOPES[kind.scope]),
            (Sentence("Who adds"), [programme.words(role) for role in kind.add]),
            (Sentence("Who confirms"), [programme.words(role) for role in kind.confirm]),
            (Sentence("Rests on"), [programme.words(f"record.{one}") for one in kind.parents]),
            (
                Sentence("Outcomes"),
                [f"{one}: {door.out.text(w)}" for one, w in kind.outcomes.items()],
            ),
        ]
    )
    door.out.table(
        [
            Sentence("Field"),
            Sentence("What it is"),
            Sentence("Type"),
            Sentence("Required"),
            Sentence("Public"),
            Sentence("Possible"),
        ],
        [
            (one, field.words, _TYPES[field.type], field.required, field.public, _possible(field))
            for one, field in kind.fields.items()
        ],
    )


def _possible(field: object) -> list[str]:
    return [*getattr(field, "choices", {}), *getattr(field, "columns", {})]


def _print_record(door: Door, seen: RecordDetail) -> None:
    view, language = seen.view, door.out.language
    door.out.pairs(
        [
            (Sentence("Record"), view.id),
            (Sentence("Kind"), view.words),
            (Sentence("No."), view.number),
            (Sentence("Year"), str(view.year)),
            (Sentence("Case"), view.case),
            (Sentence("School"), f"{view.school} {view.school_name}" if view.school else None),
            (Sentence("Municipality"), view.territory_name),
            (Sentence("Person"), view.person),
            (Sentence("State"), RECORD_STATES[view.state]),
            (Sentence("Outcome"), view.outcome_words),
            (Sentence("Rests on"), [_called(one.words, one.id, language) for one in seen.parents]),
            (Sentence("Under it"), [_called(one.words, one.id, language) for one in seen.children]),
            *((one.words, in_words(one.said, language)) for one in view.fields),
            (Sentence("Version"), view.version),
        ]
    )
    _print_around(door, seen)


def _called(words: Words, number: int, language: str) -> str:
    return f"{number} {in_words(words, language)}"


def _print_around(door: Door, seen: RecordDetail) -> None:
    for title, rows in (
        (_OF_PARTIES, [_party(one) for one in seen.parties]),
        (_OF_REPLIES, [(one.at, one.by, one.text) for one in seen.replies]),
        (_OF_TASKS, [_task(one) for one in seen.tasks]),
        (_OF_PREFILLED, [_prefilled(one, door.out.language) for one in seen.prefilled]),
        (_OF_VERSIONS, [_version(one) for one in seen.versions if len(seen.versions) > 1]),
    ):
        if rows:
            door.out.table(title, rows)


_OF_PARTIES = (
    Sentence("Who"),
    Sentence("Name"),
    Sentence("Invited"),
    Sentence("Came"),
    Sentence("Has read"),
)
_OF_REPLIES = (Sentence("When"), Sentence("Author"), Sentence("Text"))
_OF_TASKS = (
    Sentence("Task"),
    Sentence("Title"),
    Sentence("Who does it"),
    Sentence("State"),
    Sentence("Due"),
)
_OF_VERSIONS = (
    Sentence("Version"),
    Sentence("When"),
    Sentence("By"),
    Sentence("State"),
    Sentence("Remarks"),
)


_OF_PREFILLED = (
    Sentence("Field"),
    Sentence("Known already"),
    Sentence("Where it comes from"),
    Sentence("Given"),
)


def _prefilled(one: PrefilledView, language: str) -> tuple[Cell, ...]:
    """Where the person left it as it was, nothing is given."""
    given = "–" if one.given is None else in_words(one.given, language)
    return (one.words, in_words(one.known, language), one.source, None if one.is_kept else given)


def _party(one: PartyView) -> tuple[Cell, ...]:
    read = one.acknowledged if one.asked else None
    return (one.party, one.name, one.invited, one.attended, read)


def _task(one: MadeTask) -> tuple[Cell, ...]:
    return (one.id, one.title, one.assignee, STATES[one.state], one.due_on)


def _version(one: VersionView) -> tuple[Cell, ...]:
    return (one.version, one.at, one.by, RECORD_STATES[one.state], one.remarks)


def _print_matrix(door: Door, found: Matrix) -> None:
    held = [f"{one.day:%d.%m}" if one.day else str(one.id) for one in found.columns]
    wanted = found.wanted or len(found.columns)
    door.out.table(
        [Sentence("Who"), Sentence("Name"), *({"en": day} for day in held), Sentence("Came")],
        [
            (row.party, row.name, *map(_cell, row.cells), f"{row.attended} / {wanted}")
            for row in found.rows
        ],
        title=found.words,
    )


def _cell(cell: tuple[int, int] | None) -> str:
    return "–" if cell is None else f"{cell[1]} / {cell[0]}"

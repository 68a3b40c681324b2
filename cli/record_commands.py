"""Commands that write records down: add, amend, confirm, conclude, cancel."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from casework.acting import Acting
from casework.records.attending import Guests, invite as invite_to
from casework.records.making import made_of
from casework.records.record_access import record_for
from casework.records.record_grounds import About, Ground, ground_for
from casework.records.recording import (
    Entry,
    add_records,
    amend_record,
    cancel_record,
    conclude_record,
    confirm_record,
)
from casework.tasks.evidence import Kept, keep
from cli.door import Door, WrongUsage, opened
from cli.form_commands import AboutCase, AboutPerson, AboutTerritory, FromFile, from_file
from cli.listings import RECORD_STATES
from cli.options import As, At, Json, Seen, SomeCycle, command
from models.record import Record
from opora.errors import EvidenceRefused, InputRefused
from opora.words import Sentence
from programmes.record_kinds import FieldType, RecordKind
from states.record_machine import RecordState

RecordId = Annotated[
    int, typer.Argument(metavar="RECORD", min=1, max=2**31 - 1, help="Number of the record.")
]
Fields = Annotated[
    list[str] | None,
    typer.Option(
        "--field",
        metavar="KEY=VALUE",
        help="One field; may be repeated. Several things of one field stand between commas.",
    ),
]
FieldFile = Annotated[
    Path | None,
    typer.Option("--file", metavar="FILE", help="A form filled in (XLSX), or the fields as YAML."),
]
Remarks = Annotated[str, typer.Option("--remarks", help="A word that stays with the version.")]


@command("opora record add visit --case 17 --field held_on=2026-10-05 --field result='…'")
def add(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="As the programme names it.")],
    *,
    field: Fields = None,
    file: FieldFile = None,
    case: AboutCase = None,
    territory: AboutTerritory = None,
    person: AboutPerson = None,
    cycle: SomeCycle = None,
    parent: Annotated[
        int | None,
        typer.Option("--parent", metavar="RECORD", max=2**31 - 1, help="What it rests on."),
    ] = None,
    invite: Annotated[
        list[str] | None,
        typer.Option("--invite", metavar="CODE[:N]|all", help="Whom, and how many persons."),
    ] = None,
    guests: Annotated[
        int | None,
        typer.Option("--guests", metavar="N", min=0, max=2**31 - 1, help="So many others."),
    ] = None,
    times: Annotated[
        int, typer.Option("--times", metavar="N", min=1, help="Of what comes again: so many.")
    ] = 1,
    remarks: Remarks = "",
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """`opora record kinds` shows the fields of each kind and who adds it. Files are named like any
    other value and go to the evidence store.
    """
    asked = About(cycle=cycle, case=case, territory=territory, person=person)
    with opened(email, moment) as door:
        from_form = from_file(file)
        about = from_form.about_of(kind, asked)

        def ground(session: Session, acting: Acting) -> Ground:
            found = ground_for(session, acting, kind, about)
            found.require(found.kind.add, acting, "add_record")
            return found

        given = _given(door, ground, field, from_form)
        entry = Entry(fields=given, parent=parent, remarks=remarks, times=times)
        with door.deed() as (session, acting):
            written = add_records(session, acting, kind, about, entry)
            _invite(session, acting, written, Guests(parties=invite or (), others=guests))
            told = _told_of_new(session, written)
        _answer(door, told, as_json=as_json)


@command("opora record amend 31 --field held_on=2026-10-12 --seen 1")
def amend(
    record: RecordId,
    *,
    field: Fields = None,
    file: FieldFile = None,
    remarks: Remarks = "",
    seen: Seen = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """KEY= with nothing behind it empties the field. What is confirmed by somebody waits for their
    word anew.
    """
    with opened(email, moment) as door:
        from_form = from_file(file)

        def ground(session: Session, acting: Acting) -> Ground:
            found = record_for(session, acting, record).ground
            found.require(found.kind.add, acting, "amend_record")
            from_form.require_of(found)
            return found

        given = _given(door, ground, field, from_form)
        entry = Entry(fields=given, remarks=remarks, seen=seen)
        _do(door, lambda session, acting: amend_record(session, acting, record, entry), as_json)


@command("opora record confirm 31 --as coordinator@example.org")
def confirm(
    record: RecordId,
    *,
    remarks: Remarks = "",
    seen: Seen = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """It stands from now on. Whoever wrote its newest version does not confirm it."""
    with opened(email, moment) as door:
        _do(
            door,
            lambda session, acting: confirm_record(
                session, acting, record, remarks=remarks, seen=seen
            ),
            as_json,
        )


@command("opora record conclude 31 filled --remarks 'A psychologist from 1 November'")
def conclude(
    record: RecordId,
    outcome: Annotated[
        str, typer.Argument(metavar="OUTCOME", help="One of the outcomes of its kind.")
    ],
    *,
    remarks: Remarks = "",
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """What came of it: a need was met, a recommendation carried out. A later word corrects it."""
    with opened(email, moment) as door:
        _do(
            door,
            lambda session, acting: conclude_record(
                session, acting, record, outcome, remarks=remarks
            ),
            as_json,
        )


@command("opora record cancel 31 --reason 'Entered twice'")
def cancel(
    record: RecordId,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why it no longer holds.")] = "",
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """It counts no more and takes its unfinished tasks along; nothing is erased. Whoever was
    invited is told.
    """
    with opened(email, moment) as door:
        _do(
            door,
            lambda session, acting: cancel_record(session, acting, record, reason=reason),
            as_json,
        )


# --- what was given -------------------------------------------------------------------------------


def _given(
    door: Door,
    ground: Callable[[Session, Acting], Ground],
    fields: Sequence[str] | None,
    found: FromFile,
) -> dict[str, object]:
    """Fields as they were written, files already in the store; who may not leaves nothing there."""
    typed = _from_options(fields or ())
    given = {**found.fields, **typed}
    with door.look() as (session, acting):
        kind = ground(session, acting).kind
    return {
        key: _kept(door, kind, key, value, None if key in typed else found.folder)
        for key, value in given.items()
    }


def _kept(
    door: Door, kind: RecordKind, key: str, value: object, folder: Path | None
) -> object | Kept:
    """A form may come from anybody: it names files in its own `folder`, and none beyond."""
    field = kind.fields.get(key)
    if field is None or field.type is not FieldType.FILE or not isinstance(value, str):
        return value
    path = Path(value)
    if not value.strip():
        return value
    if folder is not None:
        if path.name != value:
            cure = Sentence("Put the file beside the form and write its name alone.")
            raise InputRefused(field=key, value=value, cure=cure)
        path = folder / path
    if not path.is_file():
        raise EvidenceRefused(reason=Sentence("there is no file {file}", {"file": value}))
    settings = door.settings
    return keep(settings.evidence, path, name=path.name, limit_mb=settings.evidence_mb)


def _from_options(fields: Sequence[str]) -> dict[str, object]:
    given: dict[str, object] = {}
    for one in fields:
        key, sign, value = one.partition("=")
        if not sign or not key.strip() or key.strip() in given:
            cure = Sentence("Write KEY=VALUE, each key once.")
            raise WrongUsage(field="--field", value=one, cure=cure)
        given[key.strip()] = value
    return given


def _do(door: Door, deed: Callable[[Session, Acting], Record], as_json: bool) -> None:
    with door.deed() as (session, acting):
        told = _told(deed(session, acting))
    _answer(door, told, as_json=as_json)


def _told(record: Record) -> dict[str, object]:
    return {
        "record": record.id,
        "kind": record.kind,
        "case": record.case_id,
        "number": record.number,
        "state": record.state,
        "outcome": record.outcome,
        "version": record.version,
    }


def _invite(session: Session, acting: Acting, written: Sequence[Record], named: Guests) -> None:
    if named.parties or named.others is not None:
        for record in written:
            invite_to(session, acting, record.id or 0, named)


def _told_of_new(session: Session, written: Sequence[Record]) -> dict[str, object]:
    """The first of them, the numbers of all, and of what they made."""
    ids = [record.id or 0 for record in written]
    made = [one for number in ids for one in made_of(session, number)]
    return {**_told(written[0]), "records": ids, "made": made}


def _answer(door: Door, told: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        door.out.json(told)
    said = {**told, "state": RECORD_STATES[RecordState(str(told["state"]))]}
    door.out.tell(Sentence("Record {record}: {state} (version {version})", said))

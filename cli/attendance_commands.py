"""Commands about who is invited to a record, who came, who has read it, and who answers."""

from pathlib import Path
from typing import Annotated

import typer

from casework.records.answering import answer_record
from casework.records.asking import acknowledge_record
from casework.records.attendance_lists import parties_in
from casework.records.attending import Guests, attend as write_attendance, invite as invite_to
from cli.door import opened
from cli.options import As, At, Json, command
from cli.record_commands import RecordId
from opora.words import Sentence

Parties = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[CODE[:N]|all]...",
        help="Schools or municipalities by code, people by address; N persons of each.",
    ),
]
Others = Annotated[
    int | None,
    typer.Option("--guests", metavar="N", min=0, max=2**31 - 1, help="So many others besides."),
]


@command("opora record invite 31 all --guests 4")
def invite(
    record: RecordId,
    parties: Parties = None,
    *,
    guests: Others = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Each gets a letter with the day for their calendar; a later word for the same one stands."""
    with opened(email, moment) as door:
        with door.deed() as (session, acting):
            named = Guests(parties=parties or (), others=guests)
            number = invite_to(session, acting, record, named)
        if as_json:
            door.out.json({"record": record, "parties": number})
        door.out.tell(Sentence("Invited: {parties}.", {"parties": number}))


@command("opora record attend 31 860017:2 860018 --guests 1")
def attend(
    record: RecordId,
    parties: Parties = None,
    *,
    guests: Others = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="A CSV or XLSX list: code, and persons."),
    ] = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Never more than were invited; `all` writes down that everybody came who was. A list has the
    columns code (or код) and persons (or человек).
    """
    with opened(email, moment) as door:
        listed = parties_in(file) if file is not None else []
        with door.deed() as (session, acting):
            named = Guests(parties=[*(parties or ()), *listed], others=guests)
            number = write_attendance(session, acting, record, named)
        if as_json:
            door.out.json({"record": record, "parties": number})
        door.out.tell(Sentence("Written down: {parties} came.", {"parties": number}))


@command("opora record acknowledge 31 --as coordinator@example.org")
def acknowledge(
    record: RecordId, *, as_json: Json = False, email: As = None, moment: At = None
) -> None:
    """Say that you have read it, for whatever school or municipality you were asked in the name of."""
    with opened(email, moment) as door:
        with door.deed() as (session, acting):
            fresh = acknowledge_record(session, acting, record)
        if as_json:
            door.out.json({"record": record, "acknowledged": fresh})
        said = Sentence("Thank you, noted.") if fresh else Sentence("It was noted already.")
        door.out.tell(said)


@command("opora record answer 31 --text 'By form 2, see page 4'")
def answer(
    record: RecordId,
    *,
    text: Annotated[str, typer.Option("--text", help="The answer, or a further question.")] = "",
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Whoever asked gets it by letter; what the author adds goes to those who have answered."""
    with opened(email, moment) as door:
        with door.deed() as (session, acting):
            reply = answer_record(session, acting, record, text)
            told = {"record": record, "reply": reply.seq}
        if as_json:
            door.out.json(told)
        door.out.tell(Sentence("Answered: record {record}, no. {reply}.", told))

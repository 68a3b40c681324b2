"""What a person reads when something is refused or goes wrong, and the exit status that says so."""

import os
import secrets
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from casework.cycles.adopting import AdoptionRefused
from casework.cycles.closing import CasesUndecided
from cli.door import Refused, WrongUsage
from cli.printing import Printer
from opora import clock
from opora.errors import MoveNotAllowed, OporaError, ProgrammeInvalid, SomebodyWasFirst
from opora.language import language_of_installation
from opora.settings import Settings
from opora.words import Sentence
from templates.wording import Sayable

FAILED, WRONG_USAGE, FOUND = 1, 2, 3
"""Exit status: failure, wrong usage, done but something was rejected or found."""

_THINGS: Mapping[str, Sentence] = {
    "case": Sentence("case"),
    "task": Sentence("task"),
    "person": Sentence("person"),
    "school": Sentence("school"),
    "letter": Sentence("letter"),
    "list": Sentence("list"),
    "cycle": Sentence("cycle"),
    "programme": Sentence("programme"),
    "open": Sentence("open"),
    "submitted": Sentence("submitted"),
    "returned": Sentence("returned"),
    "accepted": Sentence("accepted"),
    "cancelled": Sentence("cancelled"),
    "see": Sentence("look at it"),
    "import": Sentence("import files"),
    "identify": Sentence("identify schools"),
    "explain_verdict": Sentence("see why a school is listed or not"),
    "confirm_list": Sentence("confirm the list"),
    "override_list": Sentence("put a school on the list or take it off"),
    "designate": Sentence("designate schools"),
    "publish_list": Sentence("publish the list"),
    "object_to_list": Sentence("object to the list"),
    "decide_objection": Sentence("decide an objection"),
    "enter_school": Sentence("enter schools in a cycle"),
    "open_cycle": Sentence("open a cycle"),
    "open_case": Sentence("open a case"),
    "open_phase": Sentence("open a phase of monitoring"),
    "close_cycle": Sentence("close a cycle"),
    "adopt_programme": Sentence("move a cycle to another programme version"),
    "exit": Sentence("decide how a case ends"),
    "move_case": Sentence("move a case"),
    "decide": Sentence("record a decision"),
    "submit_task": Sentence("hand a task in"),
    "judge_task": Sentence("accept or return a task"),
    "cancel_task": Sentence("cancel a task"),
    "reassign_task": Sentence("give a task to somebody else"),
    "note_contact": Sentence("note a contact"),
    "manage_people": Sentence("look after people"),
    "run_round": Sentence("run the daily round"),
    "deliver": Sentence("send letters"),
    "verify": Sentence("verify the history"),
    "keep": Sentence("back up, restore or release"),
}
"""Words of the code that stand in refusals, as people call them."""
_MOST_SHOWN = 20
_NAMED = ("what", "deed", "state")


def is_lost_race(error: Exception) -> bool:
    """Somebody else did it at the same moment: nothing was done, so it can be done again."""
    return isinstance(error, Refused) and isinstance(error.reason, SomebodyWasFirst)


def told(error: Exception) -> int:
    """Tell it on standard error; gives the exit status."""
    if isinstance(error, Refused):
        return _told(error.reason, Printer(error.language))
    return _told(error, Printer(language_of_installation()))


def _told(error: Exception, out: Printer) -> int:
    match error:
        case ProgrammeInvalid():
            out.tell(error)
            for fault in error.faults:
                typer.echo(out.text(fault), err=True)
        case MoveNotAllowed() | CasesUndecided() | AdoptionRefused():
            out.tell(error)
            out.tell_each(error.unmet)
        case OporaError():
            out.tell(named(error))
        case DBAPIError():
            out.tell(_of_database(error))
        case OSError() if not isinstance(error, SQLAlchemyError):
            out.tell(_of_system(error))
        case _:
            _incident(error, out)
    return WRONG_USAGE if isinstance(error, WrongUsage) else FAILED


class Rejected(Protocol):
    """A row of a file that was left out."""

    @property
    def row(self) -> int: ...
    @property
    def field(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def why(self) -> Sayable: ...
    @property
    def cure(self) -> Sayable: ...


def tell_rejected(out: Printer, rejected: Sequence[Rejected]) -> None:
    """Row by row; a cure that several share is said once, below them."""
    cured: dict[str, list[dict[str, object]]] = {}
    for one in rejected[:_MOST_SHOWN]:
        told = {"row": one.row, "field": one.field, "value": one.value, "why": one.why}
        cured.setdefault(out.text(one.cure), []).append(told)
    for cure, rows in cured.items():
        if len(rows) == 1:
            told = {**rows[0], "cure": cure}
            out.tell_each([Sentence("row {row}, {field} “{value}”: {why} {cure}", told)])
        else:
            out.tell_each(Sentence("row {row}, {field} “{value}”: {why}", told) for told in rows)
            out.tell(Sentence("    → {cure}", {"cure": cure}))
    if len(rejected) > _MOST_SHOWN:
        out.tell(Sentence("… and {more} more", {"more": len(rejected) - _MOST_SHOWN}))


def named(error: OporaError) -> Sentence:
    """The error's sentence with the words of the code put as people say them."""
    fields = {
        name: _THINGS.get(value, value) if name in _NAMED and isinstance(value, str) else value
        for name, value in error.sentence.fields.items()
    }
    return replace(error.sentence, fields=fields)


def _of_system(error: OSError) -> Sentence:
    said = {"file": error.filename, "problem": error.strerror or str(error)}
    if error.filename is None:  # a full disk, a pipe that nobody reads
        return Sentence("The system refuses: {problem}.", said)
    return Sentence("The system refuses {file}: {problem}.", said)


def _of_database(error: DBAPIError) -> Sentence:
    lines = str(error.orig or error).strip().splitlines()
    said = {"problem": lines[0] if lines else type(error).__name__}
    if "locked" in said["problem"]:
        return Sentence("The database is busy: somebody else is writing. Try again in a minute.")
    return Sentence("The database cannot do this now: {problem}.", said)


def _incident(error: Exception, out: Printer) -> None:
    """The whole of it goes to a file of the installation; the person gets its number."""
    trace = "".join(traceback.format_exception(error))
    number = secrets.token_hex(4)
    if os.environ.get("OPORA_DEBUG") == "1":
        sys.stderr.write(trace)
    file = _log()
    try:
        with file.open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"--- {number} {clock.now():%Y-%m-%d %H:%M:%S}Z\n{trace}\n")
    except OSError:
        sys.stderr.write(trace)  # nowhere to keep it
    said = {"kind": type(error).__name__, "number": number, "file": str(file)}
    out.tell(
        Sentence("Something unexpected happened ({kind}). Incident {number} is in {file}.", said)
    )


def _log() -> Path:
    try:
        return Settings().home / "incidents.log"
    except (ValidationError, ValueError):
        return Path("incidents.log")

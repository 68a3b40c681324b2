"""The commands history and verify: what happened, and that nobody rewrote it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated

import typer
from sqlmodel import Session

from audit.verification import verify as check_history
from casework.access import require
from casework.cases.deed_words import deed_words
from casework.cases.history_views import (
    HistoryView,
    LineView,
    case_history,
    person_history,
    school_history,
)
from casework.cycles.versions import programme_at
from casework.grants import Right
from cli.door import Door, WrongUsage, opened
from cli.listings import ROLES, STATES
from cli.options import As, Json, SomeProgramme, command
from cli.printing import Cell
from cli.programmes_named import programme_named
from cli.refusals import FOUND
from opora.words import Sentence, Words
from programmes.definition import Programme
from states.role import Role
from states.task_machine import TaskState


@command("opora history 17 --as-of 2026-11-01")
def history(
    case: Annotated[
        int | None, typer.Argument(metavar="CASE", min=1, max=2**31 - 1, help="Number of the case.")
    ] = None,
    *,
    school: Annotated[
        str | None,
        typer.Option("--school", metavar="CODE", help="A school over the years instead."),
    ] = None,
    person: Annotated[
        str | None,
        typer.Option("--person", metavar="EMAIL", help="A person's roles and absences instead."),
    ] = None,
    programme: SomeProgramme = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DAY", help="As it stood at the end of a day.")
    ] = None,
    as_json: Json = False,
    email: As = None,
) -> None:
    """Names, remarks and reasons are shown only to those who may read the history's words."""
    if [case, school, person].count(None) != 2:  # noqa: PLR2004  one of three is asked for
        cure = Sentence("Give a case, or --school CODE, or --person EMAIL.")
        raise WrongUsage(field="CASE", value=case or "", cure=cure)
    day = _day(as_of)
    if day is not None and case is None:
        cure = Sentence("It goes with a case alone: leave it out, or give the case.")
        raise WrongUsage(field="--as-of", value=day, cure=cure)
    with opened(email) as door, door.look() as (session, acting):
        if person is not None:
            _tell_person(door, person, person_history(session, acting, person), as_json=as_json)
        elif case is not None:
            seen = case_history(session, acting, case, as_of=day)
            if as_json:
                door.out.json(asdict(seen))
            else:
                _print(door, programme_at(session, seen.sha256), seen)
        else:
            register = programme_named(programme).register if programme else None
            found = school_history(session, acting, school or "", register=register)
            _tell_school(door, session, school or "", found, as_json=as_json)


def _tell_person(door: Door, email: str, lines: Sequence[LineView], *, as_json: bool) -> None:
    if as_json:
        door.out.json({"person": email, "lines": [asdict(line) for line in lines]})
    else:
        _print_lines(door, lines, {})


def _tell_school(
    door: Door,
    session: Session,
    code: str,
    found: tuple[Sequence[LineView], Sequence[HistoryView]],
    *,
    as_json: bool,
) -> None:
    own, years = found
    if as_json:
        lines, cases = [asdict(line) for line in own], [asdict(one) for one in years]
        door.out.json({"school": code, "lines": lines, "cases": cases})
        return
    _print_lines(door, own, {})
    for one in years:
        _print(door, programme_at(session, one.sha256), one)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        cure = Sentence("Write a day like 2026-11-22.")
        raise WrongUsage(field="--as-of", value=text, cure=cure) from None


def _print(door: Door, programme: Programme, seen: HistoryView) -> None:
    door.out.pairs(
        [
            (Sentence("Case"), f"{seen.case} ({seen.year})"),
            (Sentence("School"), f"{seen.school} {seen.name}"),
            (Sentence("Stage"), programme.words(seen.stage) if seen.stage else None),
            (Sentence("Outcome"), programme.words(seen.outcome) if seen.outcome else None),
            (Sentence("Goes on from case"), seen.carried_from),
        ]
    )
    _print_lines(door, seen.lines, programme.labels)


def _print_lines(door: Door, lines: Iterable[LineView], labels: Mapping[str, Words]) -> None:
    door.out.table(
        [
            Sentence("Line"),
            Sentence("Happened"),
            Sentence("Deed"),
            Sentence("About"),
            Sentence("From"),
            Sentence("To"),
            Sentence("By"),
            Sentence("Words"),
            Sentence("Virtual"),
            Sentence("Hash"),
        ],
        [
            (
                line.seq,
                line.happened_at,
                deed_words(line.deed, labels),
                _about(line, labels),
                _state(line.source or line.values.get("from"), labels),
                _to(line, labels),
                line.by or line.actor,
                list(line.words.values()),
                line.virtual,
                line.hash[:12],
            )
            for line in lines
        ],
    )


def _about(line: LineView, labels: Mapping[str, Words]) -> Cell:
    """The milestone, the kind of decision or of record, the role or the days of the line."""
    if "record" in line.values and "kind" in line.values:
        return labels.get(f"record.{line.values['kind']}", line.values["kind"])
    for name, kind in (("milestone", "milestone"), ("kind", "decision")):
        if name in line.values:
            return labels.get(f"{kind}.{line.values[name]}", line.values[name])
    if "role" in line.values:
        return ROLES[Role(line.values["role"])]
    if "first_day" in line.values:
        return f"{line.values['first_day']} – {line.values['last_day']}"
    return None


def _to(line: LineView, labels: Mapping[str, Words]) -> Cell:
    """The stage or state that was reached, or who it was given to."""
    word = line.dest or line.values.get("to") or line.values.get("substitute")
    return line.people.get(str(word)) or _state(word, labels)


def _state(word: object, labels: Mapping[str, Words]) -> Cell:
    """A stage or a task's state as people call it."""
    if word in set(TaskState):
        return STATES[TaskState(str(word))]
    return labels.get(f"stage.{word}", word)


@command("opora verify --json")
def verify(*, as_json: Json = False, email: As = None) -> None:
    """Recomputes every chain, replays it and compares the replay with what the database says now.
    Exit status 3 when something is broken.
    """
    with opened(email) as door:
        with door.look() as (session, acting):
            require(session, acting, Right.VERIFY, None)
        with door.out.progress(Sentence("Reading the history"), None) as show:
            found = check_history(door.engine, on_progress=show)
        if as_json:
            door.out.json(
                {
                    "ok": found.ok,
                    "lines": found.lines,
                    "broken": [
                        {"subject": one.subject, "seq": one.seq, "what": door.out.text(one.what)}
                        for one in found.broken
                    ],
                }
            )
        if found.ok:
            told = {"lines": found.lines}
            door.out.tell(Sentence("The history holds: {lines} lines were checked.", told))
            return
        door.out.tell(
            Sentence("The history does not hold in {count} places:", {"count": len(found.broken)})
        )
        for one in found.broken:
            where = {"subject": one.subject, "seq": one.seq or "", "what": one.what}
            door.out.tell_each([Sentence("{subject} line {seq}: {what}", where)])
        raise typer.Exit(FOUND)

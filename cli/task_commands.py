"""Commands about tasks: list, show, submit, accept, return, cancel."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from casework.access import task_for
from casework.acting import Acting
from casework.cases.reading import Page, zone_of_task, zone_of_work
from casework.cycles.versions import programme_at
from casework.deadlines.extension_views import with_names
from casework.deadlines.suspending import ledger_of
from casework.grants import Right
from casework.tasks.evidence import Kept, keep
from casework.tasks.task_views import TaskView, Wanted, submissions, task_view, tasks
from casework.tasks.tasking import HandedIn, accept_task, cancel_task, return_task, submit_task
from cli.door import Door, opened
from cli.listings import STATES, print_tasks, say_more
from cli.options import After, As, At, Json, Limit, OfCase, Seen, TaskId, command
from cli.printing import SCREENFUL
from models.history import HistoryLine
from models.task import Task
from opora.clock import day_of
from opora.errors import EvidenceRefused
from opora.words import Sentence
from schedules.steps import describe_step
from states.task_machine import TaskState

_Deed = Callable[[Session, int, Acting], HistoryLine]


@command("opora task list --mine --late")
def list_all(
    *,
    mine: Annotated[bool, typer.Option("--mine", help="Only those addressed to you.")] = False,
    case: OfCase = None,
    state: Annotated[TaskState | None, typer.Option("--state", help="Only in this state.")] = None,
    late: Annotated[bool, typer.Option("--late", help="Only those whose day has passed.")] = False,
    recent: Annotated[
        int | None,
        typer.Option("--recent", metavar="N", min=0, max=3660, help="Given within so many days."),
    ] = None,
    limit: Limit = None,
    after: After = 0,
    as_json: Json = False,
    email: As = None,
) -> None:
    """Everything within your scope, and what is addressed to you."""
    with opened(email) as door, door.look() as (session, acting):
        page = Page(limit=limit or (None if as_json else SCREENFUL), after=after)
        zone = zone_of_work(session)
        on = acting.on(zone) if zone else acting.at.date()
        wanted = Wanted(case=case, state=state, mine=mine, late=late, recent=recent)
        found = tasks(session, acting, wanted, on=on, page=page)
        if as_json:
            door.out.json(found)
            return
        print_tasks(door, found)
        say_more(door, [one.id for one in found], page)


@command("opora task show 204")
def show(task: TaskId, *, as_json: Json = False, email: As = None) -> None:
    """What to do, what counts as proof, what was handed in, and how its deadline came to be."""
    with opened(email) as door, door.look() as (session, acting):
        zone = zone_of_task(session, task)
        on = day_of(acting.at, zone) if zone else acting.at.date()
        seen = task_view(session, acting, task, on=on)
        handed_in = submissions(session, task)
        steps = ledger_of(session, session.get_one(Task, task))
        if as_json:
            door.out.json(
                {
                    **asdict(seen),
                    "submissions": handed_in,
                    "deadline": [step.as_row() for step in steps],
                }
            )
            return
        _print_task(door, seen, session)
        door.out.table(
            [Sentence("How its day came to be")],
            [(describe_step(step),) for step in with_names(session, steps)],
        )
        if handed_in:
            door.out.table(
                [
                    Sentence("Handed in"),
                    Sentence("Author"),
                    Sentence("Text"),
                    Sentence("Files"),
                    Sentence("Accepted"),
                    Sentence("Remarks"),
                ],
                [
                    (one.at, one.author, one.text, one.files, one.is_accepted, one.remarks)
                    for one in handed_in
                ],
            )


@command("opora task submit 204 --text 'Done on Monday' --file report.pdf")
def submit(
    task: TaskId,
    *,
    text: Annotated[str, typer.Option("--text", help="A line or two.")] = "",
    file: Annotated[
        list[Path] | None, typer.Option("--file", help="What proves it; may be repeated.")
    ] = None,
    seen: Seen = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Files go to the evidence store under their hash. Without an approver the task is accepted at
    once; `opora task show` says what counts as proof.
    """
    with opened(email, moment) as door:
        kept = _keep(door, task, file or [])
        with door.deed(lambda session: zone_of_task(session, task)) as (session, acting):
            handed_in = HandedIn(text=text, files=kept, seen=seen)
            line = submit_task(session, task, handed_in, acting)
            told = _told(session, task, line)
        _answer(door, told, as_json=as_json)


@command("opora task accept 204 --seen 2 --as coordinator@example.org")
def accept(
    task: TaskId,
    *,
    remarks: Annotated[str, typer.Option("--remarks", help="A word to the author.")] = "",
    seen: Seen = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The author never accepts the own work; whoever stands above the approver may."""
    deed = partial(accept_task, remarks=remarks, seen=seen)
    _carry_out(task, deed, email, moment, as_json=as_json)


@command("opora task return 204 --remarks 'The second page is missing'")
def give_back(
    task: TaskId,
    *,
    remarks: Annotated[str, typer.Option("--remarks", help="What is to be done again.")] = "",
    seen: Seen = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The author reads the remarks in a letter; the deadline stays what it is."""
    deed = partial(return_task, remarks=remarks, seen=seen)
    _carry_out(task, deed, email, moment, as_json=as_json)


@command("opora task cancel 204 --reason 'The school has no ninth grade'")
def cancel(
    task: TaskId,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why it is no longer needed.")] = "",
    seen: Seen = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The reason stays in the history."""
    deed = partial(cancel_task, reason=reason, seen=seen)
    _carry_out(task, deed, email, moment, as_json=as_json)


def _carry_out(
    task: int, deed: _Deed, email: str | None, moment: str | None, *, as_json: bool
) -> None:
    """One deed of an approver, and its answer."""
    with opened(email, moment) as door:
        with door.deed(lambda session: zone_of_task(session, task)) as (session, acting):
            told = _told(session, task, deed(session, task, acting))
        _answer(door, told, as_json=as_json)


def _keep(door: Door, task_id: int, files: list[Path]) -> list[Kept]:
    """Every file in the store before the deed begins; who may not hand in leaves nothing there."""
    if not files:
        return []
    with door.look() as (session, acting):
        task_for(session, acting, task_id, Right.SUBMIT_TASK)
    for file in files:
        if not file.is_file():
            reason = Sentence("there is no file {file}", {"file": str(file)})
            raise EvidenceRefused(reason=reason)
    settings = door.settings
    return [
        keep(settings.evidence, file, name=file.name, limit_mb=settings.evidence_mb)
        for file in files
    ]


def _told(session: Session, task_id: int, line: HistoryLine) -> dict[str, object]:
    task = session.get_one(Task, task_id)
    return {
        "task": task_id,
        "case": task.case_id,
        "state": task.state,
        "version": task.version,
        "line": line.seq,
    }


def _answer(door: Door, told: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        door.out.json(told)
    said = {**told, "state": STATES[TaskState(str(told["state"]))]}
    door.out.tell(Sentence("Task {task}: {state} (version {version})", said))


def _print_task(door: Door, seen: TaskView, session: Session) -> None:
    programme = programme_at(session, seen.sha256)
    door.out.pairs(
        [
            (Sentence("Task"), seen.id),
            (Sentence("Title"), seen.title),
            (Sentence("School"), f"{seen.school} {seen.school_name}" if seen.school else None),
            (Sentence("Stage"), programme.words(seen.stage)),
            (Sentence("What counts as proof"), seen.help),
            (Sentence("Who does it"), f"{seen.assignee_name} <{seen.assignee}>"),
            (Sentence("Given on"), seen.given_on),
            (Sentence("Given by"), seen.given_by),
            (Sentence("Who accepts"), programme.words(seen.approver) if seen.approver else None),
            (Sentence("State"), STATES[seen.state]),
            (Sentence("Due"), seen.due_on),
            (Sentence("Days late"), seen.days_late or None),
            (Sentence("Version"), seen.version),
        ]
    )

"""Lists that several commands print: tasks, and the hint that there is more."""

from collections.abc import Mapping, Sequence

from casework.cases.reading import Page
from casework.cycles.replanning import Change
from casework.records.record_views import RecordView
from casework.tasks.task_views import TaskView
from cli.door import Door
from opora.words import Sentence
from programmes.definition import Programme
from states.record_machine import RecordState
from states.role import Role
from states.task_machine import TaskState

STATES: Mapping[TaskState, Sentence] = {
    TaskState.OPEN: Sentence("open"),
    TaskState.SUBMITTED: Sentence("submitted"),
    TaskState.RETURNED: Sentence("returned"),
    TaskState.ACCEPTED: Sentence("accepted"),
    TaskState.CANCELLED: Sentence("cancelled"),
}


RECORD_STATES: Mapping[RecordState, Sentence] = {
    RecordState.WAITING: Sentence("waits for a word"),
    RecordState.STANDING: Sentence("stands"),
    RecordState.CONCLUDED: Sentence("concluded"),
    RecordState.CANCELLED: Sentence("cancelled"),
}


ROLES: Mapping[Role, Sentence] = {
    Role.OPERATOR: Sentence("operator"),
    Role.COORDINATOR: Sentence("coordinator"),
    Role.CURATOR: Sentence("curator"),
    Role.HEAD: Sentence("head of the school"),
    Role.PARTNER: Sentence("partner"),
    Role.AUDITOR: Sentence("auditor"),
}
"""Roles where no one programme speaks."""


CHANGES: Mapping[str, Sentence] = {
    "added": Sentence("added"),
    "removed": Sentence("removed"),
    "moved": Sentence("another day"),
    "stopped": Sentence("the clock stands"),
    "changed": Sentence("changed"),
}
"""What becomes of a task, or of a milestone."""


def print_changes(door: Door, found: Sequence[Change]) -> None:
    """The tasks of one case that change, with their days before and after."""
    if found:
        door.out.table(
            [Sentence("Title"), Sentence("Change"), Sentence("Was"), Sentence("Now")],
            [(one.title, CHANGES[one.change], one.was, one.now) for one in found],
        )


def print_records(door: Door, found: Sequence[RecordView]) -> None:
    """Records as a list: what of, when, where, what came of it."""
    door.out.table(
        [
            Sentence("Record"),
            Sentence("Kind"),
            Sentence("No."),
            Sentence("Day"),
            Sentence("Title"),
            Sentence("School"),
            Sentence("Municipality"),
            Sentence("State"),
            Sentence("Came"),
        ],
        [
            (
                one.id,
                one.words,
                one.number,
                one.day,
                one.title,
                one.school,
                one.territory_name,
                one.outcome_words or RECORD_STATES[one.state],
                f"{one.attended} / {one.invited}" if one.invited else None,
            )
            for one in found
        ],
    )


def print_tasks(
    door: Door, tasks: Sequence[TaskView], words: Mapping[str, Programme] | None = None
) -> None:
    """Tasks with their days; `words` are the programmes by fingerprint, to name the stages."""
    columns = [
        Sentence("Task"),
        Sentence("Title"),
        Sentence("Where"),
        Sentence("Who does it"),
        Sentence("State"),
        Sentence("Due"),
        Sentence("Days late"),
    ]
    rows = [
        (
            one.id,
            one.title,
            one.school or one.territory,
            one.assignee_name,
            STATES[one.state],
            one.due_on,
            one.days_late or None,
        )
        for one in tasks
    ]
    if words is None:
        door.out.table(columns, rows)
        return
    stages = [words[one.sha256].words(one.stage) for one in tasks]
    door.out.table(
        [Sentence("Stage"), *columns],
        [(stage, *row) for stage, row in zip(stages, rows, strict=True)],
    )


def say_more(door: Door, ids: Sequence[int], page: Page) -> None:
    """That the list goes on, where it may."""
    if page.limit is not None and len(ids) == page.limit:
        told = {"last": ids[-1]}
        door.out.tell(Sentence("There may be more: add --after {last}, or a larger --limit.", told))

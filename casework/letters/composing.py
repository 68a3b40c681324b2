"""What a letter says is gathered when it leaves: rechecked against the present, in its reader's words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session, col, select

from casework.cases.reading import years_before
from casework.cycles.versions import milestone_of, programme_of
from casework.deadlines.suspending import ledger_of
from casework.lists.listing import categories_of
from casework.people.responsible import Place, responsible
from casework.people.standing_in import standing_in
from casework.tasks.repeating import comes_again_on
from models.case import Case
from models.cycle import Cycle
from models.history import HistoryLine, HistoryWords
from models.letter import Letter
from models.people import Person
from models.school import School, Territory
from models.task import Submission, Task
from notifications.composition import CalendarItem, Composition, Mailbox, Superseded
from notifications.letters import (
    CaseMoved,
    CaseOpened,
    Contents,
    TaskAccepted,
    TaskItem,
    TaskReturned,
    TasksAssigned,
    TaskSubmitted,
)
from notifications.outbox import LetterKind
from opora.words import Sentence, in_language
from programmes.definition import Programme
from states.stage import Move, Stage
from states.task_machine import WAITING, TaskState

LONGEST_LIST = 25
"""Tasks that one letter shows; the page shows the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What any letter needs at hand, also one that leaves before a cycle is open."""

    session: Session
    letter: Letter
    person: Person
    programme: Programme
    url: str  # of the pages, without a slash at the end
    at: datetime
    reader: Person | None = None  # who reads it in the person's place
    is_standing_in: bool = False  # because the person is away or has left

    @property
    def today(self) -> date:
        """The region's day."""
        return self.at.astimezone(self.programme.zone).date()

    def say(self, words: Mapping[str, str]) -> str:
        """In the reader's language."""
        return in_language(words, self.person.language)

    def common(self, why: Sentence) -> dict[str, object]:
        """What every letter carries."""
        told = {"person": self.person.name, "why": why}
        if self.is_standing_in:
            why = Sentence("You stand in for {person}. {why}", told)
        elif self.reader is not None:
            why = Sentence(
                "It was written for {person}, whose address takes no letters, and came to you as "
                "the next one up. {why}",
                told,
            )
        return {
            "person": (self.reader or self.person).name,
            "programme": self.say(self.programme.title),
            "why": why,
            "home_url": self.url,
        }

    def seal(
        self,
        contents: Contents,
        *,
        calendar: Sequence[CalendarItem] = (),
        thread: str | None = None,
    ) -> Composition:
        """The letter as it goes out."""
        return Composition(
            kind=LetterKind(self.letter.kind),
            to=self._mailbox(),
            fields=contents.fields(),
            calendar=tuple(calendar),
            thread=thread,
        )

    def _mailbox(self) -> Mailbox:
        reader = self.reader or self.person
        return Mailbox(reader.name, reader.email, self.person.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk(Sheet):
    """The same of a letter about a cycle: its tasks and cases."""

    cycle: Cycle

    def over(self, cycle_id: int | None) -> "Desk":
        """The same letter over another cycle: a digest may gather from several."""
        if cycle_id is None or cycle_id == self.cycle.id:
            return self
        cycle = self.session.get_one(Cycle, cycle_id)
        return replace(self, cycle=cycle, programme=programme_of(self.session, cycle))

    def finish(
        self, contents: Contents, *, tasks: Sequence[Task] = (), case: Case | None = None
    ) -> Composition:
        """The letter with its calendar parts and its thread."""
        return self.seal(
            contents,
            calendar=[self._calendar(task) for task in tasks if task.state in WAITING],
            thread=f"case-{case.id}" if case else None,
        )

    def _calendar(self, task: Task) -> CalendarItem:
        milestone = milestone_of(self.session, self.programme, task.milestone)
        return CalendarItem(
            uid=f"task-{task.id}@opora",
            title=self.say(milestone.title),
            due_on=task.due_on,
            url=self.task_url(task),
            sequence=task.version + len(ledger_of(self.session, task)) - 2,
        )

    def task_url(self, task: Task) -> str:
        """The plain address of the task's page."""
        return f"{self.url}/tasks/{task.id}"

    def item(self, task: Task, *, awaiting: bool = False) -> TaskItem:
        """One task as a letter shows it."""
        milestone = milestone_of(self.session, self.programme, task.milestone)
        school, territory = place_names(self.session, task)
        return TaskItem(
            title=self.say(milestone.title),
            due_on=task.due_on,
            url=self.task_url(task),
            help=self.say(milestone.help),
            days_late=max((self.today - task.due_on).days, 0),
            school=school,
            territory=territory,
            awaiting=awaiting,
        )


def place_names(session: Session, task: Task) -> tuple[str | None, str | None]:
    """The school and the territory that a task is about."""
    if task.case_id is not None:
        school = session.get_one(School, session.get_one(Case, task.case_id).school_id)
        return school.name, session.get_one(Territory, school.territory_id).name
    if task.territory_id is not None:
        return None, session.get_one(Territory, task.territory_id).name
    return None, None


# --- letters of a case ----------------------------------------------------------------------------


def _case(desk: Desk) -> tuple[Case, School]:
    case = desk.session.get_one(Case, desk.letter.case_id)
    return case, desk.session.get_one(School, case.school_id)


def _mine(desk: Desk, *, case_id: int | None = None) -> Sequence[Task]:
    """The reader's own tasks that still wait."""
    statement = select(Task).where(
        Task.cycle_id == desk.cycle.id,
        Task.assignee_id == desk.person.id,
        col(Task.state).in_(WAITING),
    )
    if case_id is not None:
        statement = statement.where(Task.case_id == case_id)
    return desk.session.exec(statement.order_by(col(Task.due_on), col(Task.id))).all()


def _case_opened(desk: Desk) -> Composition | Superseded:
    case, school = _case(desk)
    if case.stage is Stage.EXITED:
        return Superseded(Sentence("the case has ended"))
    tasks, role = _mine(desk, case_id=case.id), desk.letter.fields.get("role")
    why = Sentence("You answer for this school, or lead it, in the programme's cycle of this year.")
    contents = CaseOpened(
        **desk.common(why),  # type: ignore[arg-type]  # the fields every letter carries
        school=school.name,
        territory=desk.session.get_one(Territory, school.territory_id).name,
        year=desk.cycle.year,
        role=desk.programme.label(f"role.{role}", desk.person.language) if role else "",
        earlier=tuple(
            f"{year} ({desk.programme.label(outcome, desk.person.language)})"
            if outcome
            else str(year)
            for year, outcome in years_before(desk.session, case_id=case.id or 0)
        ),
        categories=tuple(
            desk.programme.label(f"category.{key}", desk.person.language)
            for key in categories_of(desk.session, desk.programme, desk.cycle.listing_id, school.id)
        ),
        tasks=tuple(desk.item(task) for task in tasks),
        url=f"{desk.url}/cases/{case.id}",
    )
    return desk.finish(contents, tasks=tasks, case=case)


def _tasks_assigned(desk: Desk) -> Composition | Superseded:
    day, given = desk.letter.day, bool(desk.letter.fields.get("given"))
    tasks = [
        task
        for task in _mine(desk)
        if (task.assigned_on if given else task.assigned_on or task.opened_on) == day
    ]
    if not tasks:
        return Superseded(Sentence("nothing is left to do of what it spoke of"))
    why = Sentence("These tasks became yours when the cycle was opened.")
    if day != desk.cycle.opened_at.astimezone(desk.programme.zone).date():
        why = Sentence("These tasks were opened in the course of the year.")
    if given:
        why = Sentence("These tasks were somebody else's and have been given to you.")
    contents = TasksAssigned(
        **desk.common(why),  # type: ignore[arg-type]  # the fields every letter carries
        place=desk.say(desk.programme.territory.name),
        tasks=tuple(desk.item(task) for task in tasks[:LONGEST_LIST]),
        more=max(len(tasks) - LONGEST_LIST, 0),
    )
    return desk.finish(contents, tasks=tasks[:LONGEST_LIST])


def _case_moved(desk: Desk) -> Composition | Superseded:
    case, school = _case(desk)
    line = desk.session.get_one(HistoryLine, desk.letter.fields["line"])
    if line.version is not None and line.version < case.version:
        return Superseded(Sentence("the case has moved on since"))
    said = dict(
        desk.session.exec(
            select(HistoryWords.field, HistoryWords.text).where(HistoryWords.line_id == line.id)
        ).all()
    )
    tasks = _mine(desk, case_id=case.id)
    language = desk.person.language
    why = Sentence("The case moved, and you take part in it.")
    contents = CaseMoved(
        **desk.common(why),  # type: ignore[arg-type]  # the fields every letter carries
        school=school.name,
        move=desk.programme.label(Move(line.deed), language),
        source=desk.programme.label(Stage(line.source or ""), language),
        dest=_where(desk, case),
        basis=said.get("basis", ""),
        remarks=said.get("remarks", ""),
        tasks=tuple(desk.item(task) for task in tasks),
        url=f"{desk.url}/cases/{case.id}",
    )
    return desk.finish(contents, tasks=tasks, case=case)


def _where(desk: Desk, case: Case) -> str:
    """The stage; of a case that has ended, how it ended."""
    return desk.programme.label(case.outcome or case.stage, desk.person.language)


# --- letters of a task ----------------------------------------------------------------------------


def _task(desk: Desk) -> tuple[Task, Submission | None, Case | None]:
    task = desk.session.get_one(Task, desk.letter.fields["task"])
    number = desk.letter.fields.get("submission")
    submission = desk.session.get(Submission, number) if number else None
    case = desk.session.get(Case, task.case_id) if task.case_id else None
    return task, submission, case


def _name(desk: Desk, person_id: int | None) -> str:
    person = desk.session.get(Person, person_id) if person_id else None
    return person.name if person else ""


def _task_submitted(desk: Desk) -> Composition | Superseded:
    task, submission, case = _task(desk)
    if task.state is not TaskState.SUBMITTED or task.version != desk.letter.fields["version"]:
        return Superseded(Sentence("somebody has judged it already"))
    place = _place(desk, task, case)
    people = responsible(desk.session, desk.cycle.register_key, on=desk.today, fallback=0)
    author = submission.author_id if submission else 0
    barred = {author, *standing_in(desk.session, desk.today).absent_for(author)}
    judge = people.person(task.approver, place, barred=barred) if task.approver else desk.person.id
    if judge != desk.person.id:
        return Superseded(Sentence("somebody else answers for it now"))
    why = Sentence("You approve this kind of work.")
    contents = TaskSubmitted(
        **desk.common(why),  # type: ignore[arg-type]  # the fields every letter carries
        item=desk.item(task, awaiting=True),
        author=_name(desk, submission.author_id if submission else None),
    )
    return desk.finish(contents, case=case)


def _place(desk: Desk, task: Task, case: Case | None) -> Place:
    if case is None:
        return Place(territory_id=task.territory_id)
    school = desk.session.get_one(School, case.school_id)
    return Place(school_id=school.id, territory_id=school.territory_id)


def _task_returned(desk: Desk) -> Composition | Superseded:
    task, submission, case = _task(desk)
    if task.state is not TaskState.RETURNED or task.version != desk.letter.fields["version"]:
        return Superseded(Sentence("it has been handed in again"))
    why = Sentence("The work came back to you with remarks.")
    contents = TaskReturned(
        **desk.common(why),  # type: ignore[arg-type]  # the fields every letter carries
        item=desk.item(task),
        remarks=submission.remarks if submission else "",
        by=_name(desk, submission.judged_by if submission else None),
    )
    return desk.finish(contents, tasks=[task], case=case)


def _task_accepted(desk: Desk) -> Composition | Superseded:
    task, submission, case = _task(desk)
    coming = [other for other in _mine(desk) if other.id != task.id]
    why = Sentence("You handed this work in.")
    contents = TaskAccepted(
        **desk.common(why),  # type: ignore[arg-type]  # the fields every letter carries
        item=desk.item(task),
        by=_name(desk, submission.judged_by if submission else None),
        next_item=desk.item(coming[0]) if coming else None,
        again_on=_again_on(desk, task, case),
    )
    return desk.finish(contents, case=case)


def _again_on(desk: Desk, task: Task, case: Case | None) -> date | None:
    """The next day of work that comes again, while its case goes on."""
    if case is not None and (case.stage is Stage.EXITED or case.suspended_on is not None):
        return None
    return comes_again_on(desk.session, desk.cycle, desk.programme, task, desk.today)


COMPOSERS: dict[LetterKind, Callable[[Desk], Composition | Superseded]] = {
    LetterKind.CASE_OPENED: _case_opened,
    LetterKind.TASKS_ASSIGNED: _tasks_assigned,
    LetterKind.CASE_MOVED: _case_moved,
    LetterKind.TASK_SUBMITTED: _task_submitted,
    LetterKind.TASK_RETURNED: _task_returned,
    LetterKind.TASK_ACCEPTED: _task_accepted,
}

"""A task whose milestone a newer version has left out is worked on until the pass has come to it."""

from datetime import timedelta

import pytest
from sqlmodel import select

from audit.verification import verify
from casework.acting import Acting
from casework.cycles.adopting import adopt
from casework.cycles.versions import milestone_of, programme_of
from casework.deadlines.extending import Wish, extend_task
from casework.letters.writing import composer
from casework.passes import advance
from casework.people.departing import Departure, depart
from casework.reminders.chasing import chase
from casework.reminders.contacting import Note, note_contact
from casework.reminders.only_theirs import only_theirs
from casework.reminders.reminding import begin_rounds
from casework.reminders.unreachable import unreachable
from casework.tasks.task_views import task_view
from casework.tasks.tasking import return_task
from casework.work import WORK
from models.cycle import Cycle
from models.letter import Letter
from models.people import Person
from models.task import Reminder, Task
from notifications.composition import Composition
from opora import clock
from opora.database import transaction
from opora.errors import MoveNotAllowed, NotFound
from programmes.reading import read_programme_files
from states.role import Role
from states.stage import Move
from states.task_machine import TaskState
from tests.worlds import OPENED, acting, finish_task, hand_in, move_one, small_world

LEFT_OUT = "information_card_filled"
LATER = OPENED + timedelta(days=3)


@pytest.fixture
def begun(engine):
    """The world, and the pass of an adoption that is begun; the document of the work goes as well."""
    with transaction(engine) as session:
        world = small_world(session)
        who = acting(world.operator, LATER)
        run = adopt(session, world.cycle, shorter(world.programme), who, dry_run=False).pass_id
    return world, run


def shorter(programme):
    files = dict(programme.files)
    text = files["stages.yaml"]
    start, end = (text.index(f"  - key: {key}\n") for key in (LEFT_OUT, "self_analysis_done"))
    lines = (text[:start] + text[end:]).splitlines(keepends=True)
    gone = ("      - {need: document, of: information_card}", "  information_card: ")
    files["stages.yaml"] = "".join(line for line in lines if not line.startswith(gone))
    records = files["records.yaml"]
    files["records.yaml"] = records.replace("    document: information_card\n", "")
    return read_programme_files(files)


def left_out(session, number=0):
    return session.exec(select(Task).where(Task.milestone == LEFT_OUT).order_by(Task.id)).all()[
        number
    ]


def pass_on(engine, world, run):
    who = acting(world.operator, LATER)
    kind = "adopt_programme"
    assert advance(engine, run, WORK[kind], who, real_now=clock.now).is_done


def test_it_is_handed_in_returned_and_accepted(engine, begun):
    world, run = begun
    with transaction(engine) as session:
        task = left_out(session)
        hand_in(session, world, task, LATER)
        return_task(session, task.id, acting(world.operator, LATER), remarks="не всё")
        finish_task(session, world, task, LATER)
        hand_in(session, world, left_out(session, 1), LATER)
    pass_on(engine, world, run)
    with transaction(engine) as session:
        states = [left_out(session, number).state for number in range(3)]
        assert states == [TaskState.ACCEPTED, TaskState.SUBMITTED, TaskState.CANCELLED]
        late = left_out(session, 1)  # what was handed in meanwhile keeps its course
        return_task(session, late.id, acting(world.operator, LATER), remarks="не всё")
        assert late.next_remind_on is not None
        finish_task(session, world, late, LATER)
    assert verify(engine).ok


@pytest.mark.usefixtures("begun")
def test_the_round_still_speaks_of_it(engine):
    with transaction(engine) as session:
        at = LATER.replace(day=left_out(session).due_on.day)
        round_ = Acting(at=at, recorded_at=at, pass_name="daily_round")
        runs = [(run.id, run.kind) for run in begin_rounds(session, round_)]
    for run, kind in runs:
        assert advance(engine, run, WORK[kind], round_, real_now=clock.now).is_done
    with transaction(engine) as session:
        task = left_out(session)
        [claim] = session.exec(
            select(Reminder).where(
                Reminder.task_id == task.id, Reminder.recipient_id == task.assignee_id
            )
        ).all()[-1:]
        letter = session.get_one(Letter, claim.letter_id)
        composed = composer("https://opora.example.org", at)(session, letter)
        assert isinstance(composed, Composition)
        assert f"https://opora.example.org/tasks/{task.id}'" in str(composed.fields)


def test_it_is_seen_put_off_talked_about_and_handed_over(engine, begun):
    world, run = begun
    who = acting(world.operator, LATER)
    with transaction(engine) as session:
        task = left_out(session)
        head = session.get_one(Person, task.assignee_id)
        later = LATER + timedelta(days=60)
        assert LEFT_OUT not in {
            one.key
            for one in programme_of(session, session.get_one(Cycle, task.cycle_id)).milestones
        }
        assert task_view(session, who, task.id, on=LATER.date()).title["ru"]
        late = chase(session, acting(world.operator, later), on=later.date())
        assert task.id in {one.task for person in late for one in person.tasks}
        assert task.id in {one.task for one in only_theirs(session, head, who)}
        unreachable(session, acting(world.operator, LATER))
        assert extend_task(session, task.id, Wish(to=2, reason="болезнь"), who).shifts
        assert note_contact(session, who, Note(text="звонили", silence_days=1), task=task.id).tasks
        with pytest.raises(MoveNotAllowed):
            move_one(session, world, task.case_id, Move.ANALYSE, LATER)
        heads = [one for (role, _), one in world.people.items() if role is Role.HEAD]
        to = next(one.email for one in heads if one.id != head.id)
        gone = Departure(to=to, on=LATER.date(), reason="уволен")
        assert task.id in {one.task for one in depart(session, head.email, gone, who).tasks}
    pass_on(engine, world, run)
    assert verify(engine).ok


def test_what_no_version_ever_had_is_not_found(engine, begun):
    world, _ = begun
    with transaction(engine) as session, pytest.raises(NotFound):
        milestone_of(session, world.programme, "never_was")

"""The daily round claims each rung once, loses none in a silence, and writes one letter a day."""

import itertools
from datetime import datetime, time, timedelta

from hypothesis import HealthCheck, given, settings, strategies as st
from sqlmodel import col, func, select, text

from casework.acting import Acting
from casework.cycles.versions import keep
from casework.letters.writing import composer
from casework.passes import advance
from casework.reminders.reminding import begin_rounds
from casework.tasks.tasking import HandedIn, cancel_task, return_task, submit_task
from casework.work import WORK
from models.cycle import Cycle
from models.letter import Letter, LetterState
from models.people import Person
from models.schema import upgrade
from models.task import Reminder, Task
from notifications.composition import Composition, Superseded
from opora import clock
from opora.database import connect, reading, transaction
from programmes.reading import read_programme_files
from schedules.ladders import rungs_due
from states.task_machine import WAITING
from tests.worlds import OPENED, acting, proofs, small_world

URL = "http://127.0.0.1:8080"


def at_six(day):
    return datetime.combine(day, time(1), tzinfo=OPENED.tzinfo)  # six in the morning in Yugra


def run_round(engine, day):
    at = at_six(day)
    who = Acting(at=at, recorded_at=at, pass_name=f"daily_round:{day}")
    with transaction(engine) as session:
        runs = begin_rounds(session, who)
    return [advance(engine, run.id, WORK[run.kind], who, real_now=clock.now) for run in runs]


def claims(engine):
    with reading(engine) as session:
        return session.exec(select(Reminder).order_by(col(Reminder.id))).all()


def expected(engine, world, until):
    """Every rung of every task whose day has come, worked out naively."""
    found = set()
    with reading(engine) as session:
        for task in session.exec(select(Task).where(col(Task.state).in_(WAITING))):
            ladder = world.programme.ladder(world.programme.milestone(task.milestone).ladder)
            due = rungs_due(
                ladder,
                task.due_on,
                opened_on=task.opened_on,
                on=until,
                calendar=world.programme.working_calendar,
            )
            found |= {(task.id, one.rung.key) for one in due}
    return found


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(gaps=st.lists(st.integers(1, 21), min_size=1, max_size=7))
def test_rounds_however_spaced_claim_each_rung_once(tmp_path_factory, gaps):
    url = f"sqlite:///{tmp_path_factory.mktemp('rounds') / 'opora.db'}"
    upgrade(url, url)
    engine = connect(url)
    with transaction(engine) as session:
        world = small_world(session, schools=2)
    day = OPENED.date()
    for gap in gaps:
        day += timedelta(days=gap)
        run_round(engine, day)
        run_round(engine, day)
    made = [
        (claim.task_id, claim.due_on, claim.rung, claim.recipient_id) for claim in claims(engine)
    ]
    assert len(made) == len(set(made))
    assert {(task, rung) for task, _, rung, _ in made} == expected(engine, world, day)
    assert all(claim.day <= day for claim in claims(engine))
    engine.dispose()


def test_a_person_gets_one_digest_a_day(engine):
    with transaction(engine) as session:
        small_world(session)
    run_round(engine, OPENED.date() + timedelta(days=60))
    with reading(engine) as session:
        letters = session.exec(
            select(Letter.recipient_id, Letter.kind, func.count())
            .where(col(Letter.kind).in_(["digest", "escalation"]))
            .group_by(col(Letter.recipient_id), col(Letter.kind))
        ).all()
    assert letters
    assert all(number == 1 for _, _, number in letters)


def test_a_digest_gathers_from_every_register_its_reader_works_in(engine):
    with transaction(engine) as session:
        world = small_world(session)
        first = session.exec(select(Task).where(col(Task.case_id).is_not(None))).first()
        files = {
            name: text.replace("register: yugra", "register: nizhny").replace(
                first.milestone, "another_work"
            )
            for name, text in world.programme.files.items()
        }
        other = read_programme_files(files)
        keep(session, other, at=OPENED)
        columns = {"register_key": "nizhny", "programme_key": "nizhny", "id": None}
        columns |= {"programme_sha256": other.sha256}
        cycle = Cycle(**{**world.cycle.model_dump(), **columns})
        session.add(cycle)
        session.flush()
        wide = {"case_id": None, "territory_id": None, "subject": f"cycle:{cycle.id}"}
        twin = {**wide, "id": None, "cycle_id": cycle.id, "milestone": "another_work"}
        session.add(Task(**{**first.model_dump(), **twin}))
        reader, due = first.assignee_id, first.due_on
    for _ in range(2):
        run_round(engine, due)
    with transaction(engine) as session:
        digests = session.exec(
            select(Letter).where(Letter.recipient_id == reader, Letter.kind == "digest")
        ).all()
        [letter] = [one for one in digests if one.day == due]
        composed = composer("https://opora.example.org", at_six(due))(session, letter)
        told = [item for part in ("overdue", "today", "soon") for item in composed.fields[part]]
        assert {first.id} < {int(item.url.rpartition("/")[2]) for item in told}
        assert len([item for item in told if item.school is None]) == 1


def test_a_second_round_of_the_day_changes_nothing(engine):
    with transaction(engine) as session:
        small_world(session)
    day = OPENED.date() + timedelta(days=10)
    run_round(engine, day)
    before = len(claims(engine))
    run_round(engine, day)
    assert len(claims(engine)) == before > 0


def test_a_later_round_writes_no_letter_for_what_was_claimed_before(engine):
    with transaction(engine) as session:
        small_world(session)
    day = OPENED.date() + timedelta(days=10)
    for offset in range(12):
        run_round(engine, day + timedelta(days=offset))
    with reading(engine) as session:
        told = set(session.exec(select(Reminder.letter_id)).all())
        written = select(Letter.id).where(col(Letter.kind).in_(["digest", "escalation"]))
        assert set(session.exec(written).all()) == told


def test_nobody_is_told_on_to_themselves(engine):
    with transaction(engine) as session:
        small_world(session)
    run_round(engine, OPENED.date() + timedelta(days=75))
    with reading(engine) as session:
        told_on = session.exec(
            select(Reminder.recipient_id, Task.assignee_id)
            .join(Letter, col(Letter.id) == col(Reminder.letter_id))
            .join(Task, col(Task.id) == col(Reminder.task_id))
            .where(Letter.kind == "escalation")
        ).all()
    assert told_on
    assert all(reader != late for reader, late in told_on)


def test_what_was_missed_in_a_silence_comes_in_one_letter_that_says_so(engine):
    with transaction(engine) as session:
        small_world(session)
    day = OPENED.date() + timedelta(days=75)
    run_round(engine, day)
    with reading(engine) as session:
        letter = session.exec(select(Letter).where(Letter.kind == "digest")).first()
        composed = composer(URL, at_six(day))(session, letter)
    assert isinstance(composed, Composition)
    assert len(composed.fields["missed_days"]) > 1
    assert composed.fields["overdue"]


def test_the_letter_of_a_task_that_was_done_meanwhile_is_superseded(engine):
    with transaction(engine) as session:
        world = small_world(session, schools=1)
    day = OPENED.date() + timedelta(days=75)
    run_round(engine, day)
    with transaction(engine) as session:
        for task in session.exec(select(Task)).all():
            cancel_task(session, task.id, acting(world.operator, at_six(day)), reason="не нужно")
    with reading(engine) as session:
        for letter in session.exec(select(Letter).where(Letter.kind == "digest")).all():
            assert isinstance(composer(URL, at_six(day))(session, letter), Superseded)


def test_claims_that_come_after_the_digest_left_travel_next_working_day(engine):
    with transaction(engine) as session:
        small_world(session, schools=1)
    day = OPENED.date() + timedelta(days=60)
    run_round(engine, day)
    with transaction(engine) as session:
        for letter in session.exec(select(Letter).where(Letter.kind == "digest")).all():
            letter.state, letter.body, letter.attempt = LetterState.SENT, b"gone", 1
            session.add(letter)
        task = session.exec(select(Task)).first()
        task.due_on = day + timedelta(days=3)
        task.next_remind_on = day
        session.add(task)
        cycle = session.exec(select(Cycle)).one()
        from casework.passes import begin

        arguments = {"cycle": cycle.id, "day": day.isoformat(), "person": None}
        run = begin(session, "daily_round", "again", arguments=arguments, at=at_six(day))
    who = Acting(at=at_six(day), recorded_at=at_six(day), pass_name="again")
    advance(engine, run.id, WORK["daily_round"], who, real_now=clock.now)
    with reading(engine) as session:
        late = session.exec(select(Letter).where(Letter.state == LetterState.PENDING)).all()
    assert [letter for letter in late if letter.kind == "digest" and letter.day > day]


def test_letters_leave_in_working_hours_of_the_region(engine):
    with transaction(engine) as session:
        world = small_world(session)
    for offset in range(1, 40):
        run_round(engine, OPENED.date() + timedelta(days=offset))
    with reading(engine) as session:
        for letter in session.exec(select(Letter)).all():
            local = letter.send_after.astimezone(world.programme.zone)
            assert world.programme.working_calendar.is_working(local.date())
            assert time(8) <= local.time() < time(18)


def test_what_fell_due_while_the_task_lay_with_its_approver_is_told_after_the_return(engine):
    with transaction(engine) as session:
        world = small_world(session)
        task = session.exec(select(Task).where(col(Task.case_id).is_not(None))).first()
        doer = session.get_one(Person, task.assignee_id)
        given = HandedIn(text="сделано", files=proofs(world, task))
        submit_task(session, task.id, given, acting(doer, OPENED + timedelta(hours=1)))
        due_on = task.due_on
    back = at_six(due_on + timedelta(days=16))
    with transaction(engine) as session:
        return_task(session, task.id, acting(world.operator, back), remarks="ещё раз")
    run_round(engine, due_on + timedelta(days=17))
    told = {claim.rung for claim in claims(engine) if claim.task_id == task.id}
    wanted = {
        rung for one, rung in expected(engine, world, due_on + timedelta(days=17)) if one == task.id
    }
    assert told == wanted
    assert told


def test_a_round_with_nothing_due_costs_the_same_however_many_tasks_are_open(tmp_path):
    url = f"sqlite:///{tmp_path / 'opora.db'}"
    upgrade(url, url)
    engine = connect(url)
    with transaction(engine) as session:
        small_world(session)
        session.execute(text("UPDATE task SET next_remind_on = '2026-12-01'"))
    quiet = OPENED.date() + timedelta(days=1)
    run_round(engine, quiet)
    few = steps_of_round(engine, quiet + timedelta(days=1))
    columns = ", ".join(name for name in Task.model_fields if name not in {"id", "turn"})
    with transaction(engine) as session:
        for doubled in (100, 200, 400, 800, 1600, 3200):
            session.execute(
                text(
                    f"INSERT INTO task ({columns}, turn) SELECT {columns}, turn + {doubled} FROM task"
                )
            )
    many = steps_of_round(engine, quiet + timedelta(days=2))
    assert many < 1.2 * few + 100


def steps_of_round(engine, day):
    """How many steps SQLite's machine takes: the same on every computer, however busy."""
    steps = itertools.count()
    with reading(engine) as session:
        session.connection().connection.driver_connection.set_progress_handler(
            lambda: next(steps) and None, 1
        )
    run_round(engine, day)
    return next(steps)

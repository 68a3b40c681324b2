"""In quarantine nothing happens by itself; what was waiting goes on after the release."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from audit.self_check import examine
from audit.surroundings import file_system_of
from audit.verification import verify
from casework.binding import bind_installation
from casework.quarantine import quarantined_since, record_restore, release_quarantine
from flows.embedded import EmbeddedClock
from models.letter import Letter, LetterState
from models.pass_run import PassRun, PassState
from models.people import Person
from opora.database import connect, reading, transaction
from opora.errors import Forbidden, InputRefused
from opora.settings import Settings
from states.role import Role
from tests.worlds import OPENED, acting, small_world

LATER = OPENED + timedelta(days=42)


@pytest.fixture
def place(database, tmp_path):
    """A restored world whose backup was taken in the middle of a pass."""
    engine = connect(database.app)
    with transaction(engine) as session:
        world = small_world(session)
        bind_installation(session, "operator@example.org", "Выдуманный", acting(world.operator))
        session.execute(update(PassRun).values(state=PassState.RUNNING, finished_at=None))
        record_restore(session, {"lines": 1}, acting(world.operator))
    yield engine, Settings(home=tmp_path, database=database.app), world
    engine.dispose()


def states(engine):
    with reading(engine) as session:
        counted = select(col(Letter.state), func.count()).group_by(col(Letter.state))
        return {state.value: number for state, number in session.execute(counted).all()}


def test_no_clock_wakes_anything_but_the_nightly_check(place):
    engine, settings, _ = place
    before = states(engine)
    done = EmbeddedClock(settings, engine, verify=verify).tick(at=LATER)
    assert not done.failed
    assert (done.rounds, done.resumed, done.delivered.sent) == ([], [], 0)
    assert done.verified.is_done
    assert states(engine) == before == {"pending": sum(before.values())}
    assert not settings.mailbox.exists() or not any(settings.mailbox.glob("*.eml"))


def test_after_the_release_the_clock_does_what_was_waiting(place):
    engine, settings, world = place
    with transaction(engine) as session:
        release_quarantine(session, "Диск заменён", acting(world.operator, LATER))
        assert quarantined_since(session) is None
    done = EmbeddedClock(settings, engine).tick(at=LATER)
    assert not done.failed
    assert [one.is_done for one in done.rounds + done.resumed] == [True, True]
    assert done.delivered.sent > 0
    assert verify(engine).ok


def test_a_preview_changes_nothing_and_says_what_would_leave(place):
    engine, _, world = place
    with transaction(engine) as session:
        shown = release_quarantine(session, "", acting(world.operator, LATER), preview=True)
    assert sum(shown.letters.values()) == states(engine)["pending"]
    assert shown.passes == ("open_cycle:1",)
    with reading(engine) as session:
        assert quarantined_since(session) is not None


def test_a_release_needs_a_reason_and_an_operator(place):
    engine, _, world = place
    with transaction(engine) as session, pytest.raises(InputRefused):
        release_quarantine(session, "  ", acting(world.operator, LATER))
    curator = next(person for (role, _), person in world.people.items() if role is Role.CURATOR)
    with transaction(engine) as session, pytest.raises(Forbidden):
        release_quarantine(session, "Хочу", acting(curator, LATER))


def test_forgotten_letters_end_and_those_of_later_stay(place):
    engine, _, world = place
    with transaction(engine) as session:
        first = session.scalars(select(Letter).order_by(Letter.id)).first()
        first.send_after = LATER + timedelta(days=1)
    with transaction(engine) as session:
        who = acting(world.operator, LATER)
        shown = release_quarantine(session, "Уже ушли", who, forget=True)
    assert shown.later == 1
    left = states(engine)
    assert left["pending"] == 1
    assert left["superseded"] == sum(shown.letters.values())
    assert LetterState.SUPERSEDED.value in left


# --- what the doctor sees in the rows -------------------------------------------------------------


def checks(engine, at) -> set[str]:
    with reading(engine) as session:
        return {one.check for one in examine(session, at=at)}


def test_the_doctor_sees_what_stands_still(place):
    engine, _, _ = place
    soon = OPENED + timedelta(minutes=10)
    assert {"quarantine", "passes"} <= checks(engine, soon)
    assert "letters" not in checks(engine, soon)
    assert "letters" in checks(engine, LATER)
    assert "clock" in checks(engine, OPENED - timedelta(days=1))
    assert "clock" not in checks(engine, soon)


def test_the_doctor_sees_a_calendar_that_ends_and_people_without_an_address(place):
    engine, _, world = place
    horizon = world.programme.calendar.horizon
    near = OPENED.replace(year=horizon.year, month=horizon.month, day=1)
    assert "calendar" in checks(engine, near)
    assert "recipients" not in checks(engine, OPENED)
    with transaction(engine) as session:
        session.execute(update(Person).values(is_active=False))
    assert "recipients" in checks(engine, OPENED)


def test_a_pass_that_somebody_has_in_hand_is_no_finding(place):
    engine, _, _ = place
    with transaction(engine) as session:
        session.execute(update(PassRun).values(lease_until=LATER + timedelta(minutes=1)))
    assert "passes" not in checks(engine, LATER)


def test_the_kind_of_a_file_system_is_that_of_the_nearest_mount(tmp_path):
    mounts = tmp_path / "mounts"
    share = tmp_path / "my share"
    named = str(share).replace(" ", "\\040")
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {named} nfs4 rw 0 0\n")
    assert file_system_of(share / "opora.db", mounts) == "nfs4"
    assert file_system_of(tmp_path / "opora.db", mounts) == "ext4"
    assert file_system_of(tmp_path, tmp_path / "nothing") == ""

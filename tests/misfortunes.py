"""What else happens in a month: illness, departures, longer deadlines, new versions, silent servers."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from casework.cycles.adopting import KIND as ADOPT, adopt, adopt_cases
from casework.deadlines.anchoring import move_kick_off
from casework.deadlines.extending import Wish, extend_task
from casework.passes import advance, unfinished
from casework.people.absences import Away, record_absence
from casework.people.departing import Departure, depart
from casework.reminders.contacting import Note, note_contact
from casework.work import acting_in
from models.cycle import Cycle
from models.people import Appointment, Person
from models.task import Task
from notifications.outbox import LetterKind
from notifications.post import Answer, FolderPost, Verdict
from opora.database import reading
from programmes.definition import Programme
from programmes.reading import read_programme_files
from states.task_machine import WAITING, TaskState
from tests.worlds import World, acting, yugra

ANY = st.integers(min_value=0, max_value=10**6)
_DAY_OFF = 'off: [{on: 2026-09-18, words: {ru: день округа, en: region day}, source: "№ 1"}]'
_WORKED = _DAY_OFF.replace("2026-09-18", "2026-09-25")
_NEW = """  - key: letter_to_parents
    title: {ru: Написать родителям, en: Write to the parents}
    help: {ru: "Двумя строками: что сказано.", en: "Two lines: what was said."}
    by: head
    approves: curator
    due: {after: cycle_opened, working_days: 12}
    ladder: standard
    evidence: {text: true}
  - key: information_card_filled
"""
_EDITS: tuple[tuple[tuple[str, str, str], ...], ...] = (
    (("calendar.yaml", "off: []", _DAY_OFF),),
    (
        ("calendar.yaml", "off: []", _WORKED),
        ("stages.yaml", "kick_off, working_days: 10", "kick_off, working_days: 14"),
    ),
    (("stages.yaml", "  - key: information_card_filled\n", _NEW),),
    (("stages.yaml", "cycle_opened, working_days: 10", "cycle_opened, working_days: 7"),),
    (
        (
            "stages.yaml",
            "{key: day_before, working_days: -1,",
            "{key: day_before, working_days: -2,",
        ),
    ),
)


@cache
def version(number: int) -> Programme:
    """One of a few later versions of the programme; 0 is the one that the year began with."""
    files = dict(yugra().files)
    for file, was, now in _EDITS[number - 1] if number else ():
        assert was in files[file]
        files[file] = files[file].replace(was, now, 1)
    return read_programme_files(files)


class Weather(FolderPost):
    """A mailbox whose server may be away, or lose the line after the final dot."""

    def __init__(self, path: Path, is_waiting: Callable[[int], bool]) -> None:
        super().__init__(path)
        self.is_waiting = is_waiting
        self.answers: list[Verdict] = []
        self.bodies: dict[bytes, bytes] = {}

    def send(self, sender: str, address: str, body: bytes) -> Answer:
        verdict = self.answers.pop() if self.answers else Verdict.SENT
        letter = message_from_bytes(body, policy=policy.default)
        if (
            letter["Message-ID"] not in self.bodies
            and letter["X-Opora-Letter"] == LetterKind.DIGEST
        ):
            said = letter.get_body(("plain",)).get_content()
            assert all(self.is_waiting(int(task)) for task in re.findall(r"/tasks/(\d+)", said))
        assert (
            self.bodies.setdefault(letter["Message-ID"], body) == body
        )  # whatever happened before
        if verdict in {Verdict.SENT, Verdict.AMBIGUOUS}:
            super().send(sender, address, body)
        return Answer(verdict, 250 if verdict is Verdict.SENT else 451, "as the weather is")


class Misfortunes(RuleBasedStateMachine):
    """Rules for a month that has `world`, `engine`, `at`, `deed`, `chosen` and `real_now`."""

    world: World
    engine: Engine
    at: datetime
    programme: Programme
    deed: Callable[[Callable[[Session], Any]], bool]
    chosen: Callable[..., Task | None]
    real_now: Callable[[], datetime]
    lives: int
    departed: int

    def today(self) -> date:
        return self.at.astimezone(self.programme.zone).date()

    def somebody(self, pick: int, *, but: Person | None = None) -> Person | None:
        """An active person with a role at a school or a municipality."""
        at_places = (
            select(Person)
            .join(Appointment, col(Appointment.person_id) == col(Person.id))
            .where(col(Person.is_active), Appointment.register_key == "yugra")
            .where(Person.id != self.world.operator.id)
            .where(col(Appointment.until).is_(None))
            .distinct()
            .order_by(col(Person.id))
        )
        with reading(self.engine) as session:
            found = [one for one in session.exec(at_places) if but is None or one.id != but.id]
        return found[pick % len(found)] if found else None

    def by_operator(self) -> Any:
        return acting(self.world.operator, self.at)

    @rule(
        pick=ANY, other=ANY, first=st.integers(0, 4), days=st.integers(1, 12), alone=st.booleans()
    )
    def somebody_falls_ill(self, pick: int, other: int, first: int, days: int, alone: bool) -> None:
        person = self.somebody(pick)
        substitute = None if alone else self.somebody(other, but=person)
        if person is None:
            return
        since = self.today() + timedelta(days=first)
        away = Away(
            first_day=since,
            last_day=since + timedelta(days=days),
            substitute=substitute.email if substitute else None,
        )
        self.deed(lambda session: record_absence(session, person.email, away, self.by_operator()))

    @rule(pick=ANY, days=st.integers(1, 10))
    def a_deadline_is_extended(self, pick: int, days: int) -> None:
        task = self.chosen(pick, *WAITING)
        if task is not None:
            wish = Wish(to=days, reason="ремонт")
            self.deed(lambda session: extend_task(session, task.id or 0, wish, self.by_operator()))

    @rule(pick=ANY, days=st.integers(0, 14))
    def a_talk_silences_a_ladder(self, pick: int, days: int) -> None:
        task = self.chosen(pick, *WAITING, TaskState.SUBMITTED)
        if task is not None:
            note = Note(text="обещали к пятнице", silence_days=days)
            self.deed(lambda session: note_contact(session, self.by_operator(), note, task=task.id))

    @rule(days=st.integers(1, 10))
    def the_kick_off_is_put_off(self, days: int) -> None:
        to = self.programme.working_calendar.plus_working_days(self.today(), days)

        def put_off(session: Session) -> None:
            move_kick_off(
                session, self.world.cycle.id or 0, to, self.by_operator(), reason="зал закрыт"
            )

        self.deed(put_off)

    @precondition(lambda self: self.departed < 2)
    @rule(pick=ANY, other=ANY)
    def somebody_departs(self, pick: int, other: int) -> None:
        person = self.somebody(pick)
        to = self.somebody(other, but=person)
        if person is None or to is None:
            return
        gone = Departure(to=to.email, on=self.today(), reason="вышли замуж")
        self.departed += self.deed(
            lambda session: depart(session, person.email, gone, self.by_operator())
        )

    @rule(number=st.integers(0, len(_EDITS)), dies=st.booleans())
    def another_version_is_adopted(self, number: int, dies: bool) -> None:
        new = version(number)

        def go_over(session: Session) -> None:
            cycle = session.get_one(Cycle, self.world.cycle.id)
            adopt(session, cycle, new, self.by_operator(), dry_run=False)

        if not self.deed(go_over):
            return
        self.programme = new
        if not dies:
            self.end_adoptions()

    def end_adoptions(self) -> None:
        """What a process left behind that died right after the deed; the reconciler's work."""
        self.lives += 1
        with reading(self.engine) as session:
            runs = [
                (run.id or 0, acting_in(session, run, at=self.at, recorded_at=self.at))
                for run in unfinished(session)
                if run.kind == ADOPT
            ]
        for pass_id, who in runs:
            done = advance(self.engine, pass_id, adopt_cases, who, real_now=self.real_now)
            assert done.is_done
            assert not done.refused

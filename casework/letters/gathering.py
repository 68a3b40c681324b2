"""The morning letter and the escalation: their claims are rechecked and gathered when they leave."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from casework.letters.composing import COMPOSERS, LONGEST_LIST, Desk
from casework.letters.composing_deadlines import deadline_changed
from casework.letters.composing_records import OF_RECORDS
from casework.letters.limiting import told_in
from casework.reminders.passing_on import claims_of, keep_and_pass_on
from models.letter import Letter
from models.people import Person
from models.task import Reminder, Task
from notifications.composition import Composition, Superseded
from notifications.letters import Digest, Escalation, LateGroup, TaskItem
from notifications.outbox import LetterKind
from opora import clock
from opora.words import Sentence
from templates.rendering import render

_APART = {**COMPOSERS, **OF_RECORDS, LetterKind.DEADLINE_CHANGED: deadline_changed}
"""Letters that may be too many for their day."""


@dataclass(frozen=True, slots=True)
class _Reminded:
    """A task that still waits, with the claims that this letter took for it."""

    task: Task
    claims: tuple[Reminder, ...]


def digest(desk: Desk) -> Composition | Superseded:
    """One letter a person and day: late, due today, due soon; what a silence held back is said."""
    still, gathered = _still_due(desk), _gathered(desk)
    if not still and not gathered:
        return _nothing_left(desk, Sentence("everything it spoke of is done"))
    day = desk.letter.day or desk.today
    items = [_item(desk, one) for one in still[:LONGEST_LIST]]
    why = Sentence("These tasks are yours, or you are told of them by the programme's ladder.")
    return desk.finish(
        Digest(
            **_common(desk, still, why),  # type: ignore[arg-type]  # the fields every letter carries
            day=day,
            overdue=tuple(item for item in items if item.due_on < day),
            today=tuple(item for item in items if item.due_on == day),
            soon=tuple(item for item in items if item.due_on > day),
            missed_days=_missed_days(still, desk.programme.zone),
            more=max(len(still) - LONGEST_LIST, 0),
            gathered=gathered,
        )
    )


def _common(desk: Desk, still: Sequence[_Reminded], why: Sentence) -> dict[str, object]:
    """What every letter carries; it names each programme that it gathers from."""
    desks = [desk.over(one.task.cycle_id) for one in still] or [desk]
    titles = dict.fromkeys(one.say(one.programme.title) for one in desks)
    return {**desk.common(why), "programme": " · ".join(titles)}


def _nothing_left(desk: Desk, done: Sentence) -> Superseded:
    away = Sentence("the person is away: what it spoke of goes to who stands in")
    return Superseded(away if desk.is_standing_in else done)


def _gathered(desk: Desk) -> tuple[str, ...]:
    """Subjects of the letters that were too many for their day, rechecked as they would be."""

    def subject(letter: Letter) -> str | None:
        composed = _APART[LetterKind(letter.kind)](
            replace(desk.over(letter.cycle_id), letter=letter)
        )
        if isinstance(composed, Superseded):
            return None
        return render(letter.kind, desk.person.language, composed.fields).subject

    return told_in(desk.session, desk.letter.id, subject)


def escalation(desk: Desk) -> Composition | Superseded:
    """Who is late with what, told to whoever stands above."""
    still = _still_due(desk)
    if not still:
        return _nothing_left(desk, Sentence("nobody is late any more"))
    late: dict[int, list[TaskItem]] = {}
    for one in still[:LONGEST_LIST]:
        late.setdefault(one.task.assignee_id, []).append(_item(desk, one))
    why = Sentence(
        "These tasks are late, and the programme's ladder names you as the next to know."
    )
    groups = tuple(
        LateGroup(person=desk.session.get_one(Person, person_id).name, items=tuple(items))
        for person_id, items in late.items()
    )
    return desk.finish(
        Escalation(
            **_common(desk, still, why),  # type: ignore[arg-type]  # the fields every letter carries
            groups=groups,
            missed_days=_missed_days(still, desk.programme.zone),
            more=max(len(still) - LONGEST_LIST, 0),
        )
    )


def _still_due(desk: Desk) -> list[_Reminded]:
    """Claims of this letter whose task still waits with the same deadline, by due day.

    What is meant for somebody else by now (absent, back again, departed) is passed on to them.
    """
    claims = claims_of(desk.session, desk.letter.fields.get("claims_of", desk.letter.id))
    mine = keep_and_pass_on(desk.session, desk.letter, desk.cycle, claims, desk.at)
    by_task: dict[int, tuple[Task, list[Reminder]]] = {}
    for one in mine:
        by_task.setdefault(one.task.id or 0, (one.task, []))[1].append(one.claim)
    return [_Reminded(task, tuple(claims)) for task, claims in by_task.values()]


def _item(desk: Desk, one: _Reminded) -> TaskItem:
    """The task; where the reader stands in for somebody, it says for whom."""
    item = desk.over(one.task.cycle_id).item(one.task)
    absent = next((claim.on_behalf_of for claim in one.claims if claim.on_behalf_of), None)
    if absent is None:
        return item
    name = desk.session.get_one(Person, absent).name
    return replace(item, note=Sentence("in place of {person}", {"person": name}))


def _missed_days(still: Sequence[_Reminded], zone: ZoneInfo) -> tuple[date, ...]:
    """Days whose reminders did not leave on their day: the letter says so."""
    missed = {
        claim.day
        for one in still
        for claim in one.claims
        if claim.day < clock.day_of(claim.claimed_at, zone)
    }
    return tuple(sorted(missed))

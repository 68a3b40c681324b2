"""What each kind of letter needs to be told: filled by the caller, read by the templates.

Names and titles are in the nominative and in the reader's language; days are dates, the templates
say them. `why` tells the reader why this letter came (a Sentence, or a text already said).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date

from notifications.outbox import LetterKind
from opora.words import Sentence, Words

Said = str | Sentence | Words


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskItem:
    """One task as a letter shows it: what, why, by when, what counts as proof, one link."""

    title: str
    due_on: date
    url: str
    help: str = ""  # what counts as proof
    days_late: int = 0
    school: str | None = None
    territory: str | None = None
    note: Said | None = None  # one line more: "on leave until …", "extended by …"
    awaiting: bool = False  # handed in, waits for the reader's approval


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What every letter knows."""

    person: str
    programme: str  # its title
    why: Said
    home_url: str
    ask: str | None = None  # whom to ask: name and address
    checkpoint: str | None = None  # one line that proves the history's state (law 8)

    def fields(self) -> Mapping[str, object]:
        """As the templates take them."""
        return {part.name: getattr(self, part.name) for part in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened(Contents):
    """To the curator, the head and the partner: this school is supported this year.

    `role` is said to who came to it later; `earlier`: years and outcomes of a school that is back.
    """

    school: str
    territory: str
    year: int
    role: str = ""
    earlier: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tasks: tuple[TaskItem, ...] = ()
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksAssigned(Contents):
    """To whoever answers for a municipality or the region; `place` is its name."""

    place: str
    tasks: tuple[TaskItem, ...]
    more: int = 0  # tasks beyond those listed; the page shows them


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMoved(Contents):
    """A case has changed its stage."""

    school: str
    move: str
    source: str
    dest: str
    basis: str = ""
    remarks: str = ""
    tasks: tuple[TaskItem, ...] = ()
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSubmitted(Contents):
    """To the approver: something waits for a word."""

    item: TaskItem
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReturned(Contents):
    """To the author: what is still missing."""

    item: TaskItem
    remarks: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAccepted(Contents):
    """To the author: thanks, and the next date."""

    item: TaskItem
    by: str = ""
    next_item: TaskItem | None = None
    again_on: date | None = None  # the same work's next day, where it comes again


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineChanged(Contents):
    """To the doer: other days, or the word that they stay. To who decides: a later day is asked for."""

    what: Said
    items: tuple[TaskItem, ...]
    reason: str = ""
    by: str = ""
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest(Contents):
    """One letter a person and day. `missed_days` are days whose reminders did not leave in time."""

    day: date
    overdue: tuple[TaskItem, ...] = ()
    today: tuple[TaskItem, ...] = ()
    soon: tuple[TaskItem, ...] = ()
    awaiting: tuple[TaskItem, ...] = ()
    missed_days: tuple[date, ...] = ()
    more: int = 0
    gathered: tuple[str, ...] = ()  # subjects of letters beyond the day's limit


@dataclass(frozen=True, slots=True, kw_only=True)
class LateGroup:
    """What one responsible person is late with."""

    person: str
    items: tuple[TaskItem, ...]
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation(Contents):
    """To whoever stands above: who is late, with what, by how much. `missed_days` as in a digest."""

    groups: tuple[LateGroup, ...]
    missed_days: tuple[date, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRefused(Contents):
    """To whoever stands above: letters to this person come back."""

    reader: str
    address: str
    reason: str  # the mail server's own words


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionMade(Contents):
    """To who may decide: somebody objects to the verdict on a school, or appeals."""

    number: int
    school: str
    territory: str
    year: int
    is_listed: bool  # how the list has it now
    is_appeal: bool
    made_on: date
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionDecided(Contents):
    """To who objected: the outcome, and why."""

    school: str
    territory: str
    year: int
    is_listed: bool  # how the list has it now
    is_appeal: bool
    made_on: date
    is_upheld: bool
    remarks: str
    basis: str = ""


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One field of a record, already said."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordInvitation(Contents):
    """To whoever is invited to what is held: a meeting, a webinar, a visit."""

    kind: str
    title: str
    day: date
    hour: str = ""  # HH:MM
    lines: tuple[RecordLine, ...] = ()
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordNotice(Contents):
    """A record waits for a word, asks something of the reader, was answered, confirmed or cancelled."""

    what: Said
    kind: str
    title: str
    day: date | None = None
    due_on: date | None = None  # of the task that it makes
    lines: tuple[RecordLine, ...] = ()
    text: str = ""  # the answer, or the reason
    by: str = ""
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSchool:
    """One of the reader's schools in the numbers of a cycle."""

    school: str
    stage: str
    years: int  # in the programme
    late: int  # tasks
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Analytics(Contents):
    """To everybody who takes part: the summary, and the reader's own schools (S2-10)."""

    year: int
    on: date
    summary: tuple[tuple[str, str], ...]
    own: tuple[OwnSchool, ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanNotice(Contents):
    """A school's plan waits for a word, was returned, or is approved."""

    what: Said
    school: str
    version: int
    remarks: str = ""
    by: str = ""
    url: str


CONTENTS: Mapping[LetterKind, type[Contents]] = {
    LetterKind.CASE_OPENED: CaseOpened,
    LetterKind.TASKS_ASSIGNED: TasksAssigned,
    LetterKind.CASE_MOVED: CaseMoved,
    LetterKind.TASK_SUBMITTED: TaskSubmitted,
    LetterKind.TASK_RETURNED: TaskReturned,
    LetterKind.TASK_ACCEPTED: TaskAccepted,
    LetterKind.DEADLINE_CHANGED: DeadlineChanged,
    LetterKind.DIGEST: Digest,
    LetterKind.ESCALATION: Escalation,
    LetterKind.ADDRESS_REFUSED: AddressRefused,
    LetterKind.RECORD_INVITATION: RecordInvitation,
    LetterKind.RECORD_NOTICE: RecordNotice,
    LetterKind.OBJECTION_MADE: ObjectionMade,
    LetterKind.OBJECTION_DECIDED: ObjectionDecided,
    LetterKind.ANALYTICS: Analytics,
    LetterKind.PLAN_NOTICE: PlanNotice,
}
"""A kind that has no contents here has no letter; a test compares it with the template folders."""

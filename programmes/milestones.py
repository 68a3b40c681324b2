"""What a programme foresees on the way of a case: moves with their needs, milestones, documents."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from analysis.declared import Declared, Key
from opora.words import Sentence, Words
from schedules.due_rules import DueRule
from schedules.ladders import Rung
from schedules.repeats import Every
from states.needs import Need
from states.role import Role
from states.stage import Move, Stage


class Scope(StrEnum):
    """Whose milestone it is: one task a case, one a municipality, or one for the region."""

    CASE = "case"
    MUNICIPALITY = "municipality"
    REGION = "region"


class Phase(StrEnum):
    """The three phases of monitoring (S0-17, S1-12); they do not follow stages one to one."""

    ENTRY = "entry"
    INTERIM = "interim"
    FINAL = "final"


class Opener(StrEnum):
    """What opens a milestone's task: entry into the stage, opening of the phase, or a record."""

    STAGE = "stage"
    PHASE = "phase"
    RECORD = "record"


class Evidence(Declared):
    """What counts as proof: files of one kind of document, words, records of a kind, or all of them."""

    document: Key | None = None
    record: Key | None = None  # so many records of this kind that stand
    at_least: Annotated[int, Field(ge=1, le=50)] = 1
    text: bool = False

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.document is None and self.record is None and not self.text:
            msg = Sentence("evidence names a document or a record, or says text: true")
            raise ValueError(msg)
        return self


class Extension(Declared):
    """Who may put a deadline off, by how many working days in all, and who approves it.

    Whoever stands at or above `approves` decides at once, save on the own deadline; anybody else's
    wish waits for them. Without `approves` nobody is asked.
    """

    by: tuple[Role, ...] = Field(min_length=1)
    most_working_days: Annotated[int, Field(ge=1, le=250)]
    approves: Role | None = None


class Repeat(Declared):
    """How often a milestone comes again after its first day; until the cycle ends, or a day before.

    `every: phase` takes the days from the course's `phases`.
    """

    every: Every
    until: DueRule | None = None


class Milestone(Declared):
    """A dated point. Those of the stage `identified` are planned when the cycle is launched.

    Without `approves` the work is accepted when it is submitted.
    """

    key: Key
    stage: Stage = Stage.IDENTIFIED
    scope: Scope = Scope.CASE
    title: Words
    help: Words
    by: Role
    approves: Role | None = None
    due: DueRule
    repeats: Repeat | None = None
    at_least_once_in_months: Annotated[int, Field(ge=12, le=120)] | None = None
    """Never due later than so long after it was last done, in whichever cycle (S4-10)."""
    ladder: Key
    evidence: Evidence | None = None
    extension: Extension | None = None  # in the place of the course's own
    phase: Phase | None = None
    opened_by: Opener = Opener.STAGE
    source: str | None = None

    @model_validator(mode="after")
    def _phase_has_cases(self) -> Self:
        of_cases = self.phase is not None and self.scope is Scope.CASE
        if self.opened_by is Opener.PHASE and not of_cases:
            msg = Sentence("opened_by: phase asks for a phase, and for the scope case")
            raise ValueError(msg)
        return self


class MoveRule(Declared):
    """What a move needs in this programme, and who may make it."""

    needs: tuple[Need, ...] = ()
    by: tuple[Role, ...] = ()


class Kind(Declared):
    """A kind of document or of decision that a case may hold."""

    words: Words
    source: str | None = None


class DocumentKind(Kind):
    """A kind of document. With a text of the programme's own it can be made as well."""

    rests_on: tuple[Key, ...] = ()  # kinds of records of the case that must stand before


class LetterRules(Declared):
    """How many letters a person gets; more than that comes in the next digest."""

    most_a_day: int | None = Field(default=None, ge=1, le=1000)


class Curators(Declared):
    """How many schools one curator may look after at a time."""

    most_schools: Annotated[int, Field(ge=1, le=500)]


class Course(Declared):
    """The file `stages.yaml`: the course that a case takes."""

    moves: dict[Move, MoveRule]
    milestones: tuple[Milestone, ...] = Field(min_length=1)
    extension: Extension | None = None  # of every deadline that says nothing else
    curators: Curators | None = None  # without it nobody counts
    letters: LetterRules = LetterRules()
    phases: dict[Phase, DueRule] = {}  # the days by which what comes again in each phase is due
    documents: dict[Key, DocumentKind] = {}
    decisions: dict[Key, Kind] = {}
    ladders: dict[Key, Annotated[tuple[Rung, ...], Field(min_length=1)]] = Field(min_length=1)

"""Kinds of records that a programme declares: acts, meetings, visits, needs, practices (`records.yaml`).

One mechanism for whatever is written down beside the stages: a kind is data, never a class.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from analysis.declared import Declared, Key
from opora.words import Sentence, Words
from programmes.makings import Making
from programmes.prefills import Prefill
from schedules.repeats import Every
from states.role import Role

MOST_FIELDS = 60


class RecordScope(StrEnum):
    """What a record is about. Those of the region stay in sight in the cycles that follow."""

    CASE = "case"
    MUNICIPALITY = "municipality"
    REGION = "region"
    CYCLE = "cycle"
    PERSON = "person"


class FieldType(StrEnum):
    """What a field may hold."""

    TEXT = "text"
    DATE = "date"
    TIME = "time"  # of day, HH:MM
    NUMBER = "number"
    CHOICE = "choice"  # one of `choices`
    YES_NO = "yes_no"
    LINK = "link"  # an address that begins with https:// or http://
    FILE = "file"
    PERSON = "person"  # somebody with an address in Opora
    PERSONS = "persons"
    SCHOOL = "school"
    SCHOOLS = "schools"
    RECORD = "record"  # another record, by its number
    ROWS = "rows"  # a small table, such as a roster: its `columns`


MANY = frozenset({FieldType.PERSONS, FieldType.SCHOOLS, FieldType.ROWS})
"""Types that hold several things; `minimum` and `maximum` count them."""

_MEASURED = MANY | {FieldType.NUMBER}


class CellType(StrEnum):
    """What a column of a small table may hold."""

    TEXT = "text"
    DATE = "date"
    NUMBER = "number"


class RecordColumn(Declared):
    """One column of a field of the type rows."""

    words: Words
    type: CellType = CellType.TEXT
    required: bool = False


class RecordField(Declared):
    """One field. `public` fields alone are shown outside the record's own circle."""

    words: Words
    type: FieldType = FieldType.TEXT
    required: bool = False
    help: Words | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    at_most: Key | None = None  # of a number: the other number of the record that it may not exceed
    choices: dict[Key, Words] = {}
    columns: dict[Key, RecordColumn] = {}
    prefill: Prefill | None = None  # what it says before anybody types
    public: bool = False

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if bool(self.choices) is not (self.type is FieldType.CHOICE):
            msg = Sentence("choices belong to the type choice, which has at least one")
            raise ValueError(msg)
        if bool(self.columns) is not (self.type is FieldType.ROWS):
            msg = Sentence("columns belong to the type rows, which has at least one")
            raise ValueError(msg)
        bounds = [bound for bound in (self.minimum, self.maximum) if bound is not None]
        if self.at_most is not None and self.type is not FieldType.NUMBER:
            msg = Sentence("at_most belongs to the type number")
            raise ValueError(msg)
        if bounds and self.type not in _MEASURED:
            msg = Sentence(
                "minimum and maximum belong to the types {known}",
                {"known": ", ".join(sorted(_MEASURED))},
            )
            raise ValueError(msg)
        if bounds != sorted(bounds):
            msg = Sentence("minimum is not above maximum")
            raise ValueError(msg)
        return self


class Party(StrEnum):
    """Who is invited to what is held, or asked to acknowledge."""

    SCHOOLS = "schools"
    MUNICIPALITIES = "municipalities"
    PERSONS = "persons"


class Attendance(Declared):
    """Who attends: never more than were invited, guests never more than were stated."""

    of: Party = Party.SCHOOLS
    guests: bool = False


class Acknowledgement(Declared):
    """Who is asked to say that they have read it (S0-09)."""

    of: Party = Party.MUNICIPALITIES


class Thread(Declared):
    """Questions and answers: who may answer besides the author; the first of them is told."""

    by: tuple[Role, ...] = Field(min_length=1)


class Series(Declared):
    """What is held several times: how often in all (S3-07), and how far apart (S3-08)."""

    of: Annotated[int, Field(ge=2, le=400)] | None = None
    every: Every | None = None


class RecordTask(Declared):
    """The task that a record makes once it stands: a milestone that says `opened_by: record`.

    `due` names a date field with its last day, `to` a person field with who does it; without them
    the milestone's own rule and role hold. `addressee` names a choice: whom the work falls to by
    what it says (S4-12).
    """

    milestone: Key
    due: Key | None = None
    to: Key | None = None
    addressee: Key | None = None
    doers: dict[Key, Role] = {}  # choice → role; the milestone's own for the others


class RecordKind(Declared):
    """One kind of record. Without `confirm` a record stands as soon as it is added."""

    words: Words
    help: Words | None = None
    scope: RecordScope
    fields: dict[Key, RecordField] = Field(min_length=1, max_length=MOST_FIELDS)
    title: Key | None = None  # the field that names it in lists; else the first text
    day: Key | None = None  # its date field
    in_order: Key | None = None  # its choice whose steps are taken one after the other (S1-18)
    time: Key | None = None  # its time field: an invitation then has an hour
    until: Key | None = None  # the last day on which it holds (S0-10)
    add: tuple[Role, ...] = Field(min_length=1)
    confirm: tuple[Role, ...] = ()
    parents: tuple[Key, ...] = ()  # kinds that it may rest on (S1-01)
    parent_required: bool = False
    numbered: bool = False  # numbers in a register of its own, anew each cycle
    public: bool = False  # every participant may know of it
    outcomes: dict[Key, Words] = {}
    attendance: Attendance | None = None
    acknowledgement: Acknowledgement | None = None
    thread: Thread | None = None
    series: Series | None = None
    task: RecordTask | None = None
    document: Key | None = None  # of the course's: a record that stands is one
    phase: Key | None = None  # its choice of a phase: it is the document of that phase alone
    makes: dict[Key, Making] = {}
    source: str | None = None

    @property
    def prefilled(self) -> Mapping[str, RecordField]:
        """Fields that say where their value comes from."""
        return {key: one for key, one in self.fields.items() if one.prefill is not None}

    @property
    def title_field(self) -> str | None:
        """The key of the field that names a record."""
        texts = (key for key, one in self.fields.items() if one.type is FieldType.TEXT)
        return self.title or next(texts, None)

    @property
    def public_fields(self) -> Mapping[str, RecordField]:
        """Fields that leave the record's own circle."""
        return {key: one for key, one in self.fields.items() if one.public}


class Openness(Declared):
    """What every participant may see on the page of a cycle (S1-29, S1-32, S2-05, S4-16)."""

    schools: bool = False  # which schools are supported
    calendar: bool = False  # dates of milestones and of public records
    acts: bool = False  # the acts that the programme rests on
    progress: bool = False  # how many cases stand at which stage, by municipality


class Records(Declared):
    """The file `records.yaml`."""

    kinds: dict[Key, RecordKind] = {}
    openness: Openness = Openness()

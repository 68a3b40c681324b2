"""Import profiles: how a file's columns become facts. Data only; the importer interprets it.

Traps of real files and where a profile answers them: lost zeros and apostrophes in identifiers
(`SchoolColumn`), spreadsheet dates where a span stood (`pattern`, `repairs`), suppressed values
(`suppressed`), blanks (`blank`), decimal commas and spaces in numbers (`decimal_comma`,
`spaces`), changed vocabularies (`words`, `since`, `until`), renamed and misnamed columns
(`aliases`, `meaning`), a header of another year (`{year}` in a column's name,
`required_header`), encodings and separators (`FileFormat`), rows that are no school
(`leave_out`), stale copies (`known_stale`).
"""

import re
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from analysis.conditions import Number, Value
from analysis.declared import Declared, Key
from analysis.identification import FactType
from opora.words import Sentence, Words


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        msg = Sentence("not a regular expression: {error}", {"error": str(error)})
        raise ValueError(msg) from None
    return pattern


Pattern = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_compiles)]
"""A regular expression that the whole text must match."""

ColumnName = Annotated[str, Field(min_length=1, max_length=300)]
"""As in the header. `{year}` stands for the year that was given with the file."""

REQUIRED = "required"
"""`blank: required`: an empty cell is an error. Any other word is the reason of the blank."""


class Of(StrEnum):
    """What one row of the file is."""

    SCHOOLS = "schools"  # the registry
    SCHOOL_YEARS = "school_years"  # a school in a year (and procedure)
    PEOPLE = "people"
    ASSIGNMENTS = "assignments"  # who answers for which school


class Registry(StrEnum):
    """Columns that belong to the register of schools itself."""

    NAME = "name"
    KIND = "kind"
    OPENED = "opened"
    CLOSED = "closed"
    MERGED_INTO = "merged_into"  # identifier of the school that took this one over
    FORMER_NAME = "former_name"


class PersonField(StrEnum):
    """Columns of people and of assignments."""

    EMAIL = "email"
    NAME = "name"
    ROLE = "role"
    TERRITORY = "territory"
    SCHOOL = "school"
    LANGUAGE = "language"


class FileFormat(Declared):
    """How to read the bytes. Encodings are tried in their order; `sheet` is only for workbooks."""

    encodings: tuple[Literal["utf-8-sig", "windows-1251", "koi8-r", "ibm866", "latin-1"], ...] = (
        Field(default=("utf-8-sig", "windows-1251", "latin-1"), min_length=1)
    )
    delimiter: Literal["auto", ";", ",", "\t"] = "auto"
    sheet: str | None = None  # without it the only sheet; several are refused
    header_row: Annotated[int, Field(ge=1, le=100)] = 1


class YearForm(StrEnum):
    """How a column writes the year; a school year is known by the year in which it ends."""

    NUMBER = "number"
    SPAN_END = "span_end"  # "2015-2016" is 2016
    SPAN_START = "span_start"  # "2015-2016" is 2015


class YearSource(Declared):
    """Where the year comes from: a column, a fixed number, or the person who imports."""

    column: ColumnName | None = None
    aliases: tuple[ColumnName, ...] = ()
    form: YearForm = YearForm.NUMBER
    fixed: Annotated[int, Field(ge=1990, le=2100)] | None = None
    given: bool = False
    earliest: int = 1990  # a year outside of these bounds is a mistake of the file
    latest: int | None = None  # without it the year after the import's own

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.column is not None) + (self.fixed is not None) + self.given != 1:
            msg = Sentence("give exactly one of: column, fixed, given: true")
            raise ValueError(msg)
        return self


class SchoolColumn(Declared):
    """The school's identifier, kept as text: leading zeros matter."""

    column: ColumnName
    aliases: tuple[ColumnName, ...] = ()
    pattern: Pattern = r"\S+"
    strip: str = "'"  # characters taken off both ends, besides spaces
    pad_to: Annotated[int, Field(ge=1, le=40)] | None = None  # gives lost leading zeros back


class TerritoryColumn(Declared):
    """The identifier of the municipality or district, and its name."""

    column: ColumnName
    aliases: tuple[ColumnName, ...] = ()
    name_column: ColumnName | None = None
    pattern: Pattern = r"\S.*"
    blank: Key | None = None  # code of the territory for schools whose row names none


class ProcedureSource(Declared):
    """Which procedure a row is about: from a column, or one for the whole file."""

    exactly_one_of: ClassVar[tuple[str, ...]] = ("column", "fixed")

    column: ColumnName | None = None
    aliases: tuple[ColumnName, ...] = ()
    words: dict[str, Key] = {}  # raw → procedure; without it the raw text is the key
    fixed: Key | None = None


class Column(Declared):
    """One column and the fact, registry entry or person's field that it gives.

    `words` closes the vocabulary of a word: a list, or raw → value. `suppressed` maps a raw text to
    the reason that stands for it. `repairs` maps a raw text to what stood there before a program
    changed it. `procedure` says which procedure's fact the column holds, in files with one column
    for each. `since` and `until` bound the years in which the column means this. `at_most` names the
    fact of the same row that this number may not exceed: a part is never larger than its whole.
    """

    exactly_one_of: ClassVar[tuple[str, ...]] = ("fact", "registry", "field")

    column: ColumnName
    aliases: tuple[ColumnName, ...] = ()
    meaning: Words | None = None  # said by a person when the header is wrong or unclear
    fact: Key | None = None
    registry: Registry | None = None
    field: PersonField | None = None
    type: FactType = FactType.TEXT
    words: dict[str, Value] | tuple[str, ...] | None = None
    suppressed: dict[str, Key] = {}
    repairs: dict[str, str] = {}
    pattern: Pattern | None = None
    blank: Key | None = None  # "required", a reason, or nothing: then a blank gives no fact
    decimal_comma: bool = False
    spaces: bool = False  # spaces inside numbers separate thousands
    minimum: Number | None = None
    maximum: Number | None = None
    at_most: Key | None = None
    procedure: Key | None = None
    optional: bool = False  # the whole column may be absent
    since: int | None = None
    until: int | None = None

    @model_validator(mode="after")
    def _what_its_type_takes(self) -> Self:
        if (self.minimum is not None or self.maximum is not None) and not self.type.is_number:
            msg = Sentence("minimum and maximum are for type integer or decimal")
            raise ValueError(msg)
        if self.at_most is not None and (self.fact is None or not self.type.is_number):
            msg = Sentence("at_most is for a fact of type integer or decimal")
            raise ValueError(msg)
        if self.registry in {Registry.OPENED, Registry.CLOSED} and self.type is not FactType.DATE:
            msg = Sentence("{registry} is a date: give type: date", {"registry": self.registry})
            raise ValueError(msg)
        return self


class LeaveOut(Declared):
    """Rows that are no rows of ours; they are counted and reported with the reason in `words`."""

    exactly_one_of: ClassVar[tuple[str, ...]] = ("equals", "matches")

    column: ColumnName
    equals: str | None = None
    matches: Pattern | None = None
    words: Words


class StaleYear(Declared):
    """A year whose values copy an earlier one: `facts` of it get `reason` instead of a value."""

    year: int
    facts: tuple[Key, ...] = Field(min_length=1)
    reason: Key = "stale_copy"
    words: Words


class UnknownSchools(StrEnum):
    """What happens to a row whose school is not in the register."""

    ADD = "add"
    REFUSE = "refuse"


class ImportProfile(Declared):
    """One kind of file. `required_header` names columns without which the file is another one."""

    of: Of
    words: Words
    format: FileFormat = FileFormat()
    year: YearSource | None = None
    school: SchoolColumn | None = None
    territory: TerritoryColumn | None = None
    procedure: ProcedureSource | None = None
    columns: tuple[Column, ...] = Field(min_length=1)
    leave_out: tuple[LeaveOut, ...] = ()
    required_header: tuple[ColumnName, ...] = ()
    known_stale: tuple[StaleYear, ...] = ()
    unknown_schools: UnknownSchools = UnknownSchools.REFUSE

    @model_validator(mode="after")
    def _what_its_kind_needs(self) -> Self:
        if self.of is Of.SCHOOL_YEARS and self.year is None:
            msg = Sentence("a file of school years says where the year comes from: year")
            raise ValueError(msg)
        if self.of in {Of.SCHOOLS, Of.SCHOOL_YEARS} and self.school is None:
            msg = Sentence("a file of schools says where the identifier stands: school")
            raise ValueError(msg)
        missing = _FIELDS_NEEDED.get(self.of, frozenset()) - {c.field for c in self.columns}
        if missing:
            msg = Sentence(
                "columns are missing for: {known}", {"known": ", ".join(sorted(missing))}
            )
            raise ValueError(msg)
        wholes = {c.at_most for c in self.columns if c.at_most} - {c.fact for c in self.columns}
        if wholes:
            msg = Sentence(
                "at_most names no fact of this file: {known}",
                {"known": ", ".join(sorted(map(str, wholes)))},
            )
            raise ValueError(msg)
        return self


_FIELDS_NEEDED: dict[Of, frozenset[PersonField]] = {
    Of.PEOPLE: frozenset({PersonField.EMAIL, PersonField.NAME}),
    Of.ASSIGNMENTS: frozenset({PersonField.EMAIL, PersonField.SCHOOL, PersonField.ROLE}),
}


class Profiles(Declared):
    """The file `imports.yaml`."""

    profiles: dict[Key, ImportProfile] = Field(min_length=1)

"""Rows about people: read, and freed of repeats and contradictions."""

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from sqlmodel import Session, select

from casework.files.cells import RawCell, read_identifier, text_of
from casework.files.cures import CellRefused
from casework.files.near_misses import NearMisses
from casework.grants import Scope, grants
from casework.imports.importing_report import Findings, LeftOut
from casework.imports.importing_rows import Faults, Line, read_columns
from casework.imports.registering import Register
from casework.people.appointing import SINGLE, Place
from models.people import Person
from opora.words import Sentence
from programmes.import_profiles import (
    REQUIRED,
    Column,
    ImportProfile,
    Of,
    PersonField,
    SchoolColumn,
)
from states.role import Role

_EMAIL = re.compile(
    r"[a-z0-9!#$%&*+/=?^_{|}~-]+(?:\.[a-z0-9!#$%&*+/=?^_{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
_LONGEST_EMAIL = 254
_SCHOOL = PersonField.SCHOOL
_SCOPES = (_SCHOOL, PersonField.TERRITORY)

Post: TypeAlias = tuple[Role, int | None, int | None]
"""A role in a territory or in a school."""

_Checked = TypeVar("_Checked")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One row: a person and at most one role. In a file of assignments `name` is empty."""

    row: int
    email: str
    name: str = ""
    language: str = ""
    role: Role | None = None
    place: Place | None = None
    cells: Sequence[RawCell] = field(repr=False, compare=False)

    @property
    def said(self) -> tuple[object, ...]:
        return self.email, self.name, self.language, self.role, self.place

    @property
    def post(self) -> Post | None:
        """The role and its scope, when the row gives one."""
        if self.role is None or self.place is None:
            return None
        return self.role, self.place.territory_id, self.place.school_id


def person_reader(profile: ImportProfile, register: Register) -> Callable[[Line], PersonRow]:
    """The function that reads one row; it raises RowRefused with everything that is wrong."""
    by_field = {column.field: column for column in profile.columns}
    plain = [column for column in profile.columns if column.field not in _SCOPES]
    directory = _Directory(register)

    def read(line: Line) -> PersonRow:
        faults = Faults(line)
        said = {
            column.field: reading.value
            for column, reading in read_columns(plain, faults, 0)
            if reading is not None and reading.value is not None
        }
        found = {
            name: directory.found(by_field[name], faults)
            for name in _SCOPES
            if name in by_field and by_field[name].column in line.positions
        }
        email = _checked(by_field, faults, PersonField.EMAIL, said, email_of)
        role = _checked(by_field, faults, PersonField.ROLE, said, _role_of)
        place = None
        if role is not None and not faults.found:
            place = _place(profile, role, found, register, faults)
        faults.settle()
        return PersonRow(
            row=line.number,
            email=email or "",
            name=said.get(PersonField.NAME, ""),
            language=said.get(PersonField.LANGUAGE, ""),
            role=role if place else None,
            place=place,
            cells=line.cells,
        )

    return read


def email_of(text: str) -> str:
    """One plain address in lower case."""
    email = text.lower()
    if len(email) > _LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        raise CellRefused("email")
    return email


def _role_of(text: str) -> Role:
    if text not in set(map(str, Role)):
        raise CellRefused("unknown_role", known=", ".join(Role))
    return Role(text)


def _checked(
    by_field: Mapping[PersonField | None, Column],
    faults: Faults,
    name: PersonField,
    said: Mapping[PersonField | None, str],
    check: Callable[[str], _Checked],
) -> _Checked | None:
    if name not in said:
        return None
    try:
        return check(said[name])
    except CellRefused as error:
        faults.add(by_field[name].column, said[name], error)
    return None


class _Directory:
    """Finds schools and territories as people write them."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._schools = NearMisses(register.schools)
        self._territories = NearMisses({*register.territories, *register.names})

    def found(self, column: Column, faults: Faults) -> str | None:
        """The code of the school or territory that the cell names; a blank names none."""

        def read(raw: RawCell) -> str | None:
            if not text_of(raw):
                if column.blank == REQUIRED:
                    raise CellRefused("blank")
                return None
            form = SchoolColumn(column=column.column, pattern=column.pattern or r"\S.*")
            said = read_identifier(form, raw)
            return self._school(said) if column.field is _SCHOOL else self._territory(said)

        return faults.read(column.column, read)

    def _school(self, code: str) -> str:
        if code not in self._register.schools:
            raise CellRefused("unknown_school", near=self._schools.of(code))
        return code

    def _territory(self, said: str) -> str:
        code = self._register.territory_code(said)
        if code is None:
            raise CellRefused("unknown_territory", near=self._territories.of(said.casefold()))
        return code


def _place(
    profile: ImportProfile,
    role: Role,
    found: Mapping[PersonField, str | None],
    register: Register,
    faults: Faults,
) -> Place | None:
    """Where the role is held. People may be listed before their schools are assigned: None then."""
    scope = grants()[role].scope
    if scope is Scope.REGISTER:
        return Place(register=register.key)
    code = found.get(PersonField(scope.value))
    if code is None:
        if profile.of is not Of.PEOPLE or scope is not Scope.SCHOOL:
            columns = {column.field: column.column for column in profile.columns}
            name = columns.get(PersonField(scope.value), scope.value)
            faults.found.append((name, "", CellRefused("scope_missing", role=role, scope=scope)))
        return None
    if scope is Scope.SCHOOL:
        return Place(register=register.key, school=code, school_id=register.schools[code])
    return Place(register=register.key, territory=code, territory_id=register.territories[code])


# --- repeats and contradictions -------------------------------------------------------------------


def consistent_people(
    rows: Iterable[PersonRow], column: str, findings: Findings
) -> list[PersonRow]:
    """Rows that neither repeat nor contradict another one; the order of the file plays no part."""
    kept: dict[Hashable, PersonRow] = {}
    persons: dict[str, list[PersonRow]] = defaultdict(list)
    posts: dict[Post, list[PersonRow]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.row):
        if (first := kept.setdefault(row.said, row)) is not row:
            why = Sentence("It repeats row {row}.", {"row": first.row})
            findings.left_out.append(LeftOut(row.row, why))
            continue
        persons[row.email].append(row)
        if row.post is not None and row.role in SINGLE:
            posts[row.post].append(row)
    torn: dict[int, tuple[PersonRow, str, list[PersonRow]]] = {}
    for group in persons.values():
        if len({(row.name, row.language) for row in group}) > 1:
            torn |= {row.row: (row, row.email, group) for row in group}
    for group in posts.values():
        if len({row.email for row in group}) > 1:
            torn |= {row.row: (row, str(group[0].role), group) for row in group}
    for row, key, group in torn.values():
        numbers = ", ".join(str(one.row) for one in group)
        cells = [text_of(cell) for cell in row.cells]
        error = CellRefused("conflict", rows=numbers, subject=key)
        findings.reject(row.row, column, row.email, error, cells)
    return [row for row in kept.values() if row.row not in torn]


def known_people(
    session: Session, rows: Sequence[PersonRow], column: str, findings: Findings
) -> list[PersonRow]:
    """Rows of a file of assignments whose person is enrolled; the rest is rejected."""
    emails = set(session.exec(select(Person.email)))
    like = NearMisses(emails)
    kept = []
    for row in rows:
        if row.email in emails:
            kept.append(row)
            continue
        error = CellRefused("unknown_person", near=like.of(row.email))
        findings.reject(row.row, column, row.email, error, [text_of(cell) for cell in row.cells])
    return kept
